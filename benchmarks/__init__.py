"""What is fast, against what, as ratios of one run on one machine: `python -m benchmarks`."""
