"""A person at a real Home Assistant: clicks and typing, nothing else."""
