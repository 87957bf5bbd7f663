"""Gate 2: observed cells inside the intervals of simulated studies of the same size."""

from __future__ import annotations

from expatsim.calibration.page import cells
from gates.common import keep, load, mark

LEAST_INSIDE = 0.9  # share of cells


def main() -> None:
    """Print and keep every cell beside its interval."""
    fit = load().targets
    inside, out = fit["inside_90"].mean(), int((~fit["inside_99"]).sum())
    keep(
        "predictive",
        "Posterior predictive, cell by cell",
        "python -m gates.predictive",
        f"{fit['inside_90'].sum()} of {len(fit)} cells ({inside:.0%}) inside their 90 % interval, "
        f"gate {LEAST_INSIDE:.0%}: {mark(inside >= LEAST_INSIDE)}.",
        f"{out} outside their 99 % interval, gate none: {mark(out == 0)}.",
        cells(fit),
    )


if __name__ == "__main__":
    main()
