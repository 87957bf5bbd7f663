"""Read files that people wrote, and say in their words what is wrong with them."""
