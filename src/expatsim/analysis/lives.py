"""Changed lives: people who stay, or leave, because of a policy, and the changes before that.

Both scenarios are run month by month with the same people and the same luck. A life that no effect
of the policy reaches is the same in both, bit for bit; where lives differ, the first month in which
each part of them differs is kept, so that every changed ending has a traceable chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim import arguments
from expatsim.analysis.decompose import must_differ_in_policy
from expatsim.executors import Progress
from expatsim.findings.sureness import FEWEST_PEOPLE
from expatsim.model.rules import fields
from expatsim.model.state import HERE, LEFT, OPEN, State
from expatsim.projections import ScenarioLike, load_all
from expatsim.runs.groups import MARK

if TYPE_CHECKING:
    import pandas as pd

    from expatsim.population.adults import Adults

# parts of a life in the order of the rules in a month: words for more and for less of each
PARTS = {field.name: field.changes for field in fields() if field.changes}
NEVER = OPEN  # a month that never comes
LONGEST_CHAIN = 4  # changes that are shown of one life
PROFILE: dict[str, Callable[[Adults], np.ndarray]] = {
    "workers": MARK["head"].of,
    "women": MARK["female"].of,
    "from outside the EU": MARK["non-EU"].of,
    "couples": lambda a: a.people["coupled"],
    "with children": MARK["parent"].of,
    "posted by their company": MARK["posted"].of,
    "here at the start": MARK["stock"].of,
    "contract without end date at the start or on arrival": MARK["open contract"].of,
}


def lives(
    one: ScenarioLike,
    other: ScenarioLike,
    *,
    years: int = 5,
    draws: int = 4,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> dict[str, pd.DataFrame]:
    """Return who stays or leaves because of a policy, and the changes in their lives before that.

    Parameters
    ----------
    one, other : str, pathlib.Path or Scenario
        They may differ in policy only.
    years : int
        Years after which people are still here or not.
    draws : int
        Number of draws that are followed person by person.
    seed, parameters, progress
        As for :func:`compare`.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``numbers``, ``profile`` and ``chains``: see :func:`summarise`.

    Raises
    ------
    InputError
        If the scenarios do not differ, differ in more than policy, or are shorter than ``years``.
    """
    from expatsim.runs.one_draw import step_through

    first, second = load_all([one, other], draws=draws, seed=seed, parameters=parameters)
    must_differ_in_policy(first, second)
    years = arguments.whole_number("years", years, 1, first.months // 12)
    pairs = []
    for replicate in range(draws):
        adults, one_world = step_through(first, replicate)
        _, other_world = step_through(second, replicate)
        pairs.append(trace(adults, one_world, other_world, 12 * years))
        if progress:
            progress(second.name, 1)
    return summarise(pairs)


class PairedLives(NamedTuple):
    """One draw of two scenarios, person by person; arrays of shape (adults,).

    Attributes
    ----------
    adults : Adults
        Everybody who is here at the start or may come.
    here : pair of numpy.ndarray of bool
        Still in the city at the end, under either scenario.
    arrived : numpy.ndarray of bool
        Arrived before the end.
    first : dict of str to numpy.ndarray of int
        By part of a life (:data:`PARTS`): first month in which it differs, ``NEVER`` if none.
    up : dict of str to numpy.ndarray of bool
        By part of a life: whether it was then higher under the second scenario.
    left : pair of numpy.ndarray of int
        Month of leaving, ``NEVER`` while here.
    """

    adults: Adults
    here: tuple[np.ndarray, np.ndarray]
    arrived: np.ndarray
    first: dict[str, np.ndarray]
    up: dict[str, np.ndarray]
    left: tuple[np.ndarray, np.ndarray]


def trace(
    adults: Adults,
    one_world: Callable[[int], State],
    other_world: Callable[[int], State],
    months: int,
) -> PairedLives:
    """Return the lives of one draw under both scenarios, after some months.

    Parameters
    ----------
    adults : Adults
        The same people in both.
    one_world, other_world : callable
        Takes a month, returns the state at its end, arrays of shape (adults,).
    months : int
        Months that are followed.
    """
    n = len(adults.id)
    first = {name: np.full(n, NEVER) for name in PARTS}
    up = {name: np.zeros(n, bool) for name in PARTS}
    for month in range(months):
        one, other = one_world(month), other_world(month)
        for name in PARTS:
            a, b = (np.asarray(getattr(s, name)).astype(int) for s in (one, other))
            new = (a != b) & (first[name] == NEVER) & (one.status == HERE) & (other.status == HERE)
            first[name][new] = month
            up[name][new] = (b > a)[new]
    here = (one.status == HERE, other.status == HERE)
    arrived = (one.status == HERE) | (one.status == LEFT)
    left = (np.asarray(one.leave_month).astype(int), np.asarray(other.leave_month).astype(int))
    return PairedLives(adults, here, arrived, first, up, left)


def chain(pair: PairedLives, person: int) -> tuple[str, ...]:
    """Return the changes in a life before its ending, in words, the earliest first.

    Parameters
    ----------
    pair : PairedLives
        Lives of one draw.
    person : int
        Position in its arrays.
    """
    end = min(pair.left[0][person], pair.left[1][person])
    order = [
        (pair.first[name][person], k, name)
        for k, name in enumerate(PARTS)
        if pair.first[name][person] <= end and pair.first[name][person] != NEVER
    ]
    words = [PARTS[name][0 if pair.up[name][person] else 1] for _, _, name in sorted(order)]
    return tuple(words)


def household_chain(pair: PairedLives, person: int) -> tuple[str, ...]:
    """Return the chain of a person, or of the partner if only the partner's life had changed."""
    mine = chain(pair, person)
    if mine:
        return mine
    partner = int(pair.adults.partner[person])
    theirs = chain(pair, partner) if partner != person else ()
    return tuple(f"partner: {x}" for x in theirs) or ("a contact stayed or left",)


