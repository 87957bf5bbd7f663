"""The best mix of measures under a budget."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim.analysis import measures, surface
from expatsim.analysis.robustness import robustness
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.outcomes import COUNTED, OUTCOMES
from expatsim.intervals import spread
from expatsim.model.levers import LEVERS, Lever
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.runs.prepare import Replicates

BUDGETS = (0.25, 0.5, 0.75, 1.0)  # shares of the budget: points of the frontier
AIMS = (*surface.AIMS, surface.ROBUST)
CENT = 0.01  # by which a cost may be over a budget that pays it, by rounding


@dataclass(frozen=True)
class Plan:
    """The best mixes of measures, from :func:`plan`.

    Attributes
    ----------
    frontier : pandas.DataFrame
        By ``aim`` (``"expected"``, ``"cautious"`` or ``"robust"``) and ``budget``: ``outcome`` (its
        name) and ``label`` and ``unit`` of the gain, the level of every lever, ``cost`` (mean over
        draws, for people as in the baseline), ``foretold`` (the surface's prediction, of a robust
        mix for the mean), and from fresh draws ``expected`` (mean), ``cautious`` (exceeded in four
        of five draws), ``low``, ``low_50``, ``median``, ``high_50``, ``high`` of the gain, and over
        all worlds ``worst`` (lowest gain), ``regret_mean``, ``regret_90``, ``regret_max`` and
        ``best``, as :func:`expatsim.robustness` has them: the regret is against the best of the
        mixes here that the same budget can pay, nothing included.
    unused : dict of str to float
        The level of every lever while it is not used.
    explained : float
        Share of the variance between mixes that the response surface predicts.
    mixes : int
        Mixes that were simulated to fit it.
    worlds : int
        Worlds in which the mixes were checked: fresh draws, under each set of assumptions.
    notes : tuple of str
        Cautions for the reader: levels that nobody has tried, too few draws, parameter values that
        were used in the search as well as in the check.
    levers : mapping of str to Lever
        All levers by name.
    """

    frontier: pd.DataFrame
    unused: dict[str, float]
    explained: float
    mixes: int
    worlds: int
    notes: tuple[str, ...] = ()
    levers: Mapping[str, Lever] = dataclasses.field(default_factory=lambda: LEVERS, repr=False)

    def answer(self, lang: str = "en") -> str:
        """What the whole budget buys at best, and what a robust mix costs, in a few sentences.

        Parameters
        ----------
        lang : {"en", "nl"}
            Language in which it is written.
        """
        from expatsim.report import budget
        from expatsim.report.language import Language

        language, rows = Language.of(lang), [row for _, row in self.frontier.iterrows()]
        mixes = [budget.mix(row, self.unused, self.levers, language) for row in rows]
        return budget.answer(self.frontier, mixes, self.worlds, language)


def plan(
    scenario: ScenarioLike,
    budget: float,
    *,
    assuming: Sequence[ScenarioLike] = (),
    outcome: str = "years",
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the best mixes of the measures that have a cost, under a budget.

    There are three for every amount of money: the best on average (``"expected"``), the best in
    four of five draws (``"cautious"``), and that of least regret (``"robust"``): in no world is it
    as far behind the best mix of that world as any other mix is in its worst. A world is a draw,
    under the assumptions of the scenario or under those of another.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        The baseline, with ``costs`` for the levers that may be used.
    budget : float
        Euros over the whole projection.
    assuming : sequence of str, pathlib.Path or Scenario
        Scenarios of the same city, such as a downturn, whose economy, arrivals and people are
        assumed too; policy, rules and costs are those of the baseline there. Only the robust mix
        looks at them: nobody knows how likely they are.
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
        If no lever has a cost, the budget is not positive, the outcome is unknown, or a scenario
        that is assumed is of another city, start or length.
    """
    loaded = load_all([scenario, *assuming], draws=draws, seed=seed, parameters=parameters)
    if problems := list(_problems(loaded, budget, outcome)):
        raise InputError(problems)
    base, searched = loaded[0], _Runs.of(loaded, outcome, progress)
    options = searched.options
    if not options:
        notes = measures.notes_on_unusable_levers(base, options)
        raise InputError([f"{base.name}: {note}" for note in notes])
    steps = [(aim, budget * share) for aim in AIMS for share in BUDGETS]

    def best_of(surfaces: Mapping[str, surface.Surface]) -> np.ndarray:
        """Best mix for every aim and budget, shape (steps, levers)."""
        return np.array([surface.best(surfaces[a], money, a, base.seed) for a, money in steps])

    mixes = surface.mixes(options, base.seed)
    gain = searched.gains(mixes)
    # fitted again with the best mixes so far: the surface must be right near the optimum
    new = np.unique(best_of(_surfaces(mixes, gain, options, base.draws)), axis=0)
    mixes, gain = np.concatenate([mixes, new]), np.concatenate([gain, searched.gains(new)])
    surfaces = _surfaces(mixes, gain, options, base.draws)
    best = best_of(surfaces)
    unique, which = np.unique(best, axis=0, return_inverse=True)
    replicates, notes = surface.fresh_replicates(base)
    gain = _Runs.of(loaded, outcome, progress, replicates, options).gains(unique)
    frontier = _frontier(steps, best, gain[which.ravel()], options, len(replicates))
    foretold = [_foretold(surfaces, *x) for x in zip(steps, best, strict=True)]
    frontier.insert(3, "foretold", foretold)
    gained = surface.GAINS[outcome]
    about = {"outcome": gained.outcome, "label": gained.label}
    about["unit"] = OUTCOMES[gained.outcome].unit
    for place, (name, text) in enumerate(about.items()):
        frontier.insert(place, name, text)
    notes += measures.notes_on_untried_levels(base, options)
    notes += measures.notes_on_unusable_levers(base, options)
    unused = {m.lever: m.low for m in options}
    explained, worlds = surfaces["expected"].explained, gain.shape[1]
    found = tuple(notes)
    return Plan(frontier, unused, explained, len(mixes), worlds, found, base.levers)


