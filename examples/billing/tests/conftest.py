"""The fixtures, out of a module whose name no other example has."""

from billing_fixtures import clock, database_url, postgres, program

__all__ = ["clock", "database_url", "postgres", "program"]
