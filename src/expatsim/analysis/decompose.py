"""Decomposition of the gap between two scenarios: by people, policy and so on, or lever by lever.

All combinations of the factors that differ are run; Shapley shares divide the gap between them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from expatsim import arguments
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.assumptions import levers_that_differ
from expatsim.findings.basis import UNKNOWN, Known, part_before
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import Outcome, outcomes_of, people_behind, values
from expatsim.findings.sureness import SMALLEST_SHARE, different_draws, without_missing
from expatsim.intervals import median
from expatsim.model.policy import LeverPath
from expatsim.projections import ScenarioLike, load_all, run_with_prior
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Coalition = frozenset[str]
MOST_EXACT = 5  # players up to which all orders are used
ORDERS = 8  # orders beyond that
WAYS = ("factor", "measure")


def decompose(
    one: ScenarioLike,
    other: ScenarioLike,
    *more: ScenarioLike,
    by: str = "factor",
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    smallest: float = SMALLEST_SHARE,
    basis: bool = True,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the parts of the gaps between scenarios and the first: by factor, or lever by lever.

    Factors are people, policy, quality of the city and climate. All combinations of those that
    differ are run with the same draws; the gap is divided by Shapley shares, which add up to it.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        The gap is ``other`` less ``one``.
    *more : str, pathlib.Path or Scenario
        Further scenarios, each less ``one``, as :func:`compare` has them.
    by : {"factor", "measure"}
        ``"measure"``: what each lever of a package does alone, what is lost without it, and its
        share; the scenarios may then differ in policy only. With more than five levers the shares
        are means over eight orders of joining instead of all.
    draws, seed, parameters, smallest, basis, progress
        As for :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        See :func:`by_factor` and :func:`by_measure`. With more than two scenarios a first column
        ``scenario`` names the one that is compared with the first.

    Raises
    ------
    InputError
        If a file has a problem, the scenarios do not differ, or differ in more than ``by`` allows.
    """
    if by not in WAYS:
        raise InputError(f"by: {by!r} is not one of {', '.join(WAYS)}{nearest(by, WAYS)}")
    smallest = arguments.number("smallest", smallest, 0, 1)
    given = [one, other, *more]
    first, *others = load_all(given, draws=draws, seed=seed, parameters=parameters)
    for second in others:  # before the first run, not after it
        _allowed(first, second, by)
    frames = {s.name: _pair(first, s, by, smallest, basis, progress) for s in others}
    if not more:
        return frames[others[0].name]
    import pandas as pd

    return pd.concat(frames, names=["scenario"]).reset_index("scenario").reset_index(drop=True)


def _allowed(first: Scenario, second: Scenario, by: str) -> list[str]:
    """Return the factors in which two scenarios differ, or raise an error if ``by`` cannot be."""
    factors = factors_that_differ(first, second)
    if not factors:
        raise InputError(f"{first.name} and {second.name} have the same people, policy and climate")
    if by == "measure" and factors != ["policy"]:
        what = ", ".join(f for f in factors if f != "policy")
        raise InputError(f"by measure: {first.name} and {second.name} also differ in {what}")
    return factors


def _pair(
    first: Scenario,
    second: Scenario,
    by: str,
    smallest: float,
    basis: bool,
    progress: Progress | None,
) -> pd.DataFrame:
    """Return the parts of the gap between two scenarios."""
    factors = _allowed(first, second, by)
    orders = joining_orders(levers_that_differ([first.policy, second.policy]), first.seed)
    players = subsets(factors) if by == "factor" else coalitions_of(orders)
    combined = [combine(first, second, s) for s in players]
    found, prior = run_with_prior(combined, basis, progress)
    after = dict(zip(players, found, strict=True))
    before = prior if isinstance(prior, str) else dict(zip(players, prior, strict=True))
    if by == "factor":
        return by_factor(after, factors, before, smallest)
    return by_measure(after, orders, before, smallest)


