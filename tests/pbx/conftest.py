"""Properties are tried with fixed seeds and without a time limit, so that a slow machine fails nothing."""

from hypothesis import settings

settings.register_profile("switchhook", deadline=None, derandomize=True, database=None)
settings.load_profile("switchhook")
