"""What the results say: survival, summaries, comparisons."""
