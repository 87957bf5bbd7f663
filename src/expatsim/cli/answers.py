"""The sentence with which a command begins: what it found, how sure it is, and on what it rests.

Sentences are built from the columns of :func:`expatsim.findings.labels.columns`, and claim no more:
an order is one of middle draws, and both labels of a difference are always told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from expatsim.cities import city as city_of
from expatsim.cli.numbers import number
from expatsim.findings.basis import UNKNOWN
from expatsim.findings.outcomes import OUTCOMES, Outcome
from expatsim.findings.summary import DIFFERENCE, HEADLINES
from expatsim.findings.sureness import (
    ASSUMED_SIZES,
    FEWEST_DRAWS,
    NO_DIFFERENCE,
    NOBODY,
    PRACTICALLY_NONE,
    TOO_FEW,
    TOO_FEW_DRAWS,
    UNDECIDED,
    name_of_range,
)
from expatsim.model.levers import LEVERS
from expatsim.posterior.power_scaling import CONFLICT, LITTLE, NONE, UNSURE
from expatsim.report.language import MINUS, Language
from expatsim.runs.tallies import NEWCOMERS
from expatsim.survey.questions import QUESTIONS

Row: TypeAlias = Mapping[str, Any] | pd.Series
SURE = ("clear", "likely")  # verdicts of a difference that may be put first
MOST_PARTS = 3  # of a gap or a mix, that a sentence names
DELAYED = ("expat_years", "people", "extra_cost", "net_benefit")  # what a delay is told by
MOST_INPUTS = 2  # outcomes of a sweep, that a sentence names
NO_NAMES: Mapping[str, str] = {}
NO_RATE = "No departure rate by city was ever published."
_SURE = {
    "clear": "in the model this is clear",
    "likely": "in the model this is likely, not clear",
    UNDECIDED: UNDECIDED,
    PRACTICALLY_NONE: "that is practically no difference",
    NO_DIFFERENCE: "it is exactly the same in every draw",
    TOO_FEW: "these are too few people for a verdict",
    TOO_FEW_DRAWS: f"these are too few different draws for a verdict ({FEWEST_DRAWS} are needed)",
    ASSUMED_SIZES: "this follows from the assumed sizes, and is no finding",
}


_MOVES = {  # what power scaling says of an answer
    LITTLE: "it moves with what was assumed, and the data say little about it",
    CONFLICT: "it moves with what was assumed and with the data",
    NONE: "it hardly moves with what was assumed",
    UNSURE: "what it moves with cannot be told (too few draws, or no parameter goes with it)",
}
_OF_MOVES = {
    LITTLE: "the data say little",
    CONFLICT: "both assumptions and data count",
    NONE: "assumptions hardly matter",
    UNSURE: "that cannot be told",
}


def main_outcome(frame: pd.DataFrame) -> str:
    """Name of the outcome that a table is told by: the first of the headlines that it has.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with columns ``outcome`` and ``draws``.
    """
    found = list(dict.fromkeys(frame.loc[frame["draws"] > 0, "outcome"]))
    return next((x for x in HEADLINES if x in found), (found or list(frame["outcome"]))[0])


def change(outcome: Outcome, x: float) -> str:
    """A difference in an outcome as a clause.

    Parameters
    ----------
    outcome : Outcome
        The outcome.
    x : float
        The difference; of a share as a fraction.

    Examples
    --------
    >>> change(OUTCOMES["newcomers_5"], 0.012)
    'about 1.2 more of every 100 newcomers are still here 5 years after arrival'
    >>> change(OUTCOMES["welcome"], -0.03)
    '“Feel welcome, at the end” is about 3.0 points lower'
    """
    digits, scale = (1, 100) if outcome.is_share else (0, 1)
    size = number(abs(scale * x), digits)
    least = number(10**-digits, digits)
    about = f"about {size}" if float(size.replace(",", "")) else f"less than {least}"
    more = "fewer" if x < 0 else "more"
    if outcome.way_in:
        who = "newcomers" if outcome.way_in == NEWCOMERS else "people here at the start"
        return f"{about} {more} of every 100 {who} are still here {outcome.row}"
    if outcome.is_share:
        return f"“{outcome.label}” is {about} points {'lower' if x < 0 else 'higher'}"
    if outcome.name == "people":
        who = "expat is" if size == "1" else "expats are"
        return f"{about} {more} {who} in the city at the end"
    return f"expats together live {about} {more} years in the city"


def how_sure(row: Row, prefix: str = "") -> str:
    """How sure the model is of a difference and what it rests on, as a clause.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row with the columns of :func:`expatsim.findings.labels.columns`.
    prefix : str
        Beginning of the names of ``verdict`` and ``rests_on``.
    """
    verdict, basis = row[f"{prefix}verdict"], row[f"{prefix}rests_on"]
    if verdict == ASSUMED_SIZES or not basis:
        return _SURE[verdict]
    if basis == UNKNOWN:
        return f"{_SURE[verdict]}, and what it rests on is not known"
    rests = "rests on assumption only" if basis.startswith("assumption") else f"is {basis}"
    return f"{_SURE[verdict]}, and it {rests}"


def range_of(row: Row, share: bool, prefix: str = "") -> str:
    """The range of a difference in brackets; of few draws it is not called a 90 % interval."""
    scale, digits = (100, 1) if share else (1, 0)
    low, high = (number(scale * row[f"{prefix}{n}"], digits, True) for n in ("low", "high"))
    return f"({_name_of_range(row, prefix)} {low} to {high})"


def _name_of_range(row: Row, prefix: str = "") -> str:
    """What is said before the ends of a range over the draws of a row."""
    verdict = row.get(f"{prefix}verdict", row.get("verdict"))
    draws = row.get(f"{prefix}draws", row.get("draws"))
    few = verdict == TOO_FEW_DRAWS  # parameter values may be fewer than the draws
    name = name_of_range(0 if few else draws)
    return name if name[0].isdigit() else f"{name}:"


def _told(row: Row, what: str, prefix: str = "", middle: str = "median") -> str:
    """Difference, interval, sureness and basis; ``what`` is said of the first."""
    outcome = OUTCOMES[row["outcome"]]
    of = prefix if f"{prefix}verdict" in row else ""  # a summary has one verdict only
    if row[f"{of}verdict"] == NOBODY:
        return f"{what} nothing can be said: in no draw is there anybody to look at."
    if row[f"{of}verdict"] == NO_DIFFERENCE:
        return f"{what} “{outcome.label}” does not change: {_SURE[NO_DIFFERENCE]}."
    size = change(outcome, row[f"{prefix}{middle}"])
    range_ = range_of(row, outcome.is_share, prefix)
    return f"{what} {size} {range_}; {how_sure(row, of)}."


def of_comparison(
    frame: pd.DataFrame, titles: Mapping[str, str], outcome: str, noun: str = "scenarios"
) -> str:
    """What a comparison found in one outcome.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.summary`, of two scenarios or more.
    titles : mapping of str to str
        Title by name of scenario, the baseline first.
    outcome : str
        Name of the outcome.
    noun : str
        What is compared with the baseline: ``"measures"`` or ``"scenarios"``.
    """
    base, *names = titles
    rows = frame[frame["outcome"] == outcome].set_index("scenario", drop=False)
    if len(names) == 1:
        row = rows.loc[names[0]]
        return _told(row, f"Compared with “{titles[base]}”, with “{titles[names[0]]}”", DIFFERENCE)
    compared = rows.loc[names]
    best = compared.sort_values(f"{DIFFERENCE}median", ascending=False, kind="stable").iloc[0]
    verb = "keeps most people" if OUTCOMES[outcome].way_in else "comes first"
    among = f"Of the {len(names)} {noun} compared with “{titles[base]}”,"
    title = f"“{titles[str(best['scenario'])]}”"
    if best["verdict"] in SURE and best[f"{DIFFERENCE}median"] > 0:
        return _told(best, f"{among} {title} {verb} in the middle draw:", DIFFERENCE)
    if best["verdict"] in SURE:
        return _told(best, f"{among} none does better than it; nearest is {title}:", DIFFERENCE)
    first = f"{among} none is clearly or likely better; nearest is {title}:"
    return _told(best, first, DIFFERENCE)


def of_parts(
    frame: pd.DataFrame, outcome: str, one: str, other: str, names: Mapping[str, str] = NO_NAMES
) -> str:
    """What a decomposition found: the gap, and the parts that carry most of it.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.decompose`, by factor or by measure.
    outcome : str
        Name of the outcome.
    one, other : str
        Titles of the two scenarios.
    names : mapping of str to str
        Levers in words, by name.
    """
    whole, parts = parts_of(frame, outcome, names)
    said = _told(whole, f"Compared with “{one}”, with “{other}”", middle="mean")
    if whole["verdict"] in (NOBODY, NO_DIFFERENCE):
        return said
    share = OUTCOMES[outcome].is_share
    sizes = [
        f"{row['part']} {number(row['mean'] * (100 if share else 1), 1 if share else 0, True)}"
        for _, row in parts.head(MOST_PARTS).iterrows()
    ]
    more = len(parts) - MOST_PARTS
    rest = f"; {more} more" if more > 0 else ""
    return f"{said} Its parts, largest first: {'; '.join(sizes)}{rest} (points, mean over draws)."


def parts_of(
    frame: pd.DataFrame, outcome: str, names: Mapping[str, str] = NO_NAMES
) -> tuple[pd.Series, pd.DataFrame]:
    """The whole gap in an outcome, and its parts, the largest first.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.decompose`, by factor or by measure.
    outcome : str
        Name of the outcome.
    names : mapping of str to str
        Levers in words, by name.

    Returns
    -------
    pandas.Series, pandas.DataFrame
        Rows of the frame, with the factor, or the lever in words, in ``part``.
    """
    rows = frame[frame["outcome"] == outcome]
    if "effect" in rows:
        rows = rows[rows["effect"] == "share"].assign(part=lambda x: x["lever"])
    else:
        rows = rows.assign(part=rows["factor"])
    is_whole = rows["part"].isin(["gap", "package"])
    parts = rows[~is_whole].sort_values("mean", key=abs, ascending=False, kind="stable")
    return rows[is_whole].iloc[0], parts.replace({"part": dict(names)})


def responses_of(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Responses of one outcome by level of a lever or by years of delay, the lowest first.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.dose` or :func:`expatsim.timing`; its first column is the level.
    outcome : str
        Name of the outcome.

    Returns
    -------
    pandas.DataFrame
        Rows of the frame, with the level or the years in ``at``.
    """
    name = str(frame.columns[0])
    rows = frame[frame["outcome"] == outcome]
    return rows.assign(at=rows[name]).sort_values("at", kind="stable")


def of_levels(frame: pd.DataFrame, outcome: str, title: str) -> str:
    """What the highest level of a lever does, and what else it changes.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.dose`.
    outcome : str
        Name of the outcome.
    title : str
        Title of the baseline.
    """
    name = str(frame.columns[0])
    row = responses_of(frame, outcome).iloc[-1]
    label = f"“{LEVERS[name].label}” ({name})" if name in LEVERS else name
    said = _told(row, f"With {label} at {level(row['at'])} instead of as in “{title}”,")
    if row["verdict"] == NOBODY:
        return said
    traits = [x for x, o in OUTCOMES.items() if o.is_share and not o.way_in]
    top = frame[(frame[name] == row["at"]) & frame["outcome"].isin(traits)]
    others = top[top["verdict"].isin(SURE)]
    largest = others.sort_values("median", key=abs, ascending=False).head(2)
    also = [f"{change(OUTCOMES[r['outcome']], r['median'])}, {r['verdict']}" for _, r in
            largest.iterrows()]  # fmt: skip
    return f"{said} Also there: {'; '.join(also)}." if also else said


def level(x: float) -> str:
    """A level of a lever with three digits that mean something.

    Examples
    --------
    >>> level(1 / 3), level(24.0), level(-0.0)
    ('0.333', '24', '0')
    """
    return f"{x + 0.0:.3g}"


def of_delays(frame: pd.DataFrame) -> str:
    """What the longest delay costs: expat-years, people, and euros if costs are given.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.timing`.
    """
    lived, last = responses_of(frame, "expat_years"), {}
    first, longest = lived["at"].iloc[0], lived["at"].iloc[-1]
    if len(lived) == 1:
        return _told(lived.iloc[0], f"With the policy {years_in_words(first)} later,")
    for outcome in DELAYED:
        if outcome in set(frame["outcome"]):
            last[outcome] = responses_of(frame, outcome).iloc[-1]
    against = "as planned" if first == 0 else f"{years_in_words(first)} later"
    when = f"If it starts {years_in_words(longest)} later instead of {against},"
    said = [_told(last["expat_years"], when, "delay_")]
    people = last["people"]
    if people["delay_verdict"] != NO_DIFFERENCE:
        size = change(OUTCOMES["people"], people["delay_median"])
        said.append(
            f"{size.capitalize()} {range_of(people, False, 'delay_')}; "
            f"{how_sure(people, 'delay_')}."
        )
    if "extra_cost" in last:
        euros = last["extra_cost"]["delay_median"]
        less = "less" if euros <= 0 else "more"
        said.append(f"It then costs {_euros(abs(euros))} {less} over the projection.")
    if "net_benefit" in last:
        row = last["net_benefit"]
        less = "lower" if row["delay_median"] < 0 else "higher"
        said.append(
            f"The net benefit is {_euros(abs(row['delay_median']))} {less} "
            f"({_name_of_range(row, 'delay_')} {_euros(row['delay_low'])} to "
            f"{_euros(row['delay_high'])})."
        )
    return " ".join(said)


def _euros(x: float) -> str:
    """Euros to three digits that mean something."""
    return Language("en").euros(x).replace(MINUS, "-")


def years_in_words(x: float) -> str:
    """A number of years.

    Examples
    --------
    >>> years_in_words(1), years_in_words(2.5)
    ('1 year', '2.5 years')
    """
    return "1 year" if x == 1 else f"{x:g} years"


def of_uncertainty(
    frame: pd.DataFrame, outcome: str, sources: Mapping[str, str], title: str = ""
) -> str:
    """Where most of the uncertainty of an answer comes from.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.uncertainty`.
    outcome : str
        Name of the outcome.
    sources : mapping of str to str
        What each source is, in words.
    title : str
        Which difference it is, if it is one.
    """
    rows = frame[frame["outcome"] == outcome].set_index("source")
    label = f"“{OUTCOMES[outcome].label}”" + (f" ({title})" if title else "")
    if rows["total"].isna().any():
        return f"{label} is the same in all draws, or there is nobody to look at."
    total = rows.loc[list(sources), "total"].sort_values(ascending=False)
    largest, *others = total.index
    rest = " and ".join(f"{sources[s]} {_percent(total[s])}" for s in others)
    few = int(rows["draws"].max()) < FEWEST_DRAWS
    return (
        f"Most of the uncertainty about {label} is {sources[largest]}: were that all that is "
        f"unknown, {_percent(total[largest])} of the variance would stay; {rest}."
        + (
            f" These are too few draws to rely on ({FEWEST_DRAWS} give a first look)."
            if few
            else ""
        )
    )


def _percent(x: float) -> str:
    """A share of the variance; estimates may lie a little outside 0 to 100 %."""
    return "practically all" if x >= 0.995 else f"{number(100 * max(x, 0))} %"


def of_information(parameters: pd.DataFrame, questions: pd.DataFrame, meaning: str) -> str:
    """Which parameter, and which question, would tell most.

    Parameters
    ----------
    parameters, questions : pandas.DataFrame
        From :func:`expatsim.information`.
    meaning : str
        Meaning of the first parameter.
    """
    row = parameters.iloc[0]
    label = f"“{row['label']}”"
    if row["low"] <= 0:
        said = f"These draws show no single parameter that would tell much about {label}."
    else:
        said = (
            f"Most would be known about {label} by knowing one number, “{meaning}” "
            f"({row['parameter']}): {_percent(row['value'])} of the variance would go."
        )
    asked = questions.sort_values("value", ascending=False).iloc[0]
    if asked["low"] <= 0:
        return f"{said} No question of the survey would surely tell anything about it."
    return (
        f"{said} The best question of the survey (“{question_title(asked)}”, "
        f"{city_of(asked['city']).label}, asked of {asked['people']:,} more people) "
        f"would take away {_percent(asked['value'])}."
    )


def question_title(row: Row) -> str:
    """Subject of a question of the survey, for readers.

    Parameters
    ----------
    row : mapping or pandas.Series
        A row of ``questions`` from :func:`expatsim.information`.
    """
    name = row["question"]
    return QUESTIONS[name].title if name in QUESTIONS else str(name)


def of_power_scaling(frame: pd.DataFrame, outcome: str, meanings: Mapping[str, str]) -> str:
    """Whether an answer moves with what was assumed, or with the data.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :func:`expatsim.power_scaling`.
    outcome : str
        Name of the outcome.
    meanings : mapping of str to str
        Meanings of the parameters, by name.
    """
    row = frame[frame["outcome"] == outcome].iloc[0]
    said = f"“{OUTCOMES[outcome].label}”: {_MOVES[row['diagnosis']]}"
    if row["parameters"]:
        first = row["parameters"].split(", ")[0]
        said += f"; most of it goes with “{meanings.get(first, first)}” ({first})"
    others = frame.loc[frame["outcome"] != outcome, "diagnosis"]
    counts = [f"for {n} {_OF_MOVES[x]}" for x, n in others.value_counts(sort=False).items()]
    return f"{said}." + (f" Of the other outcomes, {', '.join(counts)}." if counts else "")


def of_sensitivity(table: pd.DataFrame, names: Sequence[str]) -> str:
    """Which input of a sweep matters most for its first outcomes.

    Parameters
    ----------
    table : pandas.DataFrame
        Final indices, from :func:`expatsim.sweeps.sensitivity.final`.
    names : sequence of str
        Names of the outcomes that have indices.
    """
    from expatsim.sweeps.columns import label
    from expatsim.sweeps.page import MEANING, leading, ranked
    from expatsim.sweeps.sensitivity import NO_EFFECT, NOISE

    said = []
    for name in names[:MOST_INPUTS]:
        some = table[table["outcome"] == name]
        index = leading(some)
        notes = some[some["index"] == index].set_index("input")["note"]
        told = notes.index[notes == ""]
        values = ranked(table, name)[index]
        strongest = values[values.index.isin(told)].head(2).items()
        inputs = ", then ".join(f"{x} ({number(value, 2)})" for x, value in strongest)
        none = "nothing, in any run" if (notes == NO_EFFECT).all() else f"nothing ({NOISE})"
        said.append(f"for “{label(name)}” {inputs or none}")
    meaning = MEANING[index].partition(":")[0]
    more = f"; {len(names) - MOST_INPUTS} more outcomes below" if len(names) > MOST_INPUTS else ""
    return f"What matters most in this sweep: {'; '.join(said)}{more} (numbers: {meaning})."


def of_run(frame: pd.DataFrame, outcome: str, title: str) -> str:
    """What a projection says of one outcome.

    Parameters
    ----------
    frame : pandas.DataFrame
        From :meth:`expatsim.result.Result.summary`, of one scenario.
    outcome : str
        Name of the outcome.
    title : str
        Title of the scenario.
    """
    row, x = frame.set_index("outcome").loc[outcome], OUTCOMES[outcome]
    if not row["draws"]:
        return f"In “{title}” nothing can be said: in no draw is there anybody to look at."
    scale = 100 if x.is_share else 1
    low, middle, high = (number(scale * row[n]) for n in ("low", "median", "high"))
    if x.way_in:
        who = "newcomers" if x.way_in == NEWCOMERS else "people here at the start"
        what = f"about {middle} of every 100 {who} are still here {x.row}"
    elif x.is_share:
        what = f"“{x.label}” holds for about {middle} of every 100"
    elif x.name == "people":
        what = f"about {middle} expats are in the city at the end"
    else:
        what = f"expats together live about {middle} years in the city"
    range_ = f"{_name_of_range(row)} {low} to {high}"
    return f"In “{title}” {what} ({range_}): a projection, no forecast."


def of_lives(numbers: pd.DataFrame, years: int) -> str:
    """How many stay and leave because of a policy.

    Parameters
    ----------
    numbers : pandas.DataFrame
        ``numbers`` from :func:`expatsim.lives`: a row for each draw.
    years : int
        Years after which people are compared.
    """
    _, people, stay, leave = (numbers[c] for c in numbers.columns)
    if math.isclose(people.sum(), 0):
        return f"After {years_in_words(years)} there is nobody to look at."
    return (
        f"Of {people.mean():,.0f} simulated people in a draw, {stay.mean():,.0f} are still here "
        f"after {years_in_words(years)} because of the policy, and {leave.mean():,.0f} have left "
        f"because of it (mean of {len(numbers)} draws): stories of the model, no evidence."
    )
