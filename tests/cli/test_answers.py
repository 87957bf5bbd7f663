"""The answer comes first, claims no more than the labels, and what follows fits on a screen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from expatsim.analysis.uncertainty import GRADES, SOURCES
from expatsim.cli import answers, knowing, short, terminal, tipping
from expatsim.findings import turns
from expatsim.findings.labels import columns
from expatsim.findings.outcomes import OUTCOMES
from expatsim.model.levers import LEVERS
from expatsim.posterior.power_scaling import LITTLE, UNSURE
from expatsim.text import width
from helpers import printed, small

TITLES = {"base": "Rotterdam", "mentors": "Mentors", "desk": "Desk"}
BEFORE = np.linspace(-1, 1, 64)


def row(outcome: str, difference: np.ndarray, prefix: str = "", before=BEFORE) -> dict:
    """A row of a table, with the labels that the rules give."""
    x = OUTCOMES[outcome]
    told = columns(difference, x.smallest(), 100.0, prefix=prefix, before=before)
    return {"outcome": outcome, "label": x.label, "mean": difference.mean(), **told}


def summary(**differences: np.ndarray) -> pd.DataFrame:
    rows = [{"scenario": "base", "outcome": x, "draws": 50} for x in OUTCOMES]
    for name, difference in differences.items():
        rows += [
            {"scenario": name, "draws": 50, **row(x, difference, "difference_")} for x in OUTCOMES
        ]
    return pd.DataFrame(rows)


SMALL, LARGE = np.linspace(-0.02, 0.03, 50), np.linspace(0.01, 0.05, 50)


def test_the_best_of_several_is_named_with_both_labels() -> None:
    frame = summary(mentors=LARGE, desk=SMALL)
    said = answers.of_comparison(frame, TITLES, "newcomers_5", "measures")
    assert said == (
        "Of the 2 measures compared with “Rotterdam”, “Mentors” keeps most people in the middle "
        "draw: about 3.0 more of every 100 newcomers are still here 5 years after arrival (90 % "
        "interval +1.2 to +4.8); in the model this is clear, and it is measured."
    )
    frame = summary(mentors=-LARGE, desk=SMALL)
    said = answers.of_comparison(frame, TITLES, "newcomers_5")
    assert "none is clearly or likely better; nearest is “Desk”" in said
    assert "the model is undecided" in said


@pytest.mark.parametrize(
    ("difference", "before", "words"),
    [
        (LARGE, "assumption only", "in the model this is clear, and it rests on assumption only."),
        (-LARGE, "assumption only", "about 3.0 fewer of every 100"),
        (SMALL, "not known", "the model is undecided, and what it rests on is not known."),
        (np.linspace(-0.004, 0.004, 50), "assumption only", "that is practically no difference"),
        (np.zeros(50), "measured", "does not change: it is exactly the same in every draw."),
        (LARGE[:3], "measured", "too few different draws for a verdict (40 are needed)"),
        (np.full(50, np.nan), "measured", "in no draw is there anybody to look at."),
    ],
)
def test_a_sentence_claims_what_its_labels_do(difference, before, words) -> None:
    titles = dict(list(TITLES.items())[:2])
    told = {"scenario": "mentors", **row("newcomers_5", difference, "difference_", before)}
    said = answers.of_comparison(pd.DataFrame([told]), titles, "newcomers_5")
    assert words in said
    assert "nan" not in said
    assert "-0.0" not in said
    if told["verdict"] not in answers.SURE:
        assert "clear" not in said
        assert "likely" not in said


def parts() -> pd.DataFrame:
    levers = {"package": LARGE, "desk": 0.2 * LARGE, "mentors": 0.8 * LARGE}
    effects = ("share", "alone", "lost without it")
    return pd.DataFrame(
        [
            {"lever": lever, "effect": effect, **row(outcome, x)}
            for outcome in ("newcomers_5", "welcome")
            for lever, x in levers.items()
            for effect in effects
        ]
    )


def test_parts_come_largest_first() -> None:
    said = answers.of_parts(parts(), "newcomers_5", "Rotterdam", "Both")
    assert "Its parts, largest first: mentors +2.4; desk +0.6 (points" in said
    lines = printed(short.parts(parts(), "newcomers_5"), 80).split("\n")
    names = [x.split()[0] for x in lines if x.startswith(("mentors", "desk", "package"))]
    assert names == ["mentors", "desk", "package"]


def doses() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"english_information": x, **row(outcome, x * sign * LARGE)}
            for outcome, sign in (("newcomers_5", 1), ("some_dutch", -1))
            for x in (0, 1 / 3, 2 / 3, 1)
        ]
    )


def test_levels_have_sensible_digits_and_tell_what_else_changes() -> None:
    frame = doses()
    said = answers.of_levels(frame, "newcomers_5", "Rotterdam")
    assert said.startswith(
        "With “Letters, forms and city listings in English” (english_information) at 1 instead of"
    )
    assert "“Speak at least a little Dutch, at the end” is about 3.0 points lower, clear" in said
    nothing_else = frame.assign(verdict="too few draws")
    assert "Also there" not in answers.of_levels(nothing_else, "newcomers_5", "Rotterdam")
    shown = printed(short.levels(frame, "newcomers_5"), 80)
    assert "0.333 " in shown
    assert "0.3333" not in shown


def delays(costs: bool) -> pd.DataFrame:
    rows = []
    for years in range(4):
        for outcome, x in (("expat_years", 1000), ("people", 3000)):
            delay = row(outcome, -years * x * LARGE, "", "assumption only")
            prefixed = {f"delay_{k}": v for k, v in delay.items()} if years else {}
            rows.append({"years later": years, **row(outcome, x * LARGE), **prefixed})
        for outcome in ("extra_cost", "net_benefit") if costs else ():
            numbers = {"low": 1e6, "median": 1234567.0, "high": 2e6, "draws": 50}
            prefixed = {f"delay_{k}": -v for k, v in numbers.items()} if years else {}
            label = f"{outcome} over the whole period"
            rows.append(
                {"years later": years, "outcome": outcome, "label": label, **numbers, **prefixed}
            )
    return pd.DataFrame(rows)


def test_timing_says_what_a_delay_costs() -> None:
    said = answers.of_delays(delays(costs=True))
    assert said.startswith(
        "If it starts 3 years later instead of as planned, expats together live about 90 fewer"
    )
    assert "About 270 fewer expats are in the city at the end" in said
    assert "rests on assumption only" in said
    assert "It then costs €1,230,000 less over the projection." in said
    assert "euro" not in answers.of_delays(delays(costs=False))


def sources() -> pd.DataFrame:
    sizes = dict.fromkeys([*SOURCES, *GRADES], 0.02) | {"parameters": 1.38}
    return pd.DataFrame(
        [
            {"outcome": x, "source": s, "total": y, "total_low": y, "total_high": y, "draws": 64}
            for x in ("newcomers_5", "welcome")
            for s, y in sizes.items()
        ]
    )


def test_uncertainty_names_its_largest_source() -> None:
    said = answers.of_uncertainty(sources(), "newcomers_5", SOURCES)
    assert "is what we do not know about behaviour: were that all that is unknown, " in said
    assert "practically all of the variance would stay" in said
    assert "luck of single people 2 %" in said


def points(scenarios: list[str], outcomes: list[str]) -> pd.DataFrame:
    """Tipping points of one assumption, at which each answer is worth naming."""
    kinds = {f"{k}_{x}": 0.4 for k in ("prior", "posterior") for x in ("median", "low", "high")}
    held = {"holds": turns.ABOVE, "value": 0.23, "low": 0.1, "high": 0.4, "prior_high": 0.8}
    chance = {"prior_probability": 0.75, "posterior_probability": 0.7, "note": "", "direction": 1}
    told = {
        "parameter": "wish_welcome",
        "turn": turns.NAMED,
        "at": 0.005,
        **kinds,
        **held,
        **chance,
    }
    return pd.DataFrame(
        [
            {"scenario": s, "outcome": x, "label": OUTCOMES[x].label, **told}
            for s in scenarios
            for x in outcomes
        ]
    )


def test_tipping_points_are_told_in_sentences_and_fit_on_a_screen() -> None:
    base = small("rotterdam-mentor-projects")
    compared = [dataclasses.replace(base, name=f"s{k}", title=f"S {k}") for k in range(9)]
    one = points(["s0"], [x for x in OUTCOMES if OUTCOMES[x].is_share])
    said = tipping.tipping_answer(one, compared[:1])
    assert said.startswith("“S 0” raises “Newcomers still here 5 years after arrival” by half a")
    assert "only if wish_welcome (“feeling welcome”) is above 0.23" in said
    on_a_screen(tipping.short_table(one, compared[:1]))
    several = points([s.name for s in compared], ["newcomers_5"])
    nowhere = several["scenario"] != "s4"
    several.loc[nowhere, ["holds", "value"]] = [turns.NOWHERE, np.nan]
    said = tipping.tipping_answer(several, compared)
    assert said.startswith("1 of 9 can change “Newcomers still here 5 years after arrival” by so")
    assert "“S 4” raises" in said  # what is likeliest to hold comes first
    assert said.count("we assume") == tipping.MOST_SENTENCES
    on_a_screen(tipping.short_table(several, compared))
    several[["turn", "parameter"]] = np.nan
    several["note"] = turns.NOT_CARRIED
    said = tipping.tipping_answer(several, compared)
    assert "for 9 no single assumption carries it" in said
    on_a_screen(tipping.short_table(several, compared))


def test_power_scaling_says_what_an_answer_moves_with() -> None:
    found = {"prior": 0.12, "prior_noise": 0.03, "likelihood": 0.01, "likelihood_noise": 0.01}
    told = {**found, "diagnosis": LITTLE, "parameters": "wish_welcome, leave_choice", "draws": 40}
    frame = pd.DataFrame([{"outcome": x, **told} for x in OUTCOMES])
    said = answers.of_power_scaling(frame, "newcomers_5", {"wish_welcome": "feeling welcome"})
    assert said == (
        "“Newcomers still here 5 years after arrival”: it moves with what was assumed, and the "
        "data say little about it; most of it goes with “feeling welcome” (wish_welcome). Of the "
        f"other outcomes, for {len(OUTCOMES) - 1} the data say little."
    )
    frame["parameters"], frame["diagnosis"] = "", UNSURE
    assert "cannot be told" in answers.of_power_scaling(frame, "newcomers_5", {})
    on_a_screen(knowing.power_scaling_table(frame, "A title", whole=False))


def test_measures_are_named_in_words() -> None:
    frame = parts().replace({"lever": {"desk": "mentor_projects"}})
    names = {name: lever.label for name, lever in LEVERS.items()}
    said = answers.of_parts(frame, "newcomers_5", "Rotterdam", "Both", names)
    shown = printed(short.parts(frame, "newcomers_5", names), 80)
    for text in (said, " ".join(shown.split())):
        assert "mentor_projects" not in text
        assert "matched with" in text


@pytest.mark.parametrize("others", [1, 2, 3, 5, 40])
def test_a_comparison_fits_on_a_screen(others) -> None:
    names = {f"s{k}": LARGE for k in range(others)}
    frame = summary(**names)
    titles = {"base": "Rotterdam", **{n: f"Rotterdam with measure {n}" for n in names}}
    table = short.comparison(frame, "newcomers_5", titles)
    on_a_screen(table, room=22)


def test_costs_are_a_line_for_each_scenario() -> None:
    names = ["mentors", "desk", "events", "letters"]
    numbers = {"low": 2e3, "median": 5e4, "high": np.inf, "note": ""}
    rows = [
        {"scenario": name, "outcome": outcome, **numbers}
        for name in names
        for outcome in ("extra_cost", "extra_expat_years", "cost_per_expat_year")
    ]
    titles = {name: f"Rotterdam with measure {name}" for name in names}
    said = short.costs(pd.DataFrame(rows), titles, {"desk": ["no cost is given for nightlife"]})
    assert said[1] == "  Rotterdam with measure mentors: 50,000; 50,000 (2,000 to never)"
    assert "    note: no cost is given for nightlife" in said
    assert said[-1] == "  1 more: --all"
    assert len(said) <= 6
    assert short.costs(pd.DataFrame(), titles, {}) == []


def test_other_short_tables_fit_on_a_screen() -> None:
    on_a_screen(short.parts(parts(), "newcomers_5"))
    on_a_screen(short.delays(delays(costs=True)), room=25)
    on_a_screen(short.sources(sources(), "newcomers_5"))
    levels = pd.DataFrame([{"nightlife": x, **row("newcomers_5", LARGE)} for x in range(50)])
    on_a_screen(short.levels(levels, "newcomers_5"))


def on_a_screen(table, room: int = 23) -> None:
    """At 80 columns columns stand beside each other, in so many lines, and nothing is cut."""
    lines = printed(table, 80).rstrip("\n").split("\n")
    assert len(lines) <= room, "\n".join(lines)
    assert all(width(line) <= 80 for line in lines)
    assert any(set(line) == {"─"} for line in lines)
    assert "…" not in "".join(lines)
    assert "-0.0" not in "".join(lines)


@pytest.mark.parametrize("draws", [8, 100])
def test_only_enough_draws_have_a_90_percent_interval(draws) -> None:
    """In sentences, captions and headings alike, of every table of differences."""

    def of(frame: pd.DataFrame) -> pd.DataFrame:
        names = [c for c in frame if c.endswith("draws")]
        return frame.assign(**dict.fromkeys(names, draws))

    compared, gap = of(summary(mentors=LARGE)), of(parts())
    titles = {"base": "Rotterdam", "mentors": "Mentors"}
    response, delayed = of(doses()), of(delays(costs=True))
    alone = {"lever": "package", "effect": "interaction", **row("newcomers_5", SMALL)}
    both = pd.concat([gap[gap["outcome"] == "newcomers_5"], of(pd.DataFrame([alone]))])
    by_factor = gap[gap["effect"] == "share"].rename(columns={"lever": "factor"})
    said = [
        answers.of_comparison(compared, titles, "newcomers_5"),
        answers.of_levels(response, "newcomers_5", "Rotterdam"),
        answers.of_delays(delayed),
    ]
    tables = [
        short.comparison(compared, "newcomers_5", titles),
        short.parts(gap, "newcomers_5"),
        short.levels(response, "newcomers_5"),
        short.delays(delayed),
        terminal.measures_table(both, "A", "B"),
        terminal.decomposition_table(by_factor, "A", "B"),
        terminal.responses_table(response, "A"),
    ]
    for text in [*said, *(str(table.caption) for table in tables)]:
        assert ("90 %" in text) == (draws == 100), text
        assert ("most of these draws" in text) == (draws == 8), text


def test_lives_that_nothing_changed_are_said_to_be_so() -> None:
    columns_ = ["draw", "people", "stays because of it", "leaves because of it"]
    tables = {
        "numbers": pd.DataFrame([[0, 200, 0, 0]], columns=columns_),
        "profile": pd.DataFrame(columns=["who", "all", "stay", "leave"]),
        "chains": pd.DataFrame(columns=["ending", "people", "chain"]),
    }
    assert "after 1 year because" in answers.of_lives(tables["numbers"], 1)
    numbers, _, chains = terminal.lives_tables(tables, 1)
    assert numbers.title == "Lives changed after 1 year"
    assert "nobody stays or leaves because of it" in str(chains.caption)