class _Runs(NamedTuple):
    """Simulations of mixes: in some draws, under every set of assumptions.

    ``bases`` are the baseline and what is assumed beside it, ``before`` the people who are there
    without any measure, ``options`` the measures of a mix.
    """

    bases: Sequence[Scenario]
    before: Sequence[np.ndarray]
    options: Sequence[measures.Measure]
    outcome: str
    progress: Progress | None
    replicates: Replicates | None

    @classmethod
    def of(
        cls,
        loaded: Sequence[Scenario],
        outcome: str,
        progress: Progress | None,
        draws: np.ndarray | None = None,
        options: Sequence[measures.Measure] | None = None,
    ) -> _Runs:
        """Simulate the baselines, in the draws of the scenario or in others."""
        from expatsim.runs.batches import simulate_together
        from expatsim.runs.prepare import Replicates

        replicates = None if draws is None else Replicates.together(draws)
        bases = [loaded[0], *(_under_policy_of(loaded[0], s) for s in loaded[1:])]
        found = simulate_together(bases, progress, replicates=replicates)
        if options is None:
            people = (found[0][x].mean("draw").to_numpy() for x in COUNTED)
            options = measures.measures(loaded[0], *people)
        before = [d["here"].to_numpy() for d in found]
        return cls(bases, before, options, outcome, progress, replicates)

    def gains(self, mixes: np.ndarray) -> np.ndarray:
        """Gains in every world, shape (mixes, worlds): first in the baseline's draws."""
        from expatsim.runs.batches import simulate_together

        changed = [measures.with_levels(b, self.options, m) for m in mixes for b in self.bases]
        found = simulate_together(changed, self.progress, replicates=self.replicates)
        before = [*self.before] * len(mixes)
        pairs = zip(found, before, strict=True)
        gained = [surface.gains(d["here"].to_numpy(), b, self.outcome) for d, b in pairs]
        return np.reshape(gained, (len(mixes), -1))


