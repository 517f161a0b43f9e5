"""A simulated market with known truth: makes exports, answers to decisions. For demo, tests and benchmarks."""
