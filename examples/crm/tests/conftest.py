"""The fixtures, out of a module whose name no other example has."""

from crm_fixtures import clock, program, tryton

__all__ = ["clock", "program", "tryton"]
