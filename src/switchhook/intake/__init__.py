"""The engine's own HTTP: events from elsewhere, health and metrics."""

from switchhook.intake.listener import Intake

__all__ = ["Intake"]
