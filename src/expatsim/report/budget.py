"""The answer of a plan in sentences: the best mixes for a budget, and what a robust one costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from expatsim.model.levers import Lever
from expatsim.report import words
from expatsim.report.language import N_, Language

if TYPE_CHECKING:
    import pandas as pd

NOTHING = N_("nothing")
MOST_PARTS = 3  # measures of a mix that a sentence names
BETWEEN = "; "  # measures of a mix
AIMS = {"expected": N_("expected"), "cautious": N_("cautious"), "robust": N_("robust")}
AIM, MIX = N_("aim"), N_("mix")
# cautions for the reader of a plan
TOO_FEW = N_(
    "%(draws)s draws are too few for a plan: at least %(fewest)s, and %(caution)s for a cautious "
    "mix"
)
NOISY = N_("with fewer than %(caution)s draws the cautious mix is mostly noise")
USED_TWICE = N_(
    "the %(size)s draws of %(source)s are too few for %(draws)s in the search and others in the "
    "check: parameter values of the search are used in the check again"
)
NO_COST = N_(
    "%(lever)s is left out: no cost is given that can be added up (nobody counts its participants)"
)
NO_ROOM = N_("%(lever)s is left out: it stands at %(level)s, and a plan may go up to %(high)s")
UNTRIED = N_(
    "outside what the cities did in 2009: %(levels)s; effects there are assumed (under costs, "
    "`up_to` sets the highest level that a plan may use)"
)
UP_TO = N_("%(lever)s up to %(high)s")


class Note(NamedTuple):
    """A caution for the reader of a plan.

    Attributes
    ----------
    text : str
        In English, with ``%(name)s`` for values.
    values : mapping of str to object
        Values by name: texts, numbers, or lists of notes.
    """

    text: str
    values: Mapping[str, Any]

    def said(self, language: Language) -> str:
        """The note in a language.

        Parameters
        ----------
        language : Language
            In which it is written.

        Examples
        --------
        >>> Note(UP_TO, {"lever": "mentor_projects", "high": 0.5}).said(Language("nl"))
        'mentor_projects tot 0,5'
        """
        values = {name: _value(x, language) for name, x in self.values.items()}
        return language.say(self.text, **values)


def _value(x: Any, language: Language) -> str:
    """A value of a note: a text as it is, a number in the language, notes after each other."""
    if isinstance(x, str):
        return x
    if isinstance(x, list):
        return ", ".join(note.said(language) for note in x)
    return language.number(x, len(f"{x:g}".partition(".")[2]) if isinstance(x, float) else 0)


def notes(cautions: Sequence[Note], language: Language) -> list[str]:
    """Cautions as lines of their own.

    Parameters
    ----------
    cautions : sequence of Note
        Of a plan.
    language : Language
        In which they are written.
    """
    return [language.say(N_("Note: %(note)s."), note=x.said(language)) for x in cautions]


def title(scenario: str, language: Language) -> str:
    """Title of the table of a plan.

    Parameters
    ----------
    scenario : str
        Title of the scenario.
    language : Language
        In which it is written.
    """
    return language.say(N_("%(title)s: the best mix for a budget"), title=scenario)


def headings(draws: int, language: Language) -> list[str]:
    """Headings of the numbers of :func:`cells`.

    Parameters
    ----------
    draws : int
        Draws in which the mixes were checked.
    language : Language
        In which they are written.
    """
    before = (N_("budget"), N_("cost"), N_("mean"), N_("four of five"))
    names = [language.say(text) for text in before]
    return [*names, words.names_of_ranges(draws, language).most, language.say(N_("regret"))]


def cells(row: pd.Series, language: Language) -> list[str]:
    """Numbers of a row of a plan, for readers.

    Parameters
    ----------
    row : pandas.Series
        A row of :attr:`expatsim.analysis.plan.Plan.frontier`.
    language : Language
        In which they are written.
    """
    first = [language.number(row[c]) for c in ("budget", "cost", "expected", "cautious")]
    ends = (language.number(row[c]) for c in ("low", "high"))
    return [*first, language.range(*ends), language.number(row["regret"])]


def caption(frontier: pd.DataFrame, whole: bool, language: Language) -> str:
    """What the numbers of a plan are.

    Parameters
    ----------
    frontier : pandas.DataFrame
        Of :class:`expatsim.analysis.plan.Plan`.
    whole : bool
        Whether all is told, or the least that a reader must know.
    language : Language
        In which it is written.
    """
    gain = language.say(frontier["label"].iloc[0])
    if whole:
        long = N_(
            "Gain in %(gain)s, from draws that the search has not seen: mean, what four of five "
            "draws exceed, and between what most draws lie; regret: by how much it falls short, in "
            "nine of ten draws at most, of the best that the money can buy there (the other mixes, "
            "a measure alone, nothing). expected and cautious: the best mix for the mean, and for "
            "what four of five draws exceed; robust: that of least regret in the search."
        )
        return language.say(long, gain=gain)
    short = N_(
        "Gain in %(gain)s, from draws that the search has not seen; regret: how far it stays "
        "behind the best, in nine of ten draws. More: --all."
    )
    return language.say(short, gain=gain)


def foretold(simulated: int, explained: float, language: Language) -> str:
    """How well the response surface of a plan foretells.

    Parameters
    ----------
    simulated : int
        Mixes that were simulated.
    explained : float
        Share of the differences between mixes that the surface predicts.
    language : Language
        In which it is written.
    """
    text = N_(
        "%(mixes)s mixes were simulated; the response surface foretells %(share)s of the "
        "differences between mixes that it has not seen."
    )
    return language.say(text, mixes=language.number(simulated), share=language.percent(explained))


def mixes(
    frontier: pd.DataFrame,
    unused: Mapping[str, float],
    levers: Mapping[str, Lever],
    language: Language,
) -> list[str]:
    """Mix of every row of a plan, for readers.

    Parameters
    ----------
    frontier : pandas.DataFrame
        Of :class:`expatsim.analysis.plan.Plan`.
    unused : mapping of str to float
        The level of every lever while it is not used.
    levers : mapping of str to Lever
        All levers by name.
    language : Language
        In which they are written.
    """
    return [mix(row, unused, levers, language) for _, row in frontier.iterrows()]


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


def answer(
    frontier: pd.DataFrame, mixes: Sequence[str], assumed: int, draws: int, language: Language
) -> str:
    """What the whole budget buys at best: on average, cautiously, and with least regret.

    Parameters
    ----------
    frontier : pandas.DataFrame
        Of :class:`expatsim.analysis.plan.Plan`.
    mixes : sequence of str
        The mix of each row, in words.
    assumed : int
        Sets of assumptions under which mixes were compared.
    draws : int
        Draws in which the mixes were checked.
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
    told = {
        "budget": budget,
        "mix": row["mix"],
        "gain": _gained(row, row["expected"], language),
        "range": words.names_of_ranges(draws, language).most,
        "ends": language.range(language.number(row["low"]), language.number(row["high"])),
        "cost": language.euros(row["cost"]),
    }
    if round(row["expected"]) <= 0:  # as checked in draws that the search had not seen
        return say(
            N_(
                "For %(budget)s no mix of measures was found that gains anything worth naming on "
                "average: the best found, %(mix)s, gains about %(gain)s (%(range)s: %(ends)s), for "
                "%(cost)s."
            ),
            **told,
        )
    said = [
        say(
            N_(
                "For %(budget)s the best mix found is %(mix)s: about %(gain)s on average "
                "(%(range)s: %(ends)s), for %(cost)s."
            ),
            **told,
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
    return f"{language.number(x)} {language.say(row['label'])}"
