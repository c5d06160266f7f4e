"""How physical, master and virtual meters come to their use."""
