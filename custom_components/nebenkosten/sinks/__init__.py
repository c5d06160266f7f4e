"""Where results go; each sink writes only what differs from what is there."""
