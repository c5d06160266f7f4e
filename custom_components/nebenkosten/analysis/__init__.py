"""The engine applied to one house's journal."""
