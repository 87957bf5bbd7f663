"""Who is there at the start, who comes, and whom they know."""
