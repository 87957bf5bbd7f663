"""The best mix of measures under a budget."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from expatsim import arguments
from expatsim.analysis import measures, surface
from expatsim.analysis.robustness import robustness
from expatsim.errors import InputError, nearest
from expatsim.executors import Progress
from expatsim.findings.outcomes import COUNTED, OUTCOMES
from expatsim.intervals import spread
from expatsim.model.levers import LEVERS, Lever
from expatsim.projections import ScenarioLike, load_all, several
from expatsim.report import budget as words
from expatsim.report.language import Language
from expatsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.report.budget import Note
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
        name), ``label`` and ``unit`` of the gain, the level of every lever, ``cost`` (mean over
        draws, for people as in the baseline), ``foretold`` (the surface's prediction, of a robust
        mix for the mean), and from fresh draws ``expected`` (mean), ``cautious`` (exceeded in four
        of five draws), ``low``, ``low_50``, ``median``, ``high_50``, ``high`` of the gain, and
        ``regret``: what nine of ten draws do not exceed, under the worst assumptions, against the
        best in each draw of all mixes of the plan that the same money can pay, each measure alone,
        and nothing. Over all draws and assumptions together ``worst`` (lowest gain),
        ``regret_mean``, ``regret_max`` and ``best``, as :func:`expatsim.robustness` has them.
    unused : dict of str to float
        The level of every lever while it is not used.
    explained : float
        Share of the variance between mixes that the response surface predicts.
    mixes : int
        Mixes that were simulated to fit it.
    assumed : int
        Sets of assumptions under which mixes were compared: the scenario's own, and others.
    draws : int
        Fresh draws in which the mixes were checked.
    cautions : tuple of Note
        What a reader must know: levels that nobody has tried, too few draws, parameter values that
        were used in the search as well as in the check. :attr:`notes` has them as texts.
    levers : mapping of str to Lever
        All levers by name.
    """

    frontier: pd.DataFrame
    unused: dict[str, float]
    explained: float
    mixes: int
    assumed: int
    draws: int
    cautions: tuple[Note, ...] = ()
    levers: Mapping[str, Lever] = dataclasses.field(default_factory=lambda: LEVERS, repr=False)

    def answer(self, lang: str = "en") -> str:
        """What the whole budget buys at best, and what a robust mix costs, in a few sentences.

        Parameters
        ----------
        lang : {"en", "nl"}
            Language in which it is written.
        """
        language = Language.of(lang)
        mixes = words.mixes(self.frontier, self.unused, self.levers, language)
        return words.answer(self.frontier, mixes, self.assumed, self.draws, language)

    @property
    def notes(self) -> tuple[str, ...]:
        """The cautions in English."""
        return tuple(note.said(Language("en")) for note in self.cautions)


