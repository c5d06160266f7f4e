"""From readings as they came in to registers that can be believed."""
