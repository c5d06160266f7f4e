"""Questions to a finished report: periods, snapshots, explanations, JSON."""
