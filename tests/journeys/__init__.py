"""Journeys: what a person does with the product as it is started by its command, in a real browser."""
