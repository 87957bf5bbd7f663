"""Run scenarios and keep the results."""
