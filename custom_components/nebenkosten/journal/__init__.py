"""The readings journal: what people and sources said, kept for ever."""
