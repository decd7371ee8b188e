"""Live: what happens on a real Asterisk."""
