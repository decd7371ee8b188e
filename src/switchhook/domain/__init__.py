"""What Switchhook knows and decides: pure code, with no socket, no clock and no database."""
