"""Datasets of scenarios: parameters, populations and months are run batch by batch."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.executors import (
    LOCAL,
    Executor,
    Processes,
    Progress,
    cores,
    may_start,
    open_executor,
    processes_for,
)
from expatsim.model import rules
from expatsim.model.chance import run_keys
from expatsim.model.packed import field as column_of
from expatsim.processor import kind_of_processor
from expatsim.runs.groups import GROUPS, HERE_AT_END, TRAITS, traits_at_end
from expatsim.runs.prepare import (
    Prepared,
    Replicates,
    people_of_draw,
    prepare,
    size_of,
    with_draws_of_now,
)
from expatsim.runs.tallies import WAYS_IN, life_table
from expatsim.scenario.scenario import Scenario, month_name

if TYPE_CHECKING:
    import xarray as xr

    from expatsim.population.adults import Adults

# Slots in one batch, of which about a third are in a window of months at a time: enough that small
# populations do not cost a call each, few enough that progress is shown and Ctrl-C obeyed soon
BATCH_SLOTS = 1 << 15
GPU_SLOTS = 1 << 19  # a GPU needs as much at a time to be busy
PART = 1 << 17  # people in one job of a process or cluster, in several draws: a second of work
MOST_KEPT = 1_500_000  # people who are kept from run to run, 130 bytes each
PREPARED = 4  # draws whose rates are computed together, which takes little longer than for one
# Cores from which processes end sooner than threads, which wait for each other's Python:
# `python -m benchmarks.cores`
MANY_CORES = 6
SECONDS = 5e-6  # on one core, for a household and ten years
THREADS_A_CORE = 2  # while one thread waits for the lock of Python, the other keeps the core busy


class BatchResult(NamedTuple):
    """Counts of one batch of draws of a scenario.

    Attributes
    ----------
    counts : numpy.ndarray of int32, shape (months, draws, indicators)
        People by indicator, in the order of :func:`expatsim.model.rules.indicators`.
    life_tables : numpy.ndarray of int32, shape (draws, 2, way in, group, months)
        From :func:`expatsim.runs.tallies.life_table`.
    traits : numpy.ndarray of int32, shape (draws, trait, group)
        From :func:`expatsim.runs.groups.traits_at_end`.
    parameters : dict of str to numpy.ndarray, shape (draws,)
        Values by name of parameter.
    """

    counts: np.ndarray
    life_tables: np.ndarray
    traits: np.ndarray
    parameters: dict[str, np.ndarray]


def batch_size(slots: int, at_once: int = BATCH_SLOTS) -> int:
    """Return the number of draws side by side: a power of two, at most 32.

    Parameters
    ----------
    slots : int
        Slots of one draw.
    at_once : int
        Slots of one batch, about.

    Examples
    --------
    >>> batch_size(5_000), batch_size(40_000)
    (4, 1)
    """
    return min(32, 1 << max(0, (at_once // slots).bit_length() - 1))


def part_size(people: float) -> int:
    """Return the number of draws in one job of a process or of a cluster.

    Parameters
    ----------
    people : float
        People in one draw.
    """
    return max(1, min(64, int(PART / people)))


def simulate(
    scenario: Scenario,
    progress: Progress | None = None,
    batch: int | None = None,
    replicates: Replicates | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Return the dataset of a scenario; see :func:`simulate_together`."""
    return simulate_together([scenario], progress, batch, replicates, threads)[0]


