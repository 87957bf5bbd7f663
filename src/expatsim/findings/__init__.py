"""Findings of a result: summaries, effects, survival, costs, and the assumptions behind them."""
