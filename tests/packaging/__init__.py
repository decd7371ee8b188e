"""Packaging: what a user installs, and from what."""