def summarise(draws: Sequence[PairedLives]) -> dict[str, pd.DataFrame]:
    """Return numbers, profile and chains over some draws.

    Parameters
    ----------
    draws : sequence of PairedLives
        From :func:`trace`, one for each draw.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``numbers``: by draw, people in all and those who stay or leave because of the policy;
        ``profile``: shares among all, among those who stay and among those who leave because of it,
        missing for fewer than ten people;
        ``chains``: the most common chains to each ending, with people behind each.
    """
    import pandas as pd

    numbers: list[dict[str, Any]] = []
    profile: dict[str, list[np.ndarray]] = {}
    endings: dict[str, Counter[tuple[str, ...]]] = {"stays": Counter(), "leaves": Counter()}
    for number, t in enumerate(draws):
        people = t.arrived & t.adults.people["counted"]
        stays = people & ~t.here[0] & t.here[1]
        leaves = people & t.here[0] & ~t.here[1]
        numbers.append(
            {
                "draw": number,
                "people": int(people.sum()),
                "stay because of it": int(stays.sum()),
                "leave because of it": int(leaves.sum()),
            }
        )
        for name, members in (("all", people), ("stay", stays), ("leave", leaves)):
            rows = np.stack([np.asarray(f(t.adults))[members] for f in PROFILE.values()])
            profile.setdefault(name, []).append(rows)
        for ending, members in (("stays", stays), ("leaves", leaves)):
            for person in np.flatnonzero(members):
                endings[ending][household_chain(t, int(person))[:LONGEST_CHAIN]] += 1
    shares = {
        name: np.concatenate(parts, axis=1).mean(axis=1)
        if sum(p.shape[1] for p in parts) >= FEWEST_PEOPLE
        else np.full(len(PROFILE), np.nan)
        for name, parts in profile.items()
    }
    chains = [
        {"ending": ending, "people": n, "chain": ", then ".join(words)}
        for ending, counter in endings.items()
        for words, n in counter.most_common(8)
    ]
    return {
        "numbers": pd.DataFrame(numbers),
        "profile": pd.DataFrame(shares, index=pd.Index(PROFILE, name="share")).reset_index(),
        "chains": pd.DataFrame(chains, columns=["ending", "people", "chain"]),
    }
