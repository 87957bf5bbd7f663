"""The numbers that a result says: summaries, effects, survival, costs, and what they rest on."""
