"""Calibration: the simulated study, its likelihood, the sampler and its results."""
