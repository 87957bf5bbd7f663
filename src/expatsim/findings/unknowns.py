"""The biggest unknown of an answer: the parameter that carries most of its variance in the draws.

The share of the variance that goes with a parameter is the square of their rank correlation, from
the draws of the result itself; :mod:`expatsim.analysis.information` estimates it with more care.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.findings.assumptions import parts
from expatsim.findings.outcomes import OUTCOMES, of_everybody, outcomes_of, values
from expatsim.findings.sureness import FEWEST_DRAWS
from expatsim.posterior.record import Calibration
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

# share of the variance from which a parameter is named
WORTH_NAMING = 0.1
# shares of parameters that have nothing to do with the answer are, with 95 % probability, below
# these numbers divided by the number of draws: any one of them, and the largest of a hundred
ONE_BY_CHANCE, BY_CHANCE = 4, 12


class Unknown(NamedTuple):
    """The parameter that carries most of the variance of an answer.

    Attributes
    ----------
    scenario : str
        Name of the scenario whose difference from the first one it is; the first one's name for
        its own outcome.
    outcome : str
        A name of :data:`expatsim.findings.outcomes.OUTCOMES`.
    parameter : str
        Name of the parameter.
    share : float
        Share of the variance that goes with it.
    informed : bool or None
        Whether the data narrowed it down; ``None`` where that is not known.
    ask : str
        Question of a survey that would settle it; empty if none is declared.
    """

    scenario: str
    outcome: str
    parameter: str
    share: float
    informed: bool | None
    ask: str


def rank_correlations(parameters: Mapping[str, np.ndarray], answer: np.ndarray) -> dict[str, float]:
    """Return the rank correlation of an answer with each parameter that varies, by name.

    Parameters
    ----------
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Values by name of parameter.
    answer : numpy.ndarray, shape (draws,)
        Without missing draws; if it does not vary, nothing goes along with it.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> found = rank_correlations({"a": x, "b": -(x**3), "c": np.ones(5)}, x**2)
    >>> {name: round(r, 6) for name, r in found.items()}
    {'a': 1.0, 'b': -1.0}
    """
    from scipy.stats import rankdata

    varied = {name: x for name, x in parameters.items() if np.ptp(x) > 0}
    if not varied or np.ptp(answer) == 0:
        return {}
    ranks = rankdata([*varied.values(), answer], axis=1)
    return dict(zip(varied, np.corrcoef(ranks)[-1, :-1].tolist(), strict=True))


def carried(dataset: xr.Dataset, answer: np.ndarray) -> dict[str, float]:
    """Return the share of the variance of an answer that goes with each parameter.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections, with the parameter values of all draws.
    answer : numpy.ndarray, shape (draws,)
        NaN where a draw has none.

    Returns
    -------
    dict of str to float
        Squared rank correlations by name; parameters that do not vary are left out, and all of them
        with fewer than :data:`expatsim.findings.sureness.FEWEST_DRAWS` draws.
    """
    table = dataset["parameter_value"]
    if "scenario" in table.dims:
        table = table.isel(scenario=0)
    there = ~np.isnan(answer)
    if there.sum() < FEWEST_DRAWS:
        return {}
    drawn = table.transpose("parameter", "draw").to_numpy()[:, there]
    parameters = dict(zip(map(str, table["parameter"].to_numpy()), drawn, strict=True))
    return {name: r**2 for name, r in rank_correlations(parameters, answer[there]).items()}


def is_informed(name: str, calibration: Calibration | None, source: str) -> bool | None:
    """Return whether the data narrowed a parameter down; ``None`` where that is not known.

    Parameters
    ----------
    name : str
        Name of the parameter.
    calibration : Calibration or None
        Calibration behind the draws.
    source : str
        Source of the draws: ``"posterior"``, ``"prior"`` or a file.
    """
    if source == "prior":
        return False
    if calibration is None or not calibration.converged:
        return None
    return calibration.informs(name)


def biggest(
    dataset: xr.Dataset,
    scenarios: Iterable[Scenario],
    outcome: str,
    calibration: Calibration | None,
    source: str,
) -> list[Unknown]:
    """Return the biggest unknown of the first scenario's outcome, and of each difference from it.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections of all scenarios.
    scenarios : iterable of Scenario
        The baseline first.
    outcome : str
        Name of the outcome, from :data:`expatsim.findings.outcomes.OUTCOMES`.
    calibration, source
        As for :func:`is_informed`.

    Returns
    -------
    list of Unknown
        Without those answers of which no parameter carries more than :data:`WORTH_NAMING`, or more
        than chance gives the largest of many.
    """
    array = OUTCOMES[outcome].values(of_everybody(dataset))
    first, *others = scenarios
    base = array.sel(scenario=first.name).to_numpy()
    answers = {first.name: base} | {
        s.name: array.sel(scenario=s.name).to_numpy() - base for s in others
    }
    registry = {name: p for s in (first, *others) for name, p in s.registry.items()}
    found = []
    for scenario, answer in answers.items():
        shares = carried(dataset, answer)
        name = max(shares, key=shares.__getitem__, default="")
        if name and shares[name] >= max(WORTH_NAMING, BY_CHANCE / len(answer)):
            informed = is_informed(name, calibration, source)
            ask = registry[name].ask if name in registry else ""
            found.append(Unknown(scenario, outcome, name, shares[name], informed, ask))
    return found


def parameters_behind(
    dataset: xr.Dataset,
    scenarios: list[Scenario],
    calibration: Calibration | None,
    source: str,
) -> pd.DataFrame:
    """Return the parameters that differences may rest on, with the variance that each carries.

    Parameters
    ----------
    dataset : xarray.Dataset
        Projections of all scenarios.
    scenarios : list of Scenario
        The baseline first.
    calibration, source
        As for :func:`is_informed`.

    Returns
    -------
    pandas.DataFrame
        Columns ``scenario``, ``outcome``, ``part`` (what differs between the scenario and the first
        one: a lever, the economy, the city, ...), ``parameter``, ``carries`` (share of the variance
        of the difference that goes with it; missing with too few draws), ``informed`` and ``ratio``
        (spread of the posterior over that of the prior; missing where it is not known). The largest
        share of each difference comes first.
    """
    import pandas as pd

    first, *others = scenarios
    everything = values(dataset)
    rows: list[dict[str, object]] = []
    for scenario in others:
        behind = [(x.what, name) for x in parts([first, scenario]) for name in x.parameters]
        for outcome in outcomes_of(dataset):
            array = everything[outcome.name]
            base = array.sel(scenario=first.name).to_numpy()
            shares = carried(dataset, array.sel(scenario=scenario.name).to_numpy() - base)
            rows += [
                {
                    "scenario": scenario.name,
                    "outcome": outcome.name,
                    "part": part,
                    "parameter": name,
                    "carries": shares.get(name, np.nan),
                    "informed": is_informed(name, calibration, source),
                    "ratio": calibration.ratios.get(name, np.nan) if calibration else np.nan,
                }
                for part, name in behind
            ]
    names = ("scenario", "outcome", "part", "parameter", "carries", "informed", "ratio")
    frame = pd.DataFrame(rows, columns=list(names))
    order = frame.assign(at=frame.groupby(["scenario", "outcome"], sort=False).ngroup())
    order = order.sort_values(["at", "carries"], ascending=[True, False], kind="stable")
    return order.drop(columns="at").reset_index(drop=True)
