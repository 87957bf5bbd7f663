"""Shared set-up: hypothesis runs the same examples everywhere."""

from hypothesis import settings

settings.register_profile("expatsim", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("expatsim")