def plan(
    scenario: ScenarioLike,
    budget: float,
    *,
    assuming: ScenarioLike | Sequence[ScenarioLike] = (),
    outcome: str = "years",
    draws: int | None = None,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the best mixes of the measures that have a cost, under a budget.

    There are three for every amount of money: the best on average (``"expected"``), the best in
    four of five draws (``"cautious"``), and that of least regret (``"robust"``). The regret of a
    mix in a draw is by how much the best of the others gains more there: the two other mixes, each
    measure alone for the same money, and nothing. What nine of ten draws do not exceed counts, and
    of several sets of assumptions the worst.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        The baseline, with ``costs`` for the levers that may be used.
    budget : float
        Euros over the whole projection.
    assuming : str, pathlib.Path, Scenario or a sequence of them
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
    budget = arguments.number("budget", budget, 0, more=True, unit="euros")
    loaded = load_all([scenario, *several(assuming)], draws=draws, seed=seed, parameters=parameters)
    if problems := list(_problems(loaded, outcome)):
        raise InputError(problems)
    base, searched = loaded[0], _Runs.of(loaded, outcome, progress)
    options = searched.options
    if not options:
        notes = measures.notes_on_unusable_levers(base, options)
        raise InputError([f"{base.name}: {note.said(Language('en'))}" for note in notes])
    steps = [(aim, budget * share) for aim in AIMS for share in BUDGETS]
    mixes = surface.mixes(options, base.seed)
    gain = searched.gains(mixes)
    # fitted again with the best mixes so far: the surface must be right near the optimum
    new = np.unique(_best_mixes(_fits(mixes, gain, options, base), options, steps, base), axis=0)
    mixes, gain = np.concatenate([mixes, new]), np.concatenate([gain, searched.gains(new)])
    fits = _fits(mixes, gain, options, base)
    best, fitted = _best_mixes(fits, options, steps, base), fits.of_base
    replicates, notes = surface.fresh_replicates(base)
    checked = _Runs.of(loaded, outcome, progress, replicates, options)
    frontier = _frontier(steps, best, checked, len(replicates))
    pairs = zip(steps, best, strict=True)
    frontier.insert(3, "foretold", [_foretold(fitted, aim, mix) for (aim, _), mix in pairs])
    gained = surface.GAINS[outcome]
    about = {"outcome": gained.outcome, "label": gained.label}
    about["unit"] = OUTCOMES[gained.outcome].unit
    for place, (name, text) in enumerate(about.items()):
        frontier.insert(place, name, text)
    notes += measures.notes_on_untried_levels(base, options)
    notes += measures.notes_on_unusable_levers(base, options)
    unused = {m.lever: m.low for m in options}
    shown = (len(mixes), len(loaded), len(replicates), tuple(notes), base.levers)
    return Plan(frontier, unused, fitted.explained, *shown)


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


class _Fits(NamedTuple):
    """Surfaces through gains of mixes: in the baseline's draws, and under all assumptions."""

    of_base: surface.Surface
    everywhere: surface.Surface


def _fits(
    mixes: np.ndarray, gain: np.ndarray, options: Sequence[measures.Measure], base: Scenario
) -> _Fits:
    """Return both surfaces, which are one without other assumptions."""
    of_base = surface.fit(mixes, gain[:, : base.draws], options)
    alone = gain.shape[1] == base.draws
    return _Fits(of_base, of_base if alone else surface.fit(mixes, gain, options))


def _best_mixes(
    fits: _Fits,
    options: Sequence[measures.Measure],
    steps: Sequence[tuple[str, float]],
    base: Scenario,
) -> np.ndarray:
    """Return the best mix on the surfaces, for every aim and budget.

    Means are over the baseline's draws: nobody knows how likely other assumptions are.
    """
    of_base, everywhere = fits
    found: dict[tuple[str, float], np.ndarray] = {}
    for aim, money in steps:  # the robust mixes come last
        if aim in surface.AIMS:
            found[aim, money] = surface.best(of_base, money, surface.AIMS[aim], base.seed)
            continue
        others = [found[other, money] for other in surface.AIMS]
        highest = everywhere(np.vstack([surface.alone(options, money), *others])).max(axis=0)
        score = partial(_less_regret, highest=highest, draws=base.draws)
        found[aim, money] = surface.best(everywhere, money, score, base.seed)
    return np.array([found[step] for step in steps])


def _less_regret(gain: np.ndarray, highest: np.ndarray, draws: int) -> np.ndarray:
    return -surface.regret(gain, highest, draws)


def _foretold(fitted: surface.Surface, aim: str, mix: np.ndarray) -> float:
    """Return what the surface predicts of a mix: the number of its aim, else the mean."""
    return float(surface.AIMS.get(aim, surface.expected)(fitted(mix)))


def _frontier(
    steps: Sequence[tuple[str, float]], best: np.ndarray, checked: _Runs, draws: int
) -> pd.DataFrame:
    """Return a row for every step: its mix, its gain, and its regret against all other mixes."""
    import pandas as pd

    options = checked.options
    alone = [surface.alone(options, money) for _, money in steps]
    unique, which = np.unique(np.vstack([best, *alone]), axis=0, return_inverse=True)
    gain, cost = checked.gains(unique), measures.cost_of(unique, options)
    rows = []
    for (aim, money), mix, k in zip(steps, best, which.ravel(), strict=False):
        payable = gain[cost <= money + CENT]
        numbers = _in_numbers(gain[k, :draws])
        numbers["regret"] = float(surface.regret(gain[k], payable.max(axis=0), draws))
        levels = {m.lever: x for m, x in zip(options, mix.tolist(), strict=True)}
        row = {"aim": aim, "budget": money, "cost": float(cost[k])}
        rows.append({**row, **numbers, **_robustness(gain[k], payable), **levels})
    return pd.DataFrame(rows)


def _robustness(gain: np.ndarray, payable: np.ndarray) -> dict[str, float]:
    """Return how a mix does over all worlds together, against all that the same money can pay.

    Parameters
    ----------
    gain : numpy.ndarray, shape (worlds,)
        Gain of the mix.
    payable : numpy.ndarray, shape (mixes, worlds)
        Gains of all of them.
    """
    import pandas as pd

    policies = np.vstack([gain, payable])
    policy, world = (x.ravel() for x in np.indices(policies.shape))
    runs = pd.DataFrame({"mix": policy, "world": world, "gain": policies.ravel()})
    table = robustness(runs, "gain", policies=["mix"], worlds=["world"])
    kept = ["worst", "regret_mean", "regret_max", "best"]
    return {name: float(x) for name, x in table.iloc[0][kept].items()}


def _problems(loaded: Sequence[Scenario], outcome: str) -> Iterator[str]:
    """Yield the reasons why there can be no plan."""
    base = loaded[0]
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
