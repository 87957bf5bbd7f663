"""The best mix of measures under a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from expatsim.analysis import measures, surface
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.outcomes import COUNTED
from expatsim.intervals import spread
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

BUDGETS = (0.25, 0.5, 0.75, 1.0)  # shares of the budget: points of the frontier


@dataclass(frozen=True)
class Plan:
    """The best mixes of measures, from :func:`plan`.

    Attributes
    ----------
    frontier : pandas.DataFrame
        By ``aim`` (``"expected"`` or ``"cautious"``) and ``budget``: ``outcome`` (its name) and
        ``label`` of the gain, the level of every lever, ``cost`` (mean over draws, for people as in
        the baseline), ``foretold`` (the surface's prediction), and from fresh draws ``expected``
        (mean), ``cautious`` (exceeded in four of five draws), and ``low``, ``low_50``, ``median``,
        ``high_50``, ``high`` of the gain.
    unused : dict of str to float
        The level of every lever while it is not used.
    explained : float
        Share of the variance between mixes that the response surface predicts.
    mixes : int
        Mixes that were simulated to fit it.
    notes : tuple of str
        Cautions for the reader: levels that nobody has tried, too few draws, parameter values that
        were used in the search as well as in the check.
    """

    frontier: pd.DataFrame
    unused: dict[str, float]
    explained: float
    mixes: int
    notes: tuple[str, ...] = ()


def plan(
    scenario: ScenarioLike,
    budget: float,
    *,
    outcome: str = "years",
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the best mix of the measures that have a cost, under a budget, over all draws.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        The baseline, with ``costs`` for the levers that may be used.
    budget : float
        Euros over the whole projection.
    outcome : {"years", "people"}
        Extra expat-years, or extra people here at the end.
    draws, seed, parameters, progress
        As for :func:`compare`. The mixes are checked with as many draws that the search did not
        use, fewer if the posterior or file of draws has no more left (but at least 40); if it has
        not even those, parameter values are used twice and :attr:`Plan.notes` says so.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If no lever has a cost, the budget is not positive, or the outcome is unknown.
    """
    import pandas as pd

    from expatsim.runs.batches import simulate_together
    from expatsim.runs.prepare import Replicates

    (base,) = load_all([scenario], draws=draws, seed=seed, parameters=parameters)
    if problems := list(_problems(base, budget, outcome)):
        raise InputError(problems)
    (first,) = simulate_together([base], progress)
    options = measures.measures(base, *(first[x].mean("draw").to_numpy() for x in COUNTED))
    if not options:
        notes = measures.notes_on_unusable_levers(base, options)
        raise InputError([f"{base.name}: {note}" for note in notes])
    before = first["here"].to_numpy()

    steps = [(aim, budget * share) for aim in surface.AIMS for share in BUDGETS]

    def gain_of(mixes: np.ndarray) -> np.ndarray:
        scenarios = [measures.with_levels(base, options, m) for m in mixes]
        datasets = simulate_together(scenarios, progress)
        return np.array([surface.gains(d["here"].to_numpy(), before, outcome) for d in datasets])

    mixes = surface.mixes(options, base.seed)
    gain = gain_of(mixes)
    fitted = surface.fit(mixes, gain, options)
    # fitted again with the best mixes so far: the surface must be right near the optimum
    new = np.unique(_best_mixes(fitted, steps, base.seed), axis=0)
    mixes, gain = np.concatenate([mixes, new]), np.concatenate([gain, gain_of(new)])
    fitted = surface.fit(mixes, gain, options)
    best = _best_mixes(fitted, steps, base.seed)

    unique, which = np.unique(best, axis=0, return_inverse=True)
    replicates, notes = surface.fresh_replicates(base)
    scenarios = [base, *(measures.with_levels(base, options, m) for m in unique)]
    fresh = simulate_together(scenarios, progress, replicates=Replicates.together(replicates))
    here_of = [d["here"].to_numpy() for d in fresh]
    rows = [
        {
            "outcome": surface.GAINS[outcome].outcome,
            "label": surface.GAINS[outcome].label,
            "aim": aim,
            "budget": money,
            "cost": float(measures.cost_of(mix, options)),
            "foretold": float(surface.AIMS[aim](fitted(mix))),
            **_in_numbers(surface.gains(here_of[1 + k], here_of[0], outcome)),
            **{m.lever: x for m, x in zip(options, mix, strict=True)},
        }
        for (aim, money), mix, k in zip(steps, best, which.ravel(), strict=True)
    ]
    unused = {m.lever: m.low for m in options}
    notes += measures.notes_on_untried_levels(base, options)
    notes += measures.notes_on_unusable_levers(base, options)
    return Plan(pd.DataFrame(rows), unused, fitted.explained, len(mixes), tuple(notes))


def _best_mixes(
    fitted: surface.Surface, steps: Sequence[tuple[str, float]], seed: int
) -> np.ndarray:
    """Return the best mix for every aim and budget, shape (steps, levers)."""
    return np.array([surface.best(fitted, money, aim, seed) for aim, money in steps])


def _problems(base: Scenario, budget: float, outcome: str) -> Iterator[str]:
    """Yield the reasons why there can be no plan."""
    if not (0 < budget < float("inf")):
        yield f"budget: {budget:g} is out of range (allowed: more than 0 euros)"
    if outcome not in surface.GAINS:
        close = nearest(outcome, surface.GAINS)
        yield f"outcome: {outcome!r} is not one of {', '.join(surface.GAINS)}{close}"
    if not base.costs:
        yield f"{base.name}: no lever has a cost; add costs: to the scenario"


def _in_numbers(gain: np.ndarray) -> dict[str, float]:
    """Return a gain over draws as numbers: one for each aim, and its interval."""
    return {aim: float(of(gain)) for aim, of in surface.AIMS.items()} | spread(gain)
