"""The fixtures of tests.fixtures.delivering: `bench`, `open_database`, `database_away`."""

from tests.fixtures.delivering import bench, database_away, open_database

__all__ = ["bench", "database_away", "open_database"]