def simulate_together(
    scenarios: Sequence[Scenario],
    progress: Progress | None = None,
    batch: int | None = None,
    replicates: Replicates | None = None,
    threads: int | None = None,
    executor: Executor | None = None,
    kept: KeptPeople | None = None,
) -> list[xr.Dataset]:
    """Return the datasets of some scenarios, all with the same draws.

    A population that scenarios have in common is made once.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Scenarios with the same number of draws, as from :func:`expatsim.projections.load_all`.
    progress : callable, optional
        Called after each batch with the scenario's name and the number of draws in the batch.
    batch : int, optional
        Draws side by side; by default chosen by size. Results do not depend on it.
    replicates : Replicates, optional
        Replicates of each draw; by default draw ``k`` is replicate ``k`` in every respect.
    threads : int, optional
        Batches at once in a process; by default two for every core that it has to itself. Results
        do not depend on it.
    executor : Executor, optional
        Runs parts of the draws; by default that of :func:`open_for`. Results do not depend on it.
    kept : KeptPeople, optional
        People of earlier runs on this machine, which are not made again. Results do not depend on
        it.

    Returns
    -------
    list of xarray.Dataset
        Each indicator by ``draw`` and ``month`` (people at the end of the month, or during it);
        ``at_risk`` and ``left_city`` by ``draw``, ``way_in``, ``group`` and ``stay`` (months since
        the start or since arrival); ``at_end`` by ``draw``, ``trait`` and ``group``;
        ``parameter_value`` by ``draw`` and ``parameter``.
    """
    scenarios = [with_draws_of_now(s) for s in scenarios]
    chosen = replicates or Replicates.together(np.arange(scenarios[0].draws))
    n = len(chosen.chance)
    if executor is None:
        with nullcontext(LOCAL) if kept else open_for(scenarios, n) as own:
            return simulate_together(scenarios, progress, batch, chosen, threads, own, kept)
    apart = executor is not LOCAL
    size = part_size(max(map(_households, scenarios))) if apart else n
    if isinstance(executor, Processes):
        threads = threads or max(1, THREADS_A_CORE * cores() // executor.number)
    starts = range(0, n, size)
    parts: dict[int, list[list[BatchResult]]] = {}
    # in this process there is one part, which reports each batch
    work = partial(
        _run_part,
        scenarios=scenarios,
        batch=batch,
        threads=threads,
        progress=None if apart else progress,
        kept=None if apart else kept,
    )
    jobs = [chosen.part(start, start + size) for start in starts]
    for k, part in executor.map_unordered(work, jobs):
        parts[k] = part
        if apart and progress:
            for scenario, pieces in zip(scenarios, part, strict=True):
                progress(scenario.name, sum(piece.counts.shape[1] for piece in pieces))
    order = tuple(dict.fromkeys(rule for s in scenarios for rule in s.rules))
    from_priors = chosen.own_values(scenarios)
    return [
        _dataset(
            s,
            [piece for part in range(len(starts)) for piece in parts[part][k]],
            order,
            from_priors,
        )
        for k, s in enumerate(scenarios)
    ]


def _households(scenario: Scenario) -> float:
    """The number of households of a draw, those who come later included."""
    return float(scenario.stock + scenario.inflow.sum() / 12)


def open_for(
    scenarios: Sequence[Scenario], draws: int, scheduler: str | None = None
) -> AbstractContextManager[Executor]:
    """Return a context with the executor for some draws of some scenarios.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios.
    draws : int
        Draws of each, about.
    scheduler : str, optional
        Address of a Dask scheduler. By default draws are run here: by threads, or by processes
        where a command has long work and many cores.
    """
    processes = 1
    if scheduler is None and may_start() and cores() >= MANY_CORES:
        processes = processes_for(draws * sum(map(_households, scenarios)) * SECONDS)
    return open_executor(scheduler, processes)


def _run_part(
    replicates: Replicates,
    scenarios: Sequence[Scenario],
    batch: int | None,
    threads: int | None,
    progress: Progress | None,
    kept: KeptPeople | None,
) -> list[list[BatchResult]]:
    """Return the batches of some draws, in order, for every scenario."""
    threads = threads or THREADS_A_CORE * cores()
    pieces: list[list[BatchResult]] = [[] for _ in scenarios]
    for group, results in _in_order(
        _groups(scenarios, batch, replicates, kept), replicates, threads
    ):
        for k, piece in zip(group.numbers, results, strict=True):
            pieces[k].append(piece)
            if progress:
                progress(scenarios[k].name, piece.counts.shape[1])
    return pieces


def _dataset(
    scenario: Scenario,
    pieces: list[BatchResult],
    order: rules.Order,
    own: dict[str, np.ndarray],
) -> xr.Dataset:
    """Return the dataset of a scenario from its batches.

    Parameters
    ----------
    scenario : Scenario
        The scenario that was run.
    pieces : list of BatchResult
        Its batches, in order.
    order : sequence of (str, rule)
        Rules of all scenarios of the comparison: all datasets have the same indicators.
    own : dict of str to numpy.ndarray, shape (draws,)
        Values of parameters that no calibration has, of all scenarios.
    """
    import xarray as xr

    counts = np.concatenate([p.counts for p in pieces], axis=1)
    tallies = np.concatenate([p.life_tables for p in pieces])
    parameters = {
        k: np.concatenate([p.parameters[k] for p in pieces])
        for k in pieces[0].parameters
        if k not in own
    } | own
    column = {name: k for k, name in enumerate(rules.indicators(scenario.rules))}
    nobody = np.zeros_like(counts[:, :, 0])  # for an indicator of another scenario's rule
    months = {
        name: (
            ("draw", "month"),
            counts[:, :, column[name]].T if name in column else nobody.T,
            {"long_name": x.meaning},
        )
        for name, x in rules.indicators(order).items()
    }
    dims = ("draw", "way_in", "group", "stay")
    return xr.Dataset(
        {
            **months,
            "at_risk": (dims, tallies[:, 0], {"long_name": "people followed for this stay"}),
            "left_city": (dims, tallies[:, 1], {"long_name": "of these, left in this month"}),
            "at_end": (
                ("draw", "trait", "group"),
                np.concatenate([p.traits for p in pieces]),
                {"long_name": "people here at the end, and those of them with a trait"},
            ),
            "parameter_value": (
                ("draw", "parameter"),
                np.stack(list(parameters.values()), axis=1),
            ),
        },
        coords={
            "month": [month_name(scenario.start, m) for m in range(scenario.months)],
            "draw": np.arange(counts.shape[1]),
            "way_in": list(WAYS_IN),
            "group": [group.name for group in GROUPS],
            "trait": [HERE_AT_END, *(trait.name for trait in TRAITS)],
            "stay": np.arange(scenario.months),
            "parameter": list(parameters),
        },
    )


class _Largest:
    """Largest of the sizes that several threads need, so that few sizes are compiled."""

    def __init__(self, size: int = 0) -> None:
        self._size = size
        self._lock = threading.Lock()

    def including(self, size: int) -> int:
        """Return the largest size so far, with ``size`` included."""
        with self._lock:
            self._size = max(self._size, size)
            return self._size


@dataclass
class _Group:
    """Scenarios that have the same people, and the sizes that are compiled for them.

    Attributes
    ----------
    numbers : list of int
        Positions of the scenarios among all.
    scenarios : list of Scenario
        These scenarios.
    batch : int
        Draws side by side.
    adults : int
        Of the largest draw, about.
    slots, window : _Largest
        Slots of a draw, and of a window of months. Results do not depend on them.
    people : dict or None
        People of earlier draws by replicate, where they are kept.
    """

    numbers: list[int]
    scenarios: list[Scenario]
    batch: int
    adults: int
    slots: _Largest
    window: _Largest
    people: dict[tuple[int, ...], Adults] | None = None


@dataclass
class KeptPeople:
    """People of a city, kept from run to run while other scenarios have the same people.

    Attributes
    ----------
    scenario : Scenario or None
        One of those whose people are kept.
    group : _Group or None
        Its sizes and people.
    """

    scenario: Scenario | None = None
    group: _Group | None = field(default=None, repr=False)

    def of(self, scenario: Scenario, batch: int | None) -> _Group | None:
        """Return a group without scenarios, with the people of a scenario if these are kept.

        Parameters
        ----------
        scenario : Scenario
            The scenario of a run that begins.
        batch : int, optional
            Draws side by side, where they are given.
        """
        if self.scenario is None or self.group is None or not same_people(self.scenario, scenario):
            return None
        if batch not in (None, self.group.batch):
            return None
        return dataclasses.replace(self.group, numbers=[], scenarios=[])


def _groups(
    scenarios: Sequence[Scenario],
    batch: int | None,
    replicates: Replicates,
    kept: KeptPeople | None = None,
) -> list[_Group]:
    groups: list[_Group] = []
    for k, scenario in enumerate(scenarios):
        group = next((g for g in groups if same_people(g.scenarios[0], scenario)), None)
        if group is None:
            group = (kept and kept.of(scenario, batch)) or _new_group(scenario, batch, replicates)
            groups.append(group)
            if kept:
                group.people = {} if group.people is None else group.people
                kept.scenario, kept.group = scenario, group
        group.numbers.append(k)
        group.scenarios.append(scenario)
    return groups


def _new_group(scenario: Scenario, batch: int | None, replicates: Replicates) -> _Group:
    from expatsim.runs.layout import slots_needed, slots_of_everybody

    adults = int(1.04 * size_of(scenario, replicates))  # others may be a little larger
    at_once = BATCH_SLOTS if kind_of_processor() == "cpu" else GPU_SLOTS
    side_by_side = batch or batch_size(slots_needed(adults), at_once)
    return _Group([], [], side_by_side, adults, _Largest(slots_of_everybody(adults)), _Largest())


def same_people(one: Scenario, other: Scenario) -> bool:
    """Return whether two scenarios have the same people in every draw, whatever their lives."""
    paths = ("inflow", "inflow_spread", "climate")
    draws = ("parameters", "parameters_digest", "seed")
    plain = ("city", "weights", "stock", "stock_spread", "people", "months", *draws)
    return (
        all(getattr(one, f) == getattr(other, f) for f in plain)
        and all(np.array_equal(getattr(one, f), getattr(other, f)) for f in paths)
        and rules.fields(one.rules) == rules.fields(other.rules)
    )


def _in_order(
    groups: Sequence[_Group], replicates: Replicates, threads: int
) -> Iterator[tuple[_Group, list[BatchResult]]]:
    """Yield batches of all groups with their results, several at once, always in the same order.

    The first batch of a group finds its size and has it compiled, before the others begin.
    """
    n = len(replicates.chance)
    first: list[tuple[_Group, int, int]] = []
    rest: list[tuple[_Group, int, int]] = []
    for g in groups:
        begin = 0 if g.window.including(0) else min(g.batch, n)
        if begin:
            first.append((g, 0, begin))
        some = min(PREPARED, -(-n // cores()))  # no core waits for the last
        size = -(-some // g.batch) * g.batch
        rest += [(g, start, min(start + size, n)) for start in range(begin, n, size)]
    with ThreadPoolExecutor(threads) as pool:
        for jobs in (first, rest):
            waiting: deque[tuple[_Group, Future[list[list[BatchResult]]]]] = deque()
            try:
                for group, *ends in jobs:
                    if len(waiting) > 2 * threads:  # bounds the memory
                        ready, future = waiting.popleft()
                        yield from ((ready, results) for results in future.result())
                    part = replicates.part(*ends)
                    waiting.append((group, pool.submit(_run_batches, group, part)))
                while waiting:
                    ready, future = waiting.popleft()
                    yield from ((ready, results) for results in future.result())
            finally:  # after Ctrl-C or an error
                for _, future in waiting:
                    future.cancel()


def _people(group: _Group, prepared: Prepared, d: int) -> Adults:
    """Return the people of a draw, made or kept."""
    chosen, known = prepared.replicates, group.people
    if known is None or any(chosen[3:]):  # given values may change who comes
        return people_of_draw(group.scenarios[0], prepared, d)
    key = (int(chosen.parameters[d]), int(chosen.survey[d]), int(chosen.chance[d]))
    if key not in known:
        made = people_of_draw(group.scenarios[0], prepared, d)
        if (len(known) + 1) * len(made.id) > MOST_KEPT:
            return made
        known[key] = made
    return known[key]


def _run_batches(group: _Group, replicates: Replicates) -> list[list[BatchResult]]:
    """Return the counts of some draws, batch by batch, for every scenario of a group."""
    prepared = [prepare(s, replicates) for s in group.scenarios]
    starts = range(0, len(replicates.chance), group.batch)
    return [_run_batch(group, prepared, start) for start in starts]


def _run_batch(group: _Group, prepared: list[Prepared], start: int) -> list[BatchResult]:
    """Return the counts of a batch that begins with a draw, for every scenario of a group."""
    from expatsim.model import engine
    from expatsim.runs import windows
    from expatsim.runs.layout import assemble, slots_of_everybody

    scenario, chance = group.scenarios[0], prepared[0].replicates.chance
    draws = range(start, min(start + group.batch, len(chance)))
    people = [_people(group, prepared[0], d) for d in draws]
    adults = max(len(a.id) for a in people)
    slots = group.slots.including(slots_of_everybody(adults))
    # a last, smaller batch is filled up with copies: one compiled size for all
    full = np.minimum(np.arange(group.batch), len(draws) - 1)
    keys = np.stack([run_keys(scenario.seed, int(r)) for r in chance[start + full]])
    setup = assemble(
        [people[k] for k in full], keys, prepared[0].rates[:, start + full], slots, scenario.rules
    )
    results = []
    for one, drawn in zip(group.scenarios, prepared, strict=True):
        rates = drawn.rates[:, start + full]
        counts = engine.empty_counts(one.months, group.batch, one.rules)
        run = setup._replace(rates=rates, counts=counts)
        largest = max(1.0, group.adults / max(1, adults))
        end, window = windows.run_windows(run, group.window.including(0), one.rules, largest)
        group.window.including(window)
        states = [end.state.map(itemgetter(d)) for d in range(len(draws))]
        pairs = list(zip(people, states, strict=True))
        tables = np.array(
            [life_table(a, column_of(s, "leave_month"), scenario.months) for a, s in pairs]
        )
        traits = np.array([traits_at_end(a, s) for a, s in pairs])
        values = {k: x[draws.start : draws.stop] for k, x in drawn.parameters.items()}
        results.append(BatchResult(end.counts[:, : len(draws)], tables, traits, values))
    return results
