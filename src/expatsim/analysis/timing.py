"""Effects of a policy that starts some years later."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from expatsim.analysis.decompose import must_differ_in_policy
from expatsim.analysis.dose import run_responses
from expatsim.errors import InputError
from expatsim.executors import Progress
from expatsim.findings.sureness import SMALLEST_SHARE
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


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
        See :func:`expatsim.analysis.dose.responses`; differences with ``one``.

    Raises
    ------
    InputError
        If a delay is negative or as long as the projection, or the scenarios do not differ in
        policy, or in more than that.
    """
    base, policy = load_all([one, other], draws=draws, seed=seed, parameters=parameters)
    if list(delays) != years_that_fit(base, delays):
        raise InputError(
            f"delays: {list(delays)} are out of range (allowed: 0 to {base.months // 12 - 1} years)"
        )
    must_differ_in_policy(base, policy)
    later = {float(y): delayed(base, policy, y) for y in delays}
    return run_responses(base, later, "years later", smallest, basis, progress)


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


def years_that_fit(scenario: Scenario, delays: Sequence[int]) -> list[int]:
    """Return the delays that are shorter than the projection, and not negative."""
    return [y for y in delays if 0 <= 12 * y < scenario.months]
