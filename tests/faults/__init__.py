"""What nobody wants to happen, done on purpose."""
