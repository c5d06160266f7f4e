"""What each action does: parse, call, respond."""
