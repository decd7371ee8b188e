"""What the store does, each in one transaction, written once for both databases: see `dialect`."""