def shapley(
    values: Mapping[Coalition, np.ndarray], players: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return the Shapley value of every player: its mean contribution over all orders of joining.

    Parameters
    ----------
    values : mapping of frozenset to numpy.ndarray, shape (draws,)
        Outcome of every subset of the players.
    players : sequence of str
        Names of the players: factors or levers.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        They add up to the outcome of all players less that of none.

    Examples
    --------
    >>> outcome = {"": 0.0, "a": 1.0, "b": 2.0, "ab": 5.0}
    >>> values = {frozenset(players): np.array([y]) for players, y in outcome.items()}
    >>> {player: float(share[0]) for player, share in shapley(values, ["a", "b"]).items()}
    {'a': 2.0, 'b': 3.0}
    """
    return shapley_of_orders(values, list(itertools.permutations(players)))


# fields of a scenario by factor
FACTORS: dict[str, tuple[str, ...]] = {
    "people": ("city", "stock", "stock_spread", "inflow", "inflow_spread", "weights"),
    "policy": ("policy",),
    "city quality": ("quality_city",),
    "climate": ("climate",),
}
ALONG = {"policy": ("policy_city",)}  # fields that go with a factor, without effect of their own


def same(a: object, b: object) -> bool:
    """Return whether plain values, arrays, paths of levers, or dicts of them are equal."""
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(a[k], b[k]) for k in a)
    if isinstance(a, LeverPath) and isinstance(b, LeverPath):
        return a == b
    return bool(np.array_equal(np.asarray(a), np.asarray(b)))


def factors_that_differ(one: Scenario, other: Scenario) -> list[str]:
    """Return the factors in which two scenarios are not the same.

    Raises
    ------
    InputError
        If they have levers of different rules: only one of them can then stand at a level.
    """
    if one.policy.keys() != other.policy.keys():
        raise InputError(
            f"{one.name} and {other.name} have levers of different rules of your own; give both "
            "the same rules (Scenario.with_rule)"
        )
    return [
        name
        for name, fields in FACTORS.items()
        if not all(same(getattr(one, f), getattr(other, f)) for f in fields)
    ]


def must_differ_in_policy(one: Scenario, other: Scenario) -> None:
    """Raise an error unless two scenarios differ in policy, and in that only."""
    differ = factors_that_differ(one, other)
    if not differ:
        raise InputError(f"{one.name} and {other.name} must differ in policy, and do not")
    if differ != ["policy"]:
        what = ", ".join(f for f in differ if f != "policy")
        raise InputError(
            f"{one.name} and {other.name} must differ in policy, and in that only; they also "
            f"differ in {what}"
        )


def combine(one: Scenario, other: Scenario, factors: Iterable[str]) -> Scenario:
    """Return ``one`` with some factors (or levers) of ``other``.

    Parameters
    ----------
    one, other : Scenario
        Two scenarios of the same length.
    factors : iterable of str
        Names of :data:`FACTORS`, or levers.
    """
    taken: dict[str, object] = {}
    names = sorted(factors)
    for factor in names:
        fields = (*FACTORS.get(factor, ()), *ALONG.get(factor, ()))
        taken |= {f: getattr(other, f) for f in fields}
    levers = {name: other.policy[name] for name in names if name in other.policy}
    if levers:
        taken["policy"] = {**one.policy, **levers}
    name = f"{one.name}, {' + '.join(names) or 'nothing'} of {other.name}"
    return dataclasses.replace(one, name=name, **taken)  # type: ignore[arg-type]


def subsets(players: Sequence[str]) -> list[Coalition]:
    """Return all subsets, the empty one first.

    Parameters
    ----------
    players : sequence of str
        Names of factors or levers.
    """
    return [
        frozenset(c)
        for size in range(len(players) + 1)
        for c in itertools.combinations(players, size)
    ]


def joining_orders(players: Sequence[str], seed: int) -> list[tuple[str, ...]]:
    """Return orders of joining for Shapley shares: all if there are few, else a random choice.

    Each random order comes with its reverse, which removes much of the noise of the choice.

    Parameters
    ----------
    players : sequence of str
        Names of levers.
    seed : int
        Seed of the choice.
    """
    if len(players) <= MOST_EXACT:
        return list(itertools.permutations(players))
    rng = np.random.default_rng(seed)
    drawn = [tuple(rng.permutation(list(players))) for _ in range(ORDERS // 2)]
    return [*drawn, *(order[::-1] for order in drawn)]


def coalitions_of(orders: Sequence[tuple[str, ...]]) -> list[Coalition]:
    """Return every subset that occurs while players join, each alone, and all but each.

    Parameters
    ----------
    orders : sequence of tuple of str
        From :func:`joining_orders`.
    """
    players = orders[0]
    coalitions = {frozenset(order[:k]) for order in orders for k in range(len(order) + 1)}
    coalitions |= {frozenset([p]) for p in players}
    coalitions |= {frozenset(players) - {p} for p in players}
    return sorted(coalitions, key=lambda s: (len(s), sorted(s)))


def shapley_of_orders(
    values: Mapping[Coalition, np.ndarray], orders: Sequence[tuple[str, ...]]
) -> dict[str, np.ndarray]:
    """Return the mean contribution of every player over some orders; they add up to the whole.

    Parameters
    ----------
    values : mapping of frozenset to numpy.ndarray, shape (draws,)
        Outcome of every subset that occurs in the orders.
    orders : sequence of tuple of str
        Orders of joining, from :func:`joining_orders`.
    """
    parts = {p: np.zeros_like(values[frozenset()], dtype=float) for p in orders[0]}
    for order in orders:
        for k, player in enumerate(order):
            before, after = frozenset(order[:k]), frozenset(order[: k + 1])
            parts[player] += (values[after] - values[before]) / len(orders)
    return parts


Part = tuple[Outcome, dict[str, str], np.ndarray, float]  # as of `_factor_parts`


def by_factor(
    datasets: Mapping[Coalition, xr.Dataset],
    factors: Sequence[str],
    before: Mapping[Coalition, xr.Dataset] | str = UNKNOWN,
    smallest: float = SMALLEST_SHARE,
) -> pd.DataFrame:
    """Return Shapley shares of the gap in every share-like outcome, draw by draw.

    Parameters
    ----------
    datasets : mapping of frozenset to xarray.Dataset
        Results of :func:`combine` for all :func:`subsets`, with the same draws.
    factors : sequence of str
        Factors that differ, from :func:`factors_that_differ`.
    before : mapping of frozenset to xarray.Dataset, or str
        The same in draws from the prior; or the label of what all parts rest on, see
        :func:`expatsim.findings.basis.known_label`.
    smallest : float
        The smallest difference that is worth naming.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome`` (its name), ``label``, ``factor`` (``"gap"`` for the whole), ``mean``,
        ``low``, ``low_50``, ``median``, ``high_50``, ``high`` over draws, ``draws``,
        ``probability_higher``, ``verdict``, ``rests_on`` and ``people``. Means of the factors add
        up to the gap's: draws in which a combination has nobody to look at are left out of all.
    """
    prior = before if isinstance(before, str) else _factor_parts(before, factors)
    return _frame(_factor_parts(datasets, factors), prior, datasets, smallest)


def _factor_parts(
    datasets: Mapping[Coalition, xr.Dataset], factors: Sequence[str]
) -> Iterator[Part]:
    """Yield outcome, what it is a part of, the part draw by draw, and the people behind it."""
    for outcome, by_subset, people in _shares(datasets):
        gap = by_subset[frozenset(factors)] - by_subset[frozenset()]
        for factor, part in {"gap": gap, **shapley(by_subset, factors)}.items():
            yield outcome, {"factor": factor}, part, people


def by_measure(
    datasets: Mapping[Coalition, xr.Dataset],
    orders: Sequence[tuple[str, ...]],
    before: Mapping[Coalition, xr.Dataset] | str = UNKNOWN,
    smallest: float = SMALLEST_SHARE,
) -> pd.DataFrame:
    """Return the effect of each lever alone, the loss without it, and its Shapley share.

    Parameters
    ----------
    datasets : mapping of frozenset of levers to xarray.Dataset
        For all of :func:`coalitions_of`.
    orders : sequence of tuple of str
        Orders in which the levers join, from :func:`joining_orders`.
    before, smallest
        As for :func:`by_factor`.

    Returns
    -------
    pandas.DataFrame
        As :func:`by_factor`, with ``lever`` (``"package"`` for the whole) and ``effect``
        (``"share"``, ``"alone"``, ``"lost without it"``; ``"interaction"`` of the package: its
        effect less the sum of the levers alone) instead of ``factor``.
    """
    prior = before if isinstance(before, str) else _measure_parts(before, orders)
    return _frame(_measure_parts(datasets, orders), prior, datasets, smallest)


def _measure_parts(
    datasets: Mapping[Coalition, xr.Dataset], orders: Sequence[tuple[str, ...]]
) -> Iterator[Part]:
    """Yield as :func:`_factor_parts` does."""
    levers = sorted(orders[0])
    everything, nothing = frozenset(levers), frozenset[str]()
    for outcome, by_subset, people in _shares(datasets):
        whole = by_subset[everything] - by_subset[nothing]
        alone = {x: by_subset[frozenset([x])] - by_subset[nothing] for x in levers}
        shares = shapley_of_orders(by_subset, orders)
        effects = [
            ("package", "share", whole),
            ("package", "interaction", whole - sum(alone.values())),
        ]
        for x in levers:
            lost = by_subset[everything] - by_subset[everything - {x}]
            effects += [
                (x, "share", shares[x]),
                (x, "alone", alone[x]),
                (x, "lost without it", lost),
            ]
        for lever, effect, part in effects:
            yield outcome, {"lever": lever, "effect": effect}, part, people


def _shares(
    datasets: Mapping[Coalition, xr.Dataset],
) -> Iterator[tuple[Outcome, dict[Coalition, np.ndarray], float]]:
    """Yield every share by subset and draw, and the people that it rests on in the smallest one.

    A draw in which a subset has nobody to look at is missing in all of them.
    """
    all_values = {s: values(d) for s, d in datasets.items()}
    behind = [people_behind(d) for d in datasets.values()]
    for outcome in outcomes_of(datasets[frozenset()]):
        if outcome.is_share:
            name = outcome.name
            by_subset = {s: v[name].to_numpy().ravel() for s, v in all_values.items()}
            missing = np.isnan(np.sum(list(by_subset.values()), axis=0))
            people = min(float(median(b[name].to_numpy().ravel())) for b in behind)
            yield outcome, {s: np.where(missing, np.nan, v) for s, v in by_subset.items()}, people


def _frame(
    parts: Iterable[Part],
    prior: Iterable[Part] | str,
    datasets: Mapping[Coalition, xr.Dataset],
    smallest: float,
) -> pd.DataFrame:
    """Return a table of parts, each with how sure it is and what it rests on."""
    import pandas as pd

    def key(outcome: Outcome, of: dict[str, str]) -> tuple[str, ...]:
        return outcome.name, *of.values()

    before: dict[tuple[str, ...], np.ndarray] | str
    before = prior if isinstance(prior, str) else {key(o, of): part for o, of, part, _ in prior}
    vectors = different_draws(datasets[frozenset()])
    rows = []
    for outcome, of, part, people in parts:
        known = part_before(before, key(outcome, of))
        rows.append(_row(outcome, of, part, people, vectors, known, smallest))
    return pd.DataFrame(rows)


def _row(
    outcome: Outcome,
    of: dict[str, str],
    part: np.ndarray,
    people: float,
    vectors: int,
    before: Known,
    smallest: float,
) -> dict[str, object]:
    draws, least = without_missing(part), outcome.smallest(smallest)
    return {
        "outcome": outcome.name,
        "label": outcome.label,
        "unit": outcome.unit,
        **of,
        "mean": float(draws.mean()) if len(draws) else float("nan"),
        **columns(part, least, people, vectors=vectors, before=before),
        "people": people,
    }
