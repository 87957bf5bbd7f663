"""Tipping points: the value of an assumption at which an answer turns, beside its prior.

The assumption that carries a difference is the parameter whose values go along with it most closely
over the draws. Both scenarios are then run with that parameter held at values over the central 98 %
of its prior, with the same luck at each: the mean difference, made monotone, is zero, worth naming
or worth its cost from some value on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from expatsim import arguments, posterior
from expatsim.analysis.decompose import combine, must_differ_in_policy
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.assumptions import levers_that_differ, parts
from expatsim.findings.cost import QUANTITIES, Quantity, balance
from expatsim.findings.outcomes import COUNTED, OUTCOMES, Outcome, possible, values
from expatsim.findings.sureness import NO_DIFFERENCE, NOBODY, other_sizes
from expatsim.findings.turns import (
    ABOVE,
    BELOW,
    EVERYWHERE,
    NAMED,
    NOT_CARRIED,
    NOT_MONOTONE,
    NOWHERE,
    PAYS,
    ZERO,
)
from expatsim.findings.unknowns import rank_correlations
from expatsim.intervals import INTERVAL, NINETY, quantiles
from expatsim.model.parameters import Parameter
from expatsim.projections import ScenarioLike, load_all, side_by_side
from expatsim.runs.tallies import WAYS_IN
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

WAYS = ("scenario", "measure")
DRAWS = 96  # that show which assumption carries a difference
FEWEST = 24  # draws
PART = 6  # one in so many of them is run at each value of it
SURE = 3.0  # standard errors of a rank correlation from which an assumption carries a difference
BOOTSTRAPS = 200  # resamples of the draws behind the interval of a tipping point
YEARS = 5  # the longest stay of the usual outcomes
NET = "net_benefit"  # zero where a measure pays for itself
# normal scores over the central 98 % of a prior: of the values that are run, and of the curve
END = 2.326
SCORES = np.linspace(-END, END, 7)
CURVE = np.linspace(-END, END, 61)
TINY = 1e-9  # rounding
COLUMNS = (
    *("scenario", "outcome", "label", "turn", "at", "direction"),
    *("parameter", "rank_correlation"),
    *("value", "low", "high", "holds", "prior_median", "prior_low", "prior_high"),
    *("prior_probability", "posterior_median", "posterior_low", "posterior_high"),
    *("posterior_probability", "draws", "note"),
)
CURVE_COLUMNS = (
    *("scenario", "outcome", "label", "parameter"),
    *("value", "density", "mean", "low", "high"),
)


@dataclasses.dataclass(frozen=True)
class Answer:
    """A difference between a scenario and the baseline in one outcome.

    Attributes
    ----------
    scenario : Scenario
        The scenario that is compared with the baseline.
    outcome : str
        Name of the outcome, or of the net benefit.
    turns : dict of str to float
        Size of the difference at which the answer turns, by kind of turn.
    sign : int
        Direction in which the difference goes: 1 or -1.
    parameter : str
        The assumption that carries it; empty if none does.
    correlation : float
        Rank correlation of that assumption with the difference, over the draws.
    note : str
        Why it does not turn, if that is so.
    """

    scenario: Scenario
    outcome: str
    turns: dict[str, float]
    sign: int
    parameter: str
    correlation: float
    note: str

    @property
    def about(self) -> dict[str, object]:
        """First columns of its rows."""
        named: dict[str, Outcome | Quantity] = {**OUTCOMES, **QUANTITIES}
        return {
            "scenario": self.scenario.name,
            "outcome": self.outcome,
            "label": named[self.outcome].label,
            "parameter": self.parameter,
        }


def tipping_points(
    one: ScenarioLike,
    *others: ScenarioLike,
    by: str = "scenario",
    outcomes: Sequence[str] = (),
    worth: float | None = None,
    draws: int = DRAWS,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> dict[str, pd.DataFrame]:
    """Return what would have to be true: where each answer turns, beside what is assumed.

    Parameters
    ----------
    one : str, pathlib.Path or Scenario
        The baseline.
    *others : str, pathlib.Path or Scenario
        At least one scenario; answers are the differences from ``one``.
    by : {"scenario", "measure"}
        ``"measure"``: each lever that differs alone, instead of all that differs together; the
        scenarios may then differ in policy only.
    outcomes : sequence of str
        Names of :data:`expatsim.findings.outcomes.OUTCOMES`; by default who is still here after
        five years (or as many as there are), and the traits of people here at the end. Where a
        scenario has costs and says what a year is worth, its net benefit is always among them.
    worth : float, optional
        The smallest difference of a share that is worth naming; by default half a point. Of people
        and expat-years it is five.
    draws : int
        Draws that show which assumption carries a difference, at least 24. A sixth of them is run
        at each of seven values of that assumption.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``points``: a row for each turn of each answer, see :func:`rows`. ``curves``: differences by
        value of the assumption, see :func:`curve`.

    Raises
    ------
    InputError
        If a file has a problem, an argument is not allowed, or there is nothing to ask.
    """
    import pandas as pd

    from expatsim.runs.batches import simulate_together

    _check(others, by, worth, draws)
    base, *loaded = load_all([one, *others], draws=draws, seed=seed, parameters=parameters)
    names = _outcomes(arguments.names("outcomes", outcomes), base.months)
    compared = measures(base, loaded, by)
    behind = {s.name: _behind(base, s) for s in compared}
    first, *datasets = simulate_together([base, *compared], progress)
    known = dict(
        zip(first["parameter"].to_numpy(), first["parameter_value"].T.to_numpy(), strict=True)
    )
    answers = []
    for s, dataset in zip(compared, datasets, strict=True):
        candidates = {p: known[p] for p in behind[s.name] if p in known}
        for name, difference in differences(base, s, first, dataset, names).items():
            answers.append(_answer(s, name, difference, candidates, worth))
    points: dict[int, list[dict[str, object]]] = {
        k: [{**a.about, "note": a.note}] for k, a in enumerate(answers) if a.note
    }
    curves: dict[int, pd.DataFrame] = {}
    for name in dict.fromkeys(a.parameter for a in answers if a.parameter):
        some = {k: a for k, a in enumerate(answers) if a.parameter == name}
        parameter = next(s.registry[name] for s in (base, *compared) if name in s.registry)
        tables = _held(base, some, parameter, draws // PART, progress)
        drawn = in_the_posterior(base, name)
        for k, answer in some.items():
            points[k] = rows(answer, parameter, tables[k], drawn)
            curves[k] = curve(answer, parameter, tables[k])
    return {
        "points": pd.DataFrame([row for k in sorted(points) for row in points[k]], columns=COLUMNS),
        "curves": pd.concat([curves[k] for k in sorted(curves)], ignore_index=True)
        if curves
        else pd.DataFrame(columns=CURVE_COLUMNS),
    }


def _check(others: Sequence[object], by: str, worth: float | None, draws: int) -> None:
    problems = []
    if not others:
        problems.append("scenarios: give at least two, the baseline first")
    if by not in WAYS:
        problems.append(f"by: {by!r} is not one of {', '.join(WAYS)}{nearest(by, WAYS)}")
    if problems:
        raise InputError(problems)
    if worth is not None:
        arguments.number("worth", worth, 0, 1, more=True)
    if arguments.whole_number("draws", draws, 2, 10_000) < FEWEST:
        raise InputError(f"draws: {draws} are too few (at least {FEWEST})")


def _outcomes(asked: Sequence[str], months: int) -> list[str]:
    """Names of the outcomes that are asked for, or of the usual ones."""
    there = possible(months)
    every = f"; outcomes are {', '.join(OUTCOMES)}"
    problems = [
        f"{name}: the scenarios are too short for it"
        if name in OUTCOMES
        else f"no outcome {name!r}{nearest(name, OUTCOMES) or every}"
        for name in asked
        if OUTCOMES.get(name) not in there
    ]
    if problems:
        raise InputError(problems)
    stays = {way: [o for o in there if o.way_in == way and o.years <= YEARS] for way in WAYS_IN}
    usual = [some[-1].name for some in stays.values() if some]
    return list(dict.fromkeys(asked)) or usual + [o.name for o in there if o.trait]


def measures(base: Scenario, others: Sequence[Scenario], by: str) -> list[Scenario]:
    """Return the scenarios that are compared with the baseline.

    Parameters
    ----------
    base : Scenario
        The baseline.
    others : sequence of Scenario
        Scenarios.
    by : {"scenario", "measure"}
        They themselves, or the baseline with each of their levers alone.
    """
    return [s for x in others for s in (levers_alone(base, x) if by == "measure" else [x])]


def levers_alone(base: Scenario, other: Scenario) -> list[Scenario]:
    """Return the baseline with each lever of another scenario, and that lever's cost.

    Parameters
    ----------
    base : Scenario
        The baseline.
    other : Scenario
        A scenario that differs in policy only.

    Raises
    ------
    InputError
        If it does not differ in policy, or differs in more than that.
    """
    must_differ_in_policy(base, other)
    return [
        dataclasses.replace(
            combine(base, other, [lever]),
            name=f"{other.name}: {lever}",
            title=other.levers[lever].label,
            title_nl="",
            costs={k: v for k, v in other.costs.items() if k == lever},
            value_per_expat_year=other.value_per_expat_year,
        )
        for lever in levers_that_differ([base.policy, other.policy])
    ]


def _behind(base: Scenario, scenario: Scenario) -> list[str]:
    """Parameters behind the difference of two scenarios."""
    names = list(dict.fromkeys(p for x in parts([base, scenario]) for p in x.parameters))
    if not names:
        raise InputError(
            f"{scenario.name}: no uncertain number is behind its difference from {base.name}"
        )
    return names


def differences(
    base: Scenario,
    scenario: Scenario,
    first: xr.Dataset,
    dataset: xr.Dataset,
    outcomes: Sequence[str],
) -> dict[str, np.ndarray]:
    """Return the difference of each outcome, draw by draw, and the net benefit where it has one.

    Parameters
    ----------
    base, scenario : Scenario
        The baseline, and the scenario that is compared with it.
    first, dataset : xarray.Dataset
        Their projections, with the same draws.
    outcomes : sequence of str
        Names of outcomes.

    Returns
    -------
    dict of str to numpy.ndarray, shape (draws,)
        By name; NaN in draws in which there is nobody to look at. There is no net benefit where
        nothing is said of costs or of what a year is worth, nor where it follows from sizes that
        were assumed.
    """
    before, after = values(first), values(dataset)
    found = {x: after[x].to_numpy() - before[x].to_numpy() for x in outcomes}
    if scenario.value_per_expat_year and scenario.costs and not other_sizes([base, scenario]):
        counted = [d[[*COUNTED, "parameter_value"]] for d in (first, dataset)]
        sums = balance(side_by_side((base, scenario), counted), scenario, base)
        net = None if sums is None else QUANTITIES[NET].values(sums)
        if net is not None:
            found[NET] = net
    return found


def _answer(
    scenario: Scenario,
    name: str,
    difference: np.ndarray,
    candidates: Mapping[str, np.ndarray],
    worth: float | None,
) -> Answer:
    """The answer of one outcome, with the assumption that carries it."""
    present = ~np.isnan(difference)
    some = difference[present]
    if len(some) < FEWEST:
        return Answer(scenario, name, {}, 1, "", np.nan, NOBODY)
    if not some.any():
        return Answer(scenario, name, {}, 1, "", np.nan, NO_DIFFERENCE)
    parameter, rho = carrier({p: x[present] for p, x in candidates.items()}, some)
    note = "" if parameter else NOT_CARRIED
    if name == NET:
        return Answer(scenario, name, {PAYS: 0.0}, 1, parameter, rho, note)
    sign = 1 if some.mean() >= 0 else -1
    outcome = OUTCOMES[name]
    least = outcome.smallest(worth) if worth else outcome.smallest()
    return Answer(scenario, name, {ZERO: 0.0, NAMED: sign * least}, sign, parameter, rho, note)


def carrier(parameters: Mapping[str, np.ndarray], difference: np.ndarray) -> tuple[str, float]:
    """Return the parameter that a difference goes along with most closely, and how closely.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by name of parameter.
    difference : numpy.ndarray, shape (draws,)
        The difference in each draw.

    Returns
    -------
    (str, float)
        Its name, empty if its rank correlation could be chance (less than three standard errors),
        and its rank correlation.

    Examples
    --------
    >>> x = np.arange(50.0)
    >>> carrier({"a": x % 7, "b": -x}, x**2)
    ('b', -1.0)
    """
    found = rank_correlations(parameters, difference)
    if not found:
        return "", 0.0
    name = max(found, key=lambda p: abs(found[p]))
    sure = abs(found[name]) * np.sqrt(len(difference) - 1) >= SURE
    return name if sure else "", round(found[name], 12)


def _held(
    base: Scenario,
    answers: Mapping[int, Answer],
    parameter: Parameter,
    draws: int,
    progress: Progress | None,
) -> dict[int, np.ndarray]:
    """Differences of some answers at values of a parameter, each of shape (values, draws)."""
    from expatsim.runs.batches import simulate_together
    from expatsim.runs.prepare import Replicates

    at = parameter.quantile(normal(SCORES))
    again = np.tile(np.arange(draws), len(at))
    held = {parameter.name: np.repeat(at, draws)}
    replicates = Replicates.together(again)._replace(given=held)
    compared = list({a.scenario.name: a.scenario for a in answers.values()}.values())
    first, *datasets = simulate_together([base, *compared], progress, replicates=replicates)
    tables: dict[int, np.ndarray] = {}
    for scenario, dataset in zip(compared, datasets, strict=True):
        own = {k: a.outcome for k, a in answers.items() if a.scenario.name == scenario.name}
        outcomes = [x for x in own.values() if x in OUTCOMES]
        found = differences(base, scenario, first, dataset, outcomes)
        tables |= {k: found[x].reshape(len(at), draws) for k, x in own.items()}
    return tables


def normal(scores: np.ndarray) -> np.ndarray:
    """Return the probability of the normal distribution below each score."""
    from scipy.special import ndtr

    return ndtr(scores)


def in_the_posterior(scenario: Scenario, parameter: str) -> np.ndarray | None:
    """Return the values of a parameter in the draws of a posterior or a file.

    Parameters
    ----------
    scenario : Scenario
        The baseline, with the source of the draws.
    parameter : str
        Name of a parameter.

    Returns
    -------
    numpy.ndarray or None
        In all draws of the source; ``None`` if it is drawn from its prior.
    """
    source, digest = scenario.parameters, scenario.parameters_digest
    size = posterior.number_of_draws(source, digest)
    if size is None or parameter in posterior.from_prior(source, digest):
        return None
    return posterior.sample(source, scenario.seed, np.arange(size), digest).get(parameter)


def monotone(means: np.ndarray) -> np.ndarray:
    """Return a curve through means at :data:`SCORES` that only rises or only falls.

    Parameters
    ----------
    means : numpy.ndarray, shape (values,)
        Mean difference at each value of a parameter.

    Returns
    -------
    numpy.ndarray, shape (points,)
        At :data:`CURVE`: isotonic regression, then monotone cubic interpolation.
    """
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(SCORES, _steps(means))(CURVE)


def _steps(means: np.ndarray) -> np.ndarray:
    """Isotonic regression, in the direction in which the means go on the whole."""
    from scipy.optimize import isotonic_regression

    return isotonic_regression(means, increasing=float(SCORES @ means) >= 0).x


def tip(curve: np.ndarray, at: float, sign: int) -> tuple[float, str]:
    """Return where a curve passes a size of the difference, and on which side the answer holds.

    Parameters
    ----------
    curve : numpy.ndarray, shape (points,)
        From :func:`monotone`.
    at : float
        Size of the difference at which the answer turns.
    sign : int
        The answer holds where the difference is further than ``at`` in this direction.

    Returns
    -------
    (float, str)
        Normal score of the value, and ``"above"`` or ``"below"``; where the curve does not pass
        it, an infinite score, and ``"everywhere"`` or ``"nowhere"``.

    Examples
    --------
    >>> tip(monotone(SCORES - 1), 0.0, 1)[1], tip(monotone(SCORES + 9), 0.0, 1)[1]
    ('above', 'everywhere')
    """
    further = sign * (curve - at)
    holds = further > TINY
    if holds.all() or not holds.any():
        rises = further[-1] >= further[0]
        return (-np.inf if holds.all() == rises else np.inf), EVERYWHERE if holds[0] else NOWHERE
    k = int(np.argmax(holds != holds[0]))
    a, b = further[k - 1], further[k]
    score = CURVE[k - 1] + (CURVE[k] - CURVE[k - 1]) * float(np.clip(-a / (b - a), 0, 1))
    return float(score), ABOVE if holds[-1] else BELOW


def rows(
    answer: Answer, parameter: Parameter, table: np.ndarray, drawn: np.ndarray | None
) -> list[dict[str, object]]:
    """Return a row for each turn of an answer.

    Parameters
    ----------
    answer : Answer
        The answer.
    parameter : Parameter
        The assumption that carries it.
    table : numpy.ndarray, shape (values, draws)
        The difference by value of the assumption and by draw.
    drawn : numpy.ndarray or None
        From :func:`in_the_posterior`.

    Returns
    -------
    list of dict
        ``scenario``, ``outcome``, ``label``; ``turn`` (``"zero"``, ``"worth naming"``,
        ``"break-even"``), ``at``, the difference there, and ``direction``, 1 or -1, in which the
        answer holds beyond it; ``parameter`` and its
        ``rank_correlation``; ``value`` at which the answer turns, with ``low`` and ``high`` of a
        90 % bootstrap interval over draws (infinite: not within the central 98 % of the prior);
        ``holds`` (``"above"`` or ``"below"`` that value, ``"everywhere"`` or ``"nowhere"`` in the
        central 98 %); ``prior_median``, ``prior_low``, ``prior_high`` of its prior and
        ``prior_probability`` that the answer holds; the same with ``posterior_`` of the draws of a
        posterior or a file; ``draws`` behind each mean; ``note``.
    """
    table = table[:, ~np.isnan(table).any(axis=0)]
    draws = table.shape[1]
    about = {
        **answer.about,
        "direction": answer.sign,
        "rank_correlation": answer.correlation,
        **_interval("prior", parameter.quantile(np.array(NINETY))),
        **({} if drawn is None else _interval("posterior", quantiles(drawn))),
        "draws": draws,
    }
    if draws < 2:
        return [{**about, "note": NOBODY}]
    means = table.mean(axis=1)
    found, note = monotone(means), _note(table)
    picks = np.random.default_rng(answer.scenario.seed).integers(0, draws, (BOOTSTRAPS, draws))
    again = [monotone(table[:, pick].mean(axis=1)) for pick in picks]
    made = []
    for turn, at in answer.turns.items():
        score, holds = tip(found, at, answer.sign)
        row = {**about, "turn": turn, "at": at, "holds": holds, "note": note}
        if holds in (ABOVE, BELOW):
            scores = quantiles([tip(c, at, answer.sign)[0] for c in again], INTERVAL)
            value = _value(parameter, score)
            row |= {
                "value": value,
                **dict(zip(("low", "high"), map(partial(_value, parameter), scores), strict=True)),
            }
            below = float(normal(np.array(score)))
            row["prior_probability"] = below if holds == BELOW else 1 - below
            if drawn is not None:
                row["posterior_probability"] = float(((drawn < value) == (holds == BELOW)).mean())
        made.append(row)
    return made


def _interval(prefix: str, numbers: np.ndarray) -> dict[str, float]:
    return dict(zip((f"{prefix}_low", f"{prefix}_median", f"{prefix}_high"), numbers, strict=True))


def _value(parameter: Parameter, score: float) -> float:
    """Value of a parameter at a normal score of its prior; infinite scores stay so."""
    return float(parameter.quantile(normal(np.array(score)))) if np.isfinite(score) else score


def _note(table: np.ndarray) -> str:
    """A note where the means are further from a monotone curve than chance explains."""
    means, draws = table.mean(axis=1), table.shape[1]
    off = np.abs(_steps(means) - means)
    return NOT_MONOTONE if (off > 3 * table.std(axis=1) / np.sqrt(draws) + TINY).any() else ""


def curve(answer: Answer, parameter: Parameter, table: np.ndarray) -> pd.DataFrame:
    """Return the difference by value of an assumption.

    Parameters
    ----------
    answer, parameter, table
        As for :func:`rows`.

    Returns
    -------
    pandas.DataFrame
        ``scenario``, ``outcome``, ``label``, ``parameter``; ``value`` of the assumption,
        ``density`` of its prior there; ``mean`` difference, made monotone, and ``low`` and
        ``high``, between which nine in ten draws lie.
    """
    import pandas as pd
    from scipy.interpolate import PchipInterpolator

    table = table[:, ~np.isnan(table).any(axis=0)]
    probability = normal(CURVE)
    value = parameter.quantile(probability)
    low, high = (PchipInterpolator(SCORES, x)(CURVE) for x in quantiles(table, INTERVAL, axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):  # where values pile up at a bound
        density = np.nan_to_num(np.gradient(probability, value), posinf=0.0, neginf=0.0)
    numbers = {"value": value, "density": density, "mean": monotone(table.mean(axis=1))}
    return pd.DataFrame({**answer.about, **numbers, "low": low, "high": high})
