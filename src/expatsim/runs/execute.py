"""Run a scenario: parameters, populations and months, batch by batch, into one labelled dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim import rates as rates_module
from expatsim.analysis.survival import GROUPS, WAYS_IN, tally
from expatsim.calibration import posterior
from expatsim.draws import run_keys
from expatsim.levers import policy_2009, policy_of_draws
from expatsim.population.adults import Adults
from expatsim.population.build import arrivals_by_month, build
from expatsim.rules.counting import INDICATORS
from expatsim.scenario.model import Scenario, month_name

if TYPE_CHECKING:
    import xarray as xr

# Slots in one batch: enough to keep two cores busy, few enough to stay in the cache. About half of
# them are in a window of months at a time.
BATCH_SLOTS = 1 << 16
Progress = Callable[[int], None]
# counts, life tables and parameters of some draws
Batch = tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]


class Sources(NamedTuple):
    """Which replicate each source of uncertainty of a draw comes from; all the same as a rule.

    Attributes
    ----------
    parameters, survey, chance : numpy.ndarray of int, shape (draws,)
        Parameter values, bootstrap of the respondents, and everything else that is random.
    """

    parameters: np.ndarray
    survey: np.ndarray
    chance: np.ndarray

    @classmethod
    def together(cls, replicates: np.ndarray) -> Sources:
        """Every source from the same replicate."""
        return cls(replicates, replicates, replicates)

    def part(self, start: int, stop: int) -> Sources:
        """Some of the draws."""
        return Sources(*(x[start:stop] for x in self))


class Draws(NamedTuple):
    """Several draws of a scenario, prepared but without their people.

    Attributes
    ----------
    sources : Sources
    parameters : dict of str to numpy.ndarray, shape (draws,)
    policy : dict of str to numpy.ndarray, shape (months, draws) or (months, 1)
    rates : numpy.ndarray of float32, shape (months, draws, rates)
    numbers : numpy.ndarray of int, shape (draws, months)
        Households that arrive.
    rates_2009 : list of dict
        For each draw, scalars by rule under the 2009 policy and quality of the people's city.
    """

    sources: Sources
    parameters: dict[str, np.ndarray]
    policy: dict[str, np.ndarray]
    rates: np.ndarray
    numbers: np.ndarray
    rates_2009: list[dict[str, Any]]


def prepare(scenario: Scenario, replicates: np.ndarray | Sources) -> Draws:
    """Parameters, rates and arrivals of some replicates."""
    sources = replicates if isinstance(replicates, Sources) else Sources.together(replicates)
    n = len(sources.chance)
    parameters = posterior.sample(scenario.parameters, scenario.seed, sources.parameters)
    city = rates_module.city_quality(scenario.quality_city)
    policy = policy_of_draws(scenario.policy, scenario.policy_city, parameters)
    by_rule = rates_module.rule_rates(parameters, policy, scenario.climate, city)
    factor = np.broadcast_to(by_rule["arrival"].inflow, (scenario.months, n))
    numbers = np.array([arrivals_by_month(scenario.inflow, factor[:, d]) for d in range(n)])
    start = {k: np.array([v]) for k, v in policy_2009(scenario.city).items()}
    start = policy_of_draws(start, scenario.city, parameters)
    home = rates_module.city_quality(scenario.city)
    base = rates_module.rule_rates(parameters, start, np.zeros(1), home)
    rates_2009 = [
        {
            rule: type(r)(*(np.float32(np.broadcast_to(x, (1, n))[0, d]) for x in r))
            for rule, r in base.items()
        }
        for d in range(n)
    ]
    packed = rates_module.pack(by_rule, scenario.months, n)
    return Draws(sources, parameters, policy, packed, numbers, rates_2009)


def people_of_draw(scenario: Scenario, draws: Draws, d: int) -> Adults:
    """Population of the ``d``-th draw."""
    return build(
        run_keys(scenario.seed, int(draws.sources.chance[d])),
        {k: float(v[d]) for k, v in draws.parameters.items()},
        draws.numbers[d],
        city=scenario.city,
        weights=scenario.weights,
        stock=scenario.stock,
        seed=scenario.seed,
        replicate=int(draws.sources.survey[d]),
        rates_2009=draws.rates_2009[d],
    )


def batch_size(slots: int) -> int:
    """Draws side by side: a power of two, which the compiler splits evenly over cores.

    At most 32, so that progress is shown and Ctrl-C obeyed within a second or two.
    """
    return min(32, 1 << max(0, (BATCH_SLOTS // slots).bit_length() - 1))


def simulate(
    scenario: Scenario,
    progress: Progress | None = None,
    batch: int | None = None,
    sources: Sources | None = None,
) -> xr.Dataset:
    """Run all draws of a scenario.

    Parameters
    ----------
    scenario : Scenario
    progress : callable, optional
        Told the number of draws after each batch.
    batch : int, optional
        Draws side by side; chosen by size if not given. Results do not depend on it.
    sources : Sources, optional
        Replicates of each draw; by default draw ``k`` is replicate ``k`` in every respect.

    Returns
    -------
    xarray.Dataset
        Each indicator by ``draw`` and ``month`` (people at the end of the month, or during it);
        ``at_risk`` and ``left_city`` by ``draw``, ``way_in``, ``group`` and ``stay`` (months since
        the start or since arrival); ``parameter_value`` by ``draw`` and ``parameter``.
    """
    import xarray as xr

    chosen = sources or Sources.together(np.arange(scenario.draws))
    pieces = list(_batches(scenario, chosen, progress, batch))
    counts = np.concatenate([p[0] for p in pieces], axis=1)
    tallies = np.concatenate([p[1] for p in pieces])
    parameters = {k: np.concatenate([p[2][k] for p in pieces]) for k in pieces[0][2]}
    dataset = xr.Dataset(
        {
            name: (("month", "draw"), counts[:, :, k], {"long_name": text})
            for k, (name, text) in enumerate(INDICATORS.items())
        },
        coords={
            "month": [month_name(scenario.start, m) for m in range(scenario.months)],
            "draw": np.arange(counts.shape[1]),
        },
    ).transpose("draw", "month")
    dims = ("draw", "way_in", "group", "stay")
    dataset["at_risk"] = (dims, tallies[:, 0], {"long_name": "people followed for this stay"})
    dataset["left_city"] = (dims, tallies[:, 1], {"long_name": "of these, left in this month"})
    dataset["parameter_value"] = (
        ("draw", "parameter"),
        np.stack(list(parameters.values()), axis=1),
    )
    return dataset.assign_coords(
        way_in=list(WAYS_IN),
        group=list(GROUPS),
        stay=np.arange(scenario.months),
        parameter=list(parameters),
    )


def _batches(
    scenario: Scenario, sources: Sources, progress: Progress | None, batch: int | None
) -> Iterator[Batch]:
    """Counts, survival tallies and parameters of each batch of draws, in order."""
    from expatsim.population.layout import slots_needed

    first = prepare(scenario, np.arange(1))
    # a margin above the first draw, so that later draws rarely need a larger compiled size
    slots = slots_needed(int(1.04 * len(people_of_draw(scenario, first, 0).id)))
    size = batch or batch_size(slots)

    window = 0
    for start in range(0, len(sources.chance), size):
        draws = prepare(scenario, sources.part(start, start + size))
        people = [people_of_draw(scenario, draws, d) for d in range(len(draws.sources.chance))]
        slots = max(slots, slots_needed(max(len(a.id) for a in people)))
        batch_done, window = _run_batch(scenario, draws, people, slots, size, window)
        yield batch_done
        if progress:
            progress(len(people))


def _run_batch(
    scenario: Scenario, draws: Draws, people: list[Adults], slots: int, size: int, window: int
) -> tuple[Batch, int]:
    from expatsim.population import windows
    from expatsim.population.layout import assemble

    n = len(people)
    # a last, smaller batch is filled up with copies: one compiled size for all
    pick = np.minimum(np.arange(size), n - 1)
    keys = np.stack([run_keys(scenario.seed, int(r)) for r in draws.sources.chance])[pick]
    setup = assemble([people[k] for k in pick], keys, draws.rates[:, pick], slots)
    end, window = windows.run(setup, window)
    leave = np.asarray(end.state.leave_month)
    tallies = np.array([tally(people[d], leave[d], scenario.months) for d in range(n)])
    return (np.asarray(end.counts)[:, :n], tallies, draws.parameters), window
