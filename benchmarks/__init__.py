"""The engine behind the signatures of benchmarks."""
