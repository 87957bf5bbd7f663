"""Runs: scenarios become populations, months and labelled counts."""
