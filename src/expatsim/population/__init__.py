"""People: the stock at the start, arrivals, and their contacts."""
