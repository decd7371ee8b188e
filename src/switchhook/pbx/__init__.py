"""Where Facts come from: bytes of a PBX to Messages, Messages to Facts, and the sockets that carry them."""
