"""The engine's door to the database: what it needs (`ports`), on SQLite and on PostgreSQL. No ORM."""
