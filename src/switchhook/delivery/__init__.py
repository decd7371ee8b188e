"""How events reach receivers: an accepted Event becomes Deliveries, a Delivery becomes Attempts."""
