"""How results are shown: plots and the table in the terminal."""
