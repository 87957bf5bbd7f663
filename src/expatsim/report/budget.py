"""The answer of a plan in sentences: the best mixes for a budget, and what a robust one costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from expatsim.model.levers import Lever
from expatsim.report import words
from expatsim.report.language import N_, Language

if TYPE_CHECKING:
    import pandas as pd

GAINED = {
    "expat_years": N_("%(number)s extra expat-years"),
    "people": N_("%(number)s extra people here at the end"),
}
NOTHING = N_("nothing")
MOST_PARTS = 3  # measures of a mix that a sentence names
BETWEEN = "; "  # measures of a mix


def mix(
    row: pd.Series, unused: Mapping[str, float], levers: Mapping[str, Lever], language: Language
) -> str:
    """Measures of a row of a plan with their levels, for readers.

    Parameters
    ----------
    row : pandas.Series
        A row of :attr:`expatsim.analysis.plan.Plan.frontier`.
    unused : mapping of str to float
        The level of every lever while it is not used.
    levers : mapping of str to Lever
        All levers by name.
    language : Language
        In which it is written.
    """
    used = [levers[name] for name, low in unused.items() if row[name] > low]
    named = [
        f"{language.say(x.label)} ({words.level(x, language, float(row[x.name]))})" for x in used
    ]
    return BETWEEN.join(named) or language.say(NOTHING)


def answer(frontier: pd.DataFrame, mixes: Sequence[str], assumed: int, language: Language) -> str:
    """What the whole budget buys at best: on average, cautiously, and with least regret.

    Parameters
    ----------
    frontier : pandas.DataFrame
        Of :class:`expatsim.analysis.plan.Plan`.
    mixes : sequence of str
        The mix of each row, in words.
    assumed : int
        Sets of assumptions under which mixes were compared.
    language : Language
        In which it is written.
    """
    say = language.say
    whole = frontier.assign(mix=[_few(mix, language) for mix in mixes])
    whole = whole[whole["budget"] == whole["budget"].max()].set_index("aim")
    row = whole.loc["expected"]
    budget = language.euros(row["budget"])
    if row["mix"] in ("nothing", say(NOTHING)):
        nothing = N_("No mix of measures was found that gains anything on average for %(budget)s.")
        return say(nothing, budget=budget)
    said = [
        say(
            N_(
                "For %(budget)s the best mix found is %(mix)s: about %(gain)s on average (90%% "
                "interval %(interval)s), for %(cost)s."
            ),
            budget=budget,
            mix=row["mix"],
            gain=_gained(row, row["expected"], language),
            interval=language.range(language.number(row["low"]), language.number(row["high"])),
            cost=language.euros(row["cost"]),
        )
    ]
    if "cautious" in whole.index and whole.loc["cautious", "mix"] != row["mix"]:
        said.append(say(N_("The cautious choice is %(mix)s."), mix=whole.loc["cautious", "mix"]))
    if "robust" in whole.index:
        said += robust(row, whole.loc["robust"], assumed, language)
    caution = N_("What a measure does to staying is an assumption, so this choice is one too.")
    return " ".join([*said, say(caution)])


def robust(best: pd.Series, other: pd.Series, assumed: int, language: Language) -> list[str]:
    """Sentences on the robust mix of a budget: which it is, what it costs, and what for.

    Parameters
    ----------
    best, other : pandas.Series
        The best mix on average and the robust one, rows of a plan with ``mix`` in words.
    assumed : int
        Sets of assumptions under which mixes were compared.
    language : Language
        In which it is written.
    """
    say, number = language.say, language.number
    draws = say(N_("nine of ten draws"))
    if assumed > 1:
        count = number(assumed)
        draws = say(N_("nine of ten draws of each of %(count)s sets of assumptions"), count=count)
    most = _gained(best, other["regret"], language)
    if other["mix"] == best["mix"]:
        same = N_(
            "It is the robust choice too: in %(draws)s it falls at most %(most)s short of the best "
            "of the mixes compared."
        )
        return [say(same, draws=draws, most=most)]
    cost = best["expected"] - other["expected"]
    less = _gained(best, abs(cost), language)
    if number(abs(cost)) == number(0):
        price = say(N_("on average it gains as much"))
    elif cost > 0:
        price = say(N_("on average it gains %(less)s less"), less=less)
    else:
        price = say(N_("on average it gained even %(more)s more when checked"), more=less)
    said = [say(N_("The robust choice is %(mix)s: %(price)s."), mix=other["mix"], price=price)]
    values = {"draws": draws, "most": most, "best": number(best["regret"])}
    if other["regret"] < best["regret"]:
        bought = N_(
            "In return it falls, in %(draws)s, at most %(most)s short of the best of the mixes "
            "compared; the best on average %(best)s."
        )
    else:
        bought = N_(
            "In draws that the search had not seen it was not more robust: in %(draws)s it falls "
            "at most %(most)s short of the best of the mixes compared, the best on average "
            "%(best)s."
        )
    return [*said, say(bought, **values)]


def _few(mix: str, language: Language) -> str:
    """The first measures of a mix, and how many more there are."""
    parts = mix.split(BETWEEN)
    more = len(parts) - MOST_PARTS
    rest = [language.say(N_("%(number)s more"), number=more)] if more > 0 else []
    return BETWEEN.join([*parts[:MOST_PARTS], *rest])


def _gained(row: pd.Series, x: float, language: Language) -> str:
    return language.say(GAINED[row["outcome"]], number=language.number(x))
