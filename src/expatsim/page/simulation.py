"""Answers in stages: a few draws, all, what they rest on; what was simulated before is kept."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from expatsim.findings.basis import KEPT
from expatsim.findings.sureness import SMALLEST_SHARE
from expatsim.page.plan import Plan
from expatsim.projections import draws_of_prior, load_all, side_by_side
from expatsim.result import Result
from expatsim.runs.batches import KeptPeople, simulate_together
from expatsim.runs.prepare import Replicates
from expatsim.runs.provenance import manifest
from expatsim.scenario.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

ROUGH = 4  # draws of the first picture
MOST_BASELINES, MOST_ANSWERS = 3, 8  # kept; some megabytes each
FIRST, REST, PRIOR = "first", "rest", "prior"  # parts of the draws
#: Called with draws done and draws to do; an error that it raises ends the simulation.
Progress = Callable[[int, int], None]


class Simulator:
    """Simulates plans beside their baselines; for one thread.

    The full answer is that of :func:`expatsim.compare` for the same two files: the draws are the
    same, whatever was kept.
    """

    def __init__(self) -> None:
        self._people = {part: KeptPeople() for part in ("posterior", PRIOR)}
        self._baselines: OrderedDict[str, dict[str, xr.Dataset]] = OrderedDict()
        self._answers: OrderedDict[tuple[str, ...], Result] = OrderedDict()
        self._provenance: dict[str, Any] = {}  # of some result: a rough one is not stored

    def warm_up(self, plan: Plan) -> None:
        """Compile what a plan's city needs, and get ready what every first picture needs.

        Parameters
        ----------
        plan : Plan
            The plan to get ready for.
        """
        scenarios = load_all([plan.baseline, plan.scenario])
        draws = min(ROUGH, scenarios[0].draws)
        for part in (FIRST, PRIOR):
            self._run(scenarios[:1], part, np.arange(draws), lambda _: None)
        self._provenance = manifest(scenarios)

    def answers(self, plan: Plan, progress: Progress = lambda done, of: None) -> Iterator[Result]:
        """Yield the answer from a few draws, that from all, and that with what it rests on.

        Only the last is yielded if it is kept, and one only once.

        Parameters
        ----------
        plan : Plan
            The plan. If it moves nothing, results have the baseline only.
        progress : callable
            Called after every few draws.
        """
        key = tuple(plan.texts.values())
        if key in self._answers:
            self._answers.move_to_end(key)
            yield self._answers[key]
            return
        scenarios = load_all([plan.baseline, plan.scenario][: 1 + plan.moved])
        draws, of_prior = scenarios[0].draws, draws_of_prior(scenarios)
        parts = {FIRST: np.arange(min(ROUGH, draws)), REST: np.arange(min(ROUGH, draws), draws)}
        done, of = 0, len(scenarios) * (draws + of_prior)

        def advance(count: int) -> None:
            nonlocal done
            done += count
            progress(done, of)

        few = self._run(scenarios, FIRST, parts[FIRST], advance)
        if len(parts[REST]):
            self._provenance = self._provenance or manifest(scenarios)
            yield Result(side_by_side(scenarios, few), scenarios, self._provenance)
            rest = self._run(scenarios, REST, parts[REST], advance)
            few = [_joined(pair) for pair in zip(few, rest, strict=True)]
        provenance = {**manifest(scenarios), "smallest": SMALLEST_SHARE}
        result = Result(side_by_side(scenarios, few), scenarios, provenance)
        if of_prior:
            yield result
            before = self._run(scenarios, PRIOR, np.arange(of_prior), advance)
            prior = side_by_side(scenarios, [d[list(KEPT)] for d in before])
            result = dataclasses.replace(result, prior=prior)
        self._answers[key] = result
        while len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
        yield result

    def _run(
        self,
        scenarios: list[Scenario],
        part: str,
        replicates: np.ndarray,
        advance: Callable[[int], None],
    ) -> list[xr.Dataset]:
        """Some draws of a baseline and a plan; those of the baseline only if they are not kept."""
        kept = self._kept(scenarios[0])
        known = kept.get(part)
        if known is not None and known.sizes["draw"] != len(replicates):
            known = None
        chosen = scenarios[known is not None :]
        if known is not None:
            advance(len(replicates))
        if part == PRIOR:
            chosen = [
                dataclasses.replace(s, parameters="prior", parameters_read=("", "")) for s in chosen
            ]
        found = simulate_together(
            chosen,
            lambda _, count: advance(count),
            replicates=Replicates.together(replicates),
            kept=self._people["posterior" if part != PRIOR else PRIOR],
        )
        if known is None:
            kept[part] = found[0]
            return found
        return [known, *found]

    def _kept(self, baseline: Scenario) -> dict[str, xr.Dataset]:
        """Draws of a baseline by part, as far as they are kept."""
        key = str(baseline.describe())
        kept = self._baselines.setdefault(key, {})
        self._baselines.move_to_end(key)
        while len(self._baselines) > MOST_BASELINES:
            self._baselines.popitem(last=False)
        return kept


def _joined(parts: tuple[xr.Dataset, xr.Dataset]) -> xr.Dataset:
    """Draws of two parts, numbered from zero on."""
    import xarray as xr

    whole = xr.concat(parts, "draw", join="outer")
    return whole.assign_coords(draw=np.arange(whole.sizes["draw"]))
