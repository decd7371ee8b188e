"""Switchhook: turns what happens on a telephone system into webhooks."""

__version__ = "0.1.0"
