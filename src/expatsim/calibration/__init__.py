"""Calibration: the simulated study, its likelihood, the sampler and what it leaves behind."""
