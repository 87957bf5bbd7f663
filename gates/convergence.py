"""Gate 1 and 7: R-hat below 1.01, 400 effective draws for every parameter, and the time it took."""

from __future__ import annotations

import json

from expatsim.calibration.diagnostics import FEWEST_DRAWS, WORST_RHAT
from expatsim.posterior.record import RECORD
from gates.common import SHIPPED, keep, load, verdict

LONGEST = 20 * 60  # seconds, on two cores


def main() -> None:
    """Read the diagnostics of the calibration and hold them against the gates."""
    table = load().parameters
    found = json.loads((SHIPPED / RECORD).read_text(encoding="utf-8"))["diagnostics"]
    rhat, bulk, tail = table["rhat"].max(), table["ess_bulk"].min(), table["ess_tail"].min()
    columns = ["rhat", "ess_bulk", "ess_tail"]
    worst = table[columns].sort_values("rhat", ascending=False).head(10)
    keep(
        "convergence",
        "Convergence and time",
        "python -m gates.convergence",
        f"Worst R-hat {rhat:.4f}, gate below {WORST_RHAT}: {verdict(rhat < WORST_RHAT)}.",
        f"Fewest effective draws {min(bulk, tail):.0f} (bulk {bulk:.0f}, tails {tail:.0f}), gate "
        f"{FEWEST_DRAWS}: {verdict(min(bulk, tail) >= FEWEST_DRAWS)}.",
        f"Whole calibration {found['seconds']} s on the machine of the last run, gate {LONGEST} s "
        f"on two cores: {verdict(found['seconds'] <= LONGEST)}.",
        "\n".join(f"- {k}: {v}" for k, v in found.items()),
        "The ten worst parameters:",
        worst.reset_index(),
    )


if __name__ == "__main__":
    main()