def _under_policy_of(base: Scenario, assumed: Scenario) -> Scenario:
    """Return a scenario whose economy, arrivals and people are assumed, with the base's policy."""
    return dataclasses.replace(
        assumed,
        policy=base.policy,
        policy_city=base.policy_city,
        own_rules=base.own_rules,
        costs=base.costs,
    )


def _surfaces(
    mixes: np.ndarray, gain: np.ndarray, options: Sequence[measures.Measure], draws: int
) -> dict[str, surface.Surface]:
    """Return the surfaces of every aim: over the baseline's draws, and for a robust mix over all.

    Nobody knows how likely other assumptions are: there is no mean over them.
    """
    of_base = surface.fit(mixes, gain[:, :draws], options)
    return dict.fromkeys(surface.AIMS, of_base) | {
        surface.ROBUST: surface.fit(mixes, gain, options)
    }


def _foretold(
    surfaces: Mapping[str, surface.Surface], step: tuple[str, float], mix: np.ndarray
) -> float:
    """Return what the surface predicts of a mix: the number of its aim, else the mean."""
    score = surface.AIMS.get(step[0], surface.expected)
    return float(score(surfaces["expected"](mix)))


def _frontier(
    steps: Sequence[tuple[str, float]],
    best: np.ndarray,
    gain: np.ndarray,
    options: Sequence[measures.Measure],
    draws: int,
) -> pd.DataFrame:
    """Return a row for every step: its mix, with gains in the baseline's draws and all worlds."""
    import pandas as pd

    cost = measures.cost_of(best, options)
    names = [m.lever for m in options]
    rows = []
    for (aim, money), mix, euros, gained in zip(steps, best, cost, gain, strict=True):
        against = _regrets(gain[cost <= money + CENT], gained)
        numbers = _in_numbers(gained[:draws]) | against
        levels = dict(zip(names, mix.tolist(), strict=True))
        rows.append({"aim": aim, "budget": money, "cost": float(euros), **numbers, **levels})
    return pd.DataFrame(rows)


def _regrets(affordable: np.ndarray, gain: np.ndarray) -> dict[str, float]:
    """Return how robust a mix is among all that the same money can pay, and doing nothing.

    Parameters
    ----------
    affordable : numpy.ndarray, shape (mixes, worlds)
        Gains of all of them.
    gain : numpy.ndarray, shape (worlds,)
        Those of the mix.
    """
    import pandas as pd

    policies = np.vstack([gain, np.zeros_like(gain), affordable])
    policy, world = (x.ravel() for x in np.indices(policies.shape))
    runs = pd.DataFrame({"mix": policy, "world": world, "gain": policies.ravel()})
    table = robustness(runs, "gain", policies=["mix"], worlds=["world"])
    kept = ["worst", "regret_mean", "regret_90", "regret_max", "best"]
    return {name: float(x) for name, x in table.iloc[0][kept].items()}


def _problems(loaded: Sequence[Scenario], budget: float, outcome: str) -> Iterator[str]:
    """Yield the reasons why there can be no plan."""
    base = loaded[0]
    if not (0 < budget < float("inf")):
        yield f"budget: {budget:g} is out of range (allowed: more than 0 euros)"
    if outcome not in surface.GAINS:
        close = nearest(outcome, surface.GAINS)
        yield f"outcome: {outcome!r} is not one of {', '.join(surface.GAINS)}{close}"
    if not base.costs:
        yield f"{base.name}: no lever has a cost; add costs: to the scenario"
    for other in loaded[1:]:
        if other.city != base.city:
            yield f"{other.name}: is of {other.city}, but {base.name} is of {base.city}"


def _in_numbers(gain: np.ndarray) -> dict[str, float]:
    """Return a gain over draws as numbers: one for each aim, and its interval."""
    return {aim: float(of(gain)) for aim, of in surface.AIMS.items()} | spread(gain)
