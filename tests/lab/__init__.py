"""The PBX lab: a real Asterisk, and sipp as its carrier and its phones (README.md)."""
