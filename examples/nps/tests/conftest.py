"""The fixtures, out of a module whose name no other example has."""

from nps_fixtures import clock, crm, mail_server, program, switchhook

__all__ = ["clock", "crm", "mail_server", "program", "switchhook"]
