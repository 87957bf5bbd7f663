"""Gates of the calibration: each a command whose last output is kept in ``calibration/results``."""
