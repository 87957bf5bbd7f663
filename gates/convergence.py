"""Gates 1 and 7: R-hat below 1.01, 400 effective draws for every parameter, and the time."""

from __future__ import annotations

import json

from expatsim.calibration.diagnostics import FEWEST_DRAWS, WORST_RHAT
from expatsim.posterior.record import RECORD
from gates.common import SHIPPED, keep, load, mark

LONGEST = 20 * 60  # seconds, on two cores


def main() -> None:
    """Print and keep the diagnostics of the calibration beside the gates."""
    table = load().parameters
    diagnostics = json.loads((SHIPPED / RECORD).read_text(encoding="utf-8"))["diagnostics"]
    seconds = diagnostics["seconds"]
    rhat, bulk, tail = table["rhat"].max(), table["ess_bulk"].min(), table["ess_tail"].min()
    columns = ["rhat", "ess_bulk", "ess_tail"]
    worst = table[columns].sort_values("rhat", ascending=False).head(10)
    keep(
        "convergence",
        "Convergence and time",
        "python -m gates.convergence",
        f"Worst R-hat {rhat:.4f}, gate below {WORST_RHAT}: {mark(rhat < WORST_RHAT)}.",
        f"Fewest effective draws {min(bulk, tail):.0f} (bulk {bulk:.0f}, tails {tail:.0f}), gate "
        f"{FEWEST_DRAWS}: {mark(min(bulk, tail) >= FEWEST_DRAWS)}.",
        f"Whole calibration {seconds} s on the machine of the last run, gate {LONGEST} s "
        f"on two cores: {mark(seconds <= LONGEST)}.",
        "\n".join(f"- {k}: {v}" for k, v in diagnostics.items()),
        "The ten worst parameters:",
        worst.reset_index(),
    )


if __name__ == "__main__":
    main()
