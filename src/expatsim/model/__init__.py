"""One month of one person: state, chance, levers and parameters, the rules, and the engine."""
