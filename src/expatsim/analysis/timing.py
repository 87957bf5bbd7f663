"""Effects of a policy that starts some years later."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim import arguments
from expatsim.analysis.decompose import must_differ_in_policy
from expatsim.analysis.dose import Variants, differences, responses, run_variants
from expatsim.errors import InputError
from expatsim.executors import Progress
from expatsim.findings.basis import Known
from expatsim.findings.cost import QUANTITIES, Worlds, extra_cost
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import OUTCOMES
from expatsim.findings.sureness import SMALLEST_SHARE, different_draws
from expatsim.intervals import spread
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

DELAY = "years later"  # column of the delay
PREFIX = "delay_"  # before the columns of what a delay changes


def timing(
    one: ScenarioLike,
    other: ScenarioLike,
    *,
    delays: Sequence[int] = (0, 1, 2, 3),
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    smallest: float = SMALLEST_SHARE,
    basis: bool = True,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the effects of a policy for several delays of its start.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        The baseline, and the scenario whose policy is delayed; they may differ in policy only.
    delays : sequence of int
        Delays in years; 0 is the policy as it is.
    draws, seed, parameters, smallest, basis, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`expatsim.analysis.dose.responses`; differences with ``one``. Where ``other``
        gives costs there are rows of its extra cost in euros too, and of its net benefit where it
        says what an expat-year is worth. For every delay but the shortest, columns that begin with
        ``delay_`` have the difference with the shortest one: what the delay itself changes.

    Raises
    ------
    InputError
        If a delay is negative or as long as the projection, or the scenarios do not differ in
        policy, or in more than that.
    """
    import pandas as pd

    base, policy = load_all([one, other], draws=draws, seed=seed, parameters=parameters)
    smallest = arguments.number("smallest", smallest, 0, 1)
    listed = list(delays) if isinstance(delays, Iterable) else [delays]
    if not listed:
        raise InputError("delays: give at least one number of years")
    last = base.months // 12 - 1
    delays = [arguments.whole_number("delays", y, 0, last, unit="years") for y in listed]
    must_differ_in_policy(base, policy)
    later = {float(y): delayed(base, policy, y) for y in delays}
    runs = run_variants(base, later, basis, progress)
    frame = responses(*runs, DELAY, smallest)
    found = differences(runs.base, runs.datasets)
    euros = costs_of_delays(base, policy, later, runs.datasets, found)
    rows = [
        {DELAY: y, "outcome": name, "label": x.label, "unit": x.unit, **spread(e), "draws": len(e)}
        for (y, name), e in euros.items()
        for x in [QUANTITIES[name]]
    ]
    if rows:
        frame = pd.concat([frame, pd.DataFrame(rows)], ignore_index=True)
    return with_delays(frame, {**found, **euros}, runs, smallest)


def costs_of_delays(
    base: Scenario,
    policy: Scenario,
    later: Mapping[float, Scenario],
    datasets: Mapping[float, xr.Dataset],
    found: Mapping[tuple[float, str], np.ndarray],
) -> dict[tuple[float, str], np.ndarray]:
    """Return extra cost and net benefit of every delay, in euros by draw, where they are given.

    Parameters
    ----------
    base, policy : Scenario
        The baseline, and the scenario whose policy is delayed and that gives the costs.
    later : mapping of float to Scenario
        The delayed policies, by years of delay.
    datasets : mapping of float to xarray.Dataset
        Their projections.
    found : mapping of (float, str) to numpy.ndarray
        Differences from the baseline by delay and outcome, draw by draw.
    """
    euros: dict[tuple[float, str], np.ndarray] = {}
    for years, scenario in later.items():
        costed = dataclasses.replace(scenario, costs=policy.costs)
        total = extra_cost(costed, base, Worlds.of(datasets[years]))
        if total is None:
            continue
        euros[years, "extra_cost"] = total
        if policy.value_per_expat_year is not None:
            worth = policy.value_per_expat_year * found[years, "expat_years"]
            euros[years, "net_benefit"] = worth - total
    return euros


def with_delays(
    frame: pd.DataFrame,
    found: Mapping[tuple[float, str], np.ndarray],
    runs: Variants,
    smallest: float,
) -> pd.DataFrame:
    """Return the frame with what every delay changes, against the shortest one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows by delay and outcome.
    found : mapping of (float, str) to numpy.ndarray
        The differences from the baseline behind it, draw by draw.
    runs : Variants
        The runs.
    smallest : float
        The smallest difference of shares that is worth naming.
    """
    import pandas as pd

    first, vectors = min(runs.datasets), different_draws(runs.base)
    rows: list[dict[str, object]] = []
    for _, row in frame.iterrows():
        years, name = row[DELAY], row["outcome"]
        if years == first:
            rows.append({})
            continue
        change = found[years, name] - found[first, name]
        if name not in OUTCOMES:
            rows.append({**spread(change), "draws": len(change)})
            continue
        prior: Known = (
            runs.before
            if isinstance(runs.before, str)
            else runs.before[years, name] - runs.before[first, name]
        )
        least = OUTCOMES[name].smallest(smallest)
        rows.append(columns(change, least, row["people"], vectors=vectors, before=prior))
    delay = pd.DataFrame(rows, index=frame.index).add_prefix(PREFIX)
    return pd.concat([frame, delay], axis=1)


def delayed(base: Scenario, policy: Scenario, years: int) -> Scenario:
    """Return ``base`` with the policy of another scenario, some years later than there.

    Until then it is the baseline, bit for bit, whichever city the policy comes from; levers in
    which the two do not differ always stand as in the baseline.

    Parameters
    ----------
    base : Scenario
        The baseline.
    policy : Scenario
        The scenario with the policy.
    years : int
        Delay.

    Raises
    ------
    InputError
        If the policy then begins after the projection ends.
    """
    paths = {
        lever: path.delayed(12 * years, base.policy[lever]).first(base.months)
        for lever, path in policy.policy.items()
    }
    if paths == base.policy:
        raise InputError(
            f"delay: {policy.name} would begin after the end of the projection if it began "
            f"{years} years later"
        )
    return dataclasses.replace(
        base,
        name=f"{policy.name}, {years} years later",
        policy=paths,
        policy_city=policy.policy_city,
    )
