"""What people write out of habit is understood, or told in words that they know."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from expatsim.cli.commands import app
from expatsim.errors import InputError
from expatsim.inputs.aliases import ALIASES, absent, city_meant, key_meant
from expatsim.inputs.encoding import Unreadable, decode
from expatsim.inputs.numbers import advice, ambiguous
from expatsim.model.levers import LEVERS
from expatsim.scenario import check, load
from expatsim.scenario.schema import ScenarioFile
from expatsim.text import visible

GOOD = "title: t\ncity: rotterdam\n"
JARGON = ("yaml", "block", "scalar", "token", "mapping", "node", "stream", "Traceback")


@pytest.fixture
def problems(tmp_path):
    """Problems of a text as a list of lines without the name of the file."""
    path = tmp_path / "s.yaml"

    def of(content: str | bytes) -> list[str]:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [line.removeprefix(f"{path}:") for line in check([path])]

    return of


ONE_LINE = {
    # numbers
    "point for thousands": (
        GOOD + "costs:\n  nightlife:\n    per_year: 150.000\n",
        (
            "5: costs.nightlife.per_year: 150.000 may stand for thousands; "
            "write 150000 for 150 thousand, or 150.0 for 150"
        ),
    ),
    "comma for thousands between braces": (
        GOOD + "costs:\n  nightlife: {per_year: 150,000, per_unit: 1.0}\n",
        (
            "4: costs.nightlife.per_year: must be a number, not '150,000' "
            "(allowed: 0 to 1,000,000,000); write 150000 for 150 thousand, or 150.0 for 150"
        ),
    ),
    "two commas between braces": (
        GOOD + "costs: {nightlife: {per_year: 1,200,000}}\n",
        "3: costs.nightlife.per_year: must be a number, not '1,200,000'",
    ),
    "euros as in a letter": (
        GOOD + "costs: {nightlife: {per_year: € 1.200.000,-}}\n",
        (
            "3: costs.nightlife.per_year: must be a number, not '€ 1.200.000,-' "
            "(allowed: 0 to 1,000,000,000); write 1200000"
        ),
    ),
    "a year's worth": (
        GOOD + "value_per_expat_year: 5.000\n",
        "3: value_per_expat_year: 5.000 may stand for thousands; write 5000 for 5 thousand, or 5.0",
    ),
    "people": (
        GOOD + "population: {inflow: 1.200}\n",
        (
            "3: population.inflow: 1.200 may stand for thousands; "
            "write 1200 for 1 thousand 200, or 1.2"
        ),
    ),
    "people later": (
        GOOD + "changes:\n  - date: 2012-01\n    inflow: 1.200\n",
        "5: changes.1.inflow: 1.200 may stand for thousands",
    ),
    "whole people": (
        GOOD + "population:\n  stock: 5.000\n",
        (
            "4: population.stock: must be a whole number, not 5.0 (allowed: 1 to 1,000,000); "
            "write 5000 for 5 thousand, or 5"
        ),
    ),
    "people whom a lever reaches": (
        GOOD + "policy:\n  mentor_projects: {people_a_year: 1.200}\n",
        "4: policy.mentor_projects.people_a_year: 1.200 may stand for thousands",
    ),
    "words for thousands": (
        GOOD + "value_per_expat_year: 1,2 mln\n",
        (
            "3: value_per_expat_year: must be a number, not '1,2 mln' "
            "(allowed: more than 0, to 1,000,000,000); write 1200000"
        ),
    ),
    "decimal comma": (
        GOOD + "policy:\n  english_information: 0,8\n",
        (
            "4: policy.english_information: must be a number, not '0,8' "
            "(allowed: 0 to 1, share); write 0.8"
        ),
    ),
    "decimal comma between braces": (
        GOOD + "policy: {english_information: 0,8, nightlife: 1}\n",
        (
            "3: policy.english_information: must be a number, not '0,8' "
            "(allowed: 0 to 1, share); write 0.8"
        ),
    ),
    "decimal comma of a change": (
        GOOD + "policy: {english_information: {add: 0,2}}\n",
        "3: policy.english_information: add: '0,2' is not a number (allowed: -1 to 1); write 0.2",
    ),
    "percent": (
        GOOD + "policy:\n  english_information: 80%\n",
        (
            "4: policy.english_information: must be a number, not '80%' "
            "(allowed: 0 to 1, share); 80 % is 0.8"
        ),
    ),
    "percent without its mark": (
        GOOD + "policy:\n  english_information: 80\n",
        "4: policy.english_information: 80 is out of range (allowed: 0 to 1, share); 80 % is 0.8",
    ),
    "people for a share": (
        GOOD + "policy:\n  mentor_projects: 200\n",
        (
            "4: policy.mentor_projects: 200 is out of range (allowed: 0 to 1, share); "
            "for a number of people write {people_a_year: 200}"
        ),
    ),
    "number in quotes": (
        GOOD + 'years: "5"\n',
        "3: years: must be a whole number, not '5' (allowed: 1 to 30); write 5, without quotes",
    ),
    "a year for a month": (
        GOOD + "start: 2013\n",
        "3: start: 2013 is not a month; write year and month, such as 2010-01",
    ),
    "a very long number": (
        GOOD + f"seed: 0x{'f' * 9000}\n",
        "3: seed: must be a whole number, not",
    ),
    "three decimals of euros": (
        GOOD + "value_per_expat_year: 0.125\n",
        "3: value_per_expat_year: 0.125 may stand for thousands; write 125, or 0.1250 for 0.125",
    ),
    "three decimals after four digits": (
        GOOD + "population: {inflow: 1200.000}\n",
        "3: population.inflow: 1200.000 may stand for thousands; write 1200000 for 1200 thousand",
    ),
    "a point and an underscore": (
        GOOD + "costs: {nightlife: {per_year: 1.200_000}}\n",
        "3: costs.nightlife.per_year: 1.200_000 may stand for thousands; write 1200000",
    ),
    "nobody": (
        GOOD + "policy: {mentor_projects: {people_a_year: ~}}\n",
        "3: policy.mentor_projects: people_a_year is empty (allowed: 0 to 1,000,000)",
    ),
    "a group for people": (
        GOOD + "policy: {mentor_projects: {people_a_year: {a: 5}}}\n",
        "3: policy.mentor_projects: people_a_year: a group of keys is not a number (allowed: 0 to",
    ),
    "too many people for a lever": (
        GOOD + "policy: {mentor_projects: {people_a_year: 5000000}}\n",
        "3: policy.mentor_projects: people_a_year: 5,000,000 is out of range (allowed: 0 to 1,000,",
    ),
    # layout
    "a key on the line of its group": (
        GOOD + "policy: nightlife: 1\n",
        "3: policy: what belongs to it stands indented on the lines below, `nightlife: 1`",
    ),
    "a brace that never began": (
        GOOD + "population: stock: 200, inflow: 60}\n",
        (
            "3: population: what belongs to it stands indented on the lines below, `stock: 200`, "
            "`inflow: 60`"
        ),
    ),
    "an entry on the line of its list": (
        GOOD + "changes: date: 2012-01\n",
        "3: changes: what belongs to it stands indented on the lines below, `- date: 2012-01`",
    ),
    "text that is not indented": (
        GOOD + "description: |\ntext here\nmore\n",
        "4: description: indent the text below the |",
    ),
    "text with a colon that is not indented": (
        GOOD + "description: >\ntext here: more\n",
        "4: unknown key 'text here'; description: indent the text below the >",
    ),
    "text that is indented": (
        GOOD + "description: |\n  text\nyears 2\nseed: 1\n",
        "5: no colon: write `years: 2`",
    ),
    "a lever below its costs": (
        GOOD + "costs:\nmentor_projects:\n  per_year: 5\n",
        "4: unknown key 'mentor_projects'; it belongs under costs; indent it",
    ),
    "no colon in an entry": (
        GOOD + "changes:\n- date 2012-01\n  climate: -1\n",
        "4: no colon: write `date: 2012-01`",
    ),
    "no space after the dash": (
        GOOD + "changes:\n  -date: 2012-01\n   climate: -1\n",
        "4: an entry begins with `- `, with a space: `- date: ...`",
    ),
    "a dash of a text processor": (
        GOOD + "changes:\n  – date: 2012-01\n    climate: -1\n",
        "4: an entry begins with `- `, with a space: `- date: ...`",
    ),
    "a title with a dash": (
        "title: - x\ncity: rotterdam\n",
        "1: title: text that begins with - goes in quotes",
    ),
    "a title with a question mark": (
        "title: ? x\ncity: rotterdam\n",
        "1: title: text that begins with ? goes in quotes",
    ),
    "a colon between braces": (
        GOOD + "changes:\n  - {date: 2012-01, note: trial: one, climate: -1}\n",
        '4: note: text with a colon goes in quotes: note: "trial: one"',
    ),
    "a comment that hides a brace": (
        GOOD + "population: {stock: 12.500 # x}\nyears: 3\n",
        "3: the } stands after a #, which begins a comment; put it before",
    ),
    "a semicolon between braces": (
        GOOD + "population: {stock: 200; inflow: 60}\n",
        "3: between braces a comma goes before the next key: {stock: 200, inflow: ...}",
    ),
    "no comma between braces": (
        GOOD + "population: {stock: 200 inflow: 60}\n",
        "3: between braces a comma goes before the next key: {stock: 200, inflow: ...}",
    ),
    "a space before everything": (
        " title: t\ncity: rotterdam\n",
        "1: a space stands before the first key; begin it in the first column",
    ),
    "tabs": (GOOD + "policy:\n\tnightlife: 1\n", "4: indent with spaces, not tabs"),
    "tab later": (GOOD + "policy:\n  nightlife: 1\n\tx: 1\n", "5: indent with spaces, not tabs"),
    "title with a colon": (
        "title: Plan B: Engels eerst\ncity: rotterdam\n",
        '1: title: text with a colon goes in quotes: title: "Plan B: Engels eerst"',
    ),
    "description with a colon": (
        GOOD + "description:\n  Wij doen: veel\n",
        "3: description: must be text, not a group of keys; text with a colon goes in quotes",
    ),
    "no colon": (GOOD + "policy\n  nightlife: 1\n", "3: no colon: write `policy:`"),
    "no colon at the first line": ("title t\ncity: rotterdam\n", "1: no colon: write `title: t`"),
    "no colon after a lever": (
        GOOD + "policy:\n  english_information 0.8\n",
        (
            "4: policy: must be indented `key: value` lines, not 'english_information 0.8'; "
            "write `english_information: 0.8`"
        ),
    ),
    "no colon after the first of two": (
        GOOD + "policy:\n  english_information 0.8\n  nightlife: 1\n",
        "4: no colon: write `english_information: 0.8`",
    ),
    "no space after the colon": (
        GOOD + "policy:\n  nightlife:1\n",
        (
            "4: policy: must be indented `key: value` lines, not 'nightlife:1'; "
            "write a space after the colon, `nightlife: 1`"
        ),
    ),
    "only a word": ("title t\n", "1: a scenario is a list of `key: value` lines, beginning with"),
    "too deep": (
        "title: t\n  city: rotterdam\n",
        "2: the indentation does not fit the lines above",
    ),
    "not deep enough": (
        GOOD + "policy:\n    nightlife: 1\n  dutch_practice: 2\n",
        "5: the indentation does not fit the lines above",
    ),
    "no indentation": (
        GOOD + "policy:\nnightlife: 1\n",
        "4: unknown key 'nightlife'; it belongs under policy; indent it",
    ),
    "a key of the file in a group": (
        GOOD + "policy:\n  years: 5\n",
        "4: unknown key 'policy.years'; it belongs at the beginning of a line, not indented",
    ),
    "an apostrophe": (
        "title: 't Zuid\ncity: rotterdam\n",
        "1: the quote that begins here does not",
    ),
    "quotes in a title": (
        'title: "Plan" B\ncity: rotterdam\n',
        "1: title: text goes on after its closing quote; use the other quotes",
    ),
    "a title in brackets": (
        "title: [draft] Plan\ncity: rotterdam\n",
        "1: title: text that begins with [ goes in quotes",
    ),
    "a title with an ampersand": (
        "title: @home\ncity: rotterdam\n",
        "1: title: text that begins with @ goes in quotes",
    ),
    "an important title": ("title: !wow\ncity: rotterdam\n", "1: tag '!wow' is not allowed; text"),
    "a tag on a group": (GOOD + "policy: !new {nightlife: 1}\n", "3: tag '!new' is not allowed"),
    "a bracket that stays open": (GOOD + "policy: {nightlife: 1\n", "3: the { here has no }"),
    "unusual space": (
        "title: t\ncity:\u00a0rotterdam\nyears: 3\n",
        "2: an unusual space (\\xa0) stands here; use ordinary spaces",
    ),
    "unusual spaces for indentation": (
        GOOD + "policy:\n\u00a0\u00a0nightlife: 1\n",
        "4: unknown key '\\xa0\\xa0nightlife': an unusual space (\\xa0) stands here; use ordinary",
    ),
    "two files in one": (
        GOOD + "---\n" + GOOD,
        "3: a second text begins here (---); one file holds a scenario, no more",
    ),
    "UTF-16 with a mark": (GOOD.encode("utf-16"), " saved as UTF-16; save the file as UTF-8"),
    "UTF-16 without": (GOOD.encode("utf-16-be"), " saved as UTF-16; save the file as UTF-8"),
    "UTF-32": (GOOD.encode("utf-32"), " saved as UTF-32; save the file as UTF-8"),
    "two marks": (b"\xef\xbb\xbf" * 2 + GOOD.encode(), " begins with two byte-order marks"),
    # empty
    "a title of spaces": ("title: '   '\ncity: rotterdam\n", "1: title: must not be empty"),
    "an empty entry": (GOOD + "changes:\n-\n", "4: changes.1 is empty"),
    "empty city": (
        "title: t\ncity:\n",
        "2: city is empty; give as city one of rotterdam, den_haag",
    ),
    "no city": ("title: t\ncity: ~\n", "2: city is empty"),
    "empty base": ("title: t\nbased_on: null\n", "2: based_on is empty; give as city one of"),
    "empty title": ("title:\ncity: rotterdam\n", "1: title is empty"),
    "both empty": ("title: t\ncity:\nbased_on:\n", "2: city is empty"),
    # names
    "The Hague": (
        "title: t\ncity: The Hague\n",
        (
            "2: city: 'The Hague' is not one of rotterdam, den_haag, rotterdam_2025, "
            "den_haag_2025; did you mean 'den_haag'?"
        ),
    ),
    "'s-Gravenhage": ('title: t\ncity: "\'s-Gravenhage"\n', '2: city: "\'s-Gravenhage" is not one'),
    "another city": (
        "title: t\ncity: Eindhoven\n",
        (
            "2: city: 'Eindhoven' is not one of rotterdam, den_haag, rotterdam_2025, "
            "den_haag_2025; "
            "only Rotterdam and The Hague have survey tables; "
            "a city of your own: `expatsim city new`"
        ),
    ),
    "housing": (
        GOOD + "policy:\n  housing: 1\n",
        "4: unknown key 'policy.housing'; did you mean 'housing_supply'?",
    ),
    "rent": (
        GOOD + "policy:\n  rent: 1\n",
        (
            "4: policy.rent: rents and other housing costs are not in the model (the report has "
            "one grade for all of it, and nothing about its causes); nearest is housing_supply"
        ),
    ),
    "rent in a change": (
        GOOD + "changes:\n  - date: 2012-01\n    huur: 1\n",
        "5: changes.1.huur: rents and other housing costs are not in the model (",
    ),
    "visas": (
        GOOD + "policy: {visa: 1}\n",
        (
            "3: policy.visa: visas and permits are not in the model (the same law in both "
            "cities); what is: desk_visibility, "
        ),
    ),
    "the 30 percent rule": (
        GOOD + "policy: {30%-regeling: 1}\n",
        (
            "3: policy.30%-regeling: taxes are not in the model (the same in both cities; for the "
            "30 percent rule an effect on arrivals is known (EXT-43), on leaving none); nearest is "
            "population.inflow"
        ),
    ),
    "the cost of schools": (
        GOOD + "costs: {scholen: {per_year: 1}}\n",
        "3: unknown key 'costs.scholen'; did you mean 'education'?",
    ),
    "school fees": (
        GOOD + "costs: {schoolgeld: {per_year: 1}}\n",
        "3: costs.schoolgeld: school fees, school places and child care are not in the model (",
    ),
    "a title in a change": (
        GOOD + "changes:\n  - date: 2012-01\n    Title: x\n",
        "5: unknown key 'changes.1.Title'; 'title' belongs at the beginning of a line, not",
    ),
    "people in Dutch": (
        GOOD + "population: {mensen: 500}\n",
        "3: unknown key 'population.mensen'; did you mean 'stock'?",
    ),
    "schools": (
        GOOD + "schools: 1\n",
        "3: unknown key 'schools'; 'education' belongs under policy; indent it",
    ),
}


@pytest.mark.parametrize("case", ONE_LINE)
def test_one_line_in_words_that_people_know(case: str, problems) -> None:
    content, expected = ONE_LINE[case]
    (line,) = problems(content)
    assert line.startswith(expected), line
    assert len(line) < 300
    assert not any(word in line for word in JARGON), line


FINE = {
    "three decimals of a share": "policy: {english_information: 0.125}\n",
    "a digit more": "costs: {nightlife: {per_year: 150.0000}}\n",
    "underscores": "population: {stock: 5_000, inflow: 1_200}\n",
    "an exponent": "costs: {nightlife: {per_year: 1e5}}\n",
    "less than one": "costs: {mentor_projects: {per_participant: 0.1250, per_year: 0.25}}\n",
    "nothing with three decimals": "costs: {nightlife: {per_year: 0.000}}\n",
    "text with a dash between words": "changes:\n  - {date: 2012-01, note: a - b}\n",
    "a climate": "climate: 1.250\n",
    "a city that is empty, as a base is given": "",
    "a title that looks like a number": "author: 2013-01-01\ndescription: '150.000'\n",
    "groups that are empty": "policy:\npopulation:\ncosts:\nchanges: []\n",
    "the Norwegian author": "author: no\n",
}


@pytest.mark.parametrize("case", FINE)
def test_what_is_fine(case: str, problems, tmp_path) -> None:
    begin = GOOD
    if "base" in case:
        (tmp_path / "r.yaml").write_text(GOOD)
        begin = "title: t\ncity:\nbased_on: r\n"
    assert problems(begin + FINE[case]) == []


@given(st.integers(1000, 999_999_999), st.sampled_from("., '"), st.booleans())
def test_thousands_are_never_taken_for_units(number: int, mark: str, decimals: bool) -> None:
    text = f"{number:,}".replace(",", mark)
    told = advice(text + ("" if not decimals or mark == "," else ",50"), "euros")
    assert told.startswith(f"write {number}")
    assert ambiguous(text) == (mark in ".," and number < 1_000_000)


@given(st.decimals(0, 999, places=3), st.sampled_from([".", ","]))
def test_what_is_advised_is_read_as_it_says(number, mark: str) -> None:
    text = f"{number}".replace(".", mark)
    told = advice(text, "euros")
    values = [float(word) for word in told.replace(",", "").split() if word[:1].isdigit()]
    assert float(number) in values
    if ambiguous(text):
        assert float(number * 1000) in values


@pytest.mark.parametrize(
    "name", ["den_haag", "Den Haag", "the-hague", "The Hague", "'s-Gravenhage"]
)
def test_the_hague_has_many_names(name: str, tmp_path) -> None:
    (tmp_path / "den-haag.yaml").write_text("title: t\ncity: den_haag\n")
    (tmp_path / "s.yaml").write_text(f'title: t\nbased_on: "{name}"\n')
    (line,) = check([tmp_path / "s.yaml"])
    assert line.endswith("did you mean 'den-haag'?")


def test_every_other_word_leads_to_a_key() -> None:
    for key, words in ALIASES.items():
        assert all(key_meant(word) == key for word in words.split()), key
    assert key_meant("Aantal jaren") == "years"
    assert key_meant("stad") == "city"
    assert {city_meant(x) for x in ("Den Haag", "den-haag", "'s-Gravenhage", "The Hague")} == {
        "den_haag"
    }
    assert city_meant("Utrecht") is None


def test_dutch_keys(problems) -> None:
    text = "titel: t\nstad: rotterdam\njaren: 5\nbeleid: {engels: 1}\nkosten: {}\nbevolking: {}\n"
    assert [line.partition("mean ")[2] for line in problems(text)[1:]] == [
        "'title'?", "'city'?", "'years'?", "'policy'?", "'costs'?", "'population'?",
    ]  # fmt: skip
    (line,) = problems(GOOD + "policy: {Engelse informatie: 1}\n")
    assert line.endswith("did you mean 'english_information'?")


def test_what_the_model_has_is_never_called_absent() -> None:
    known = [*LEVERS, *ScenarioFile.model_fields, *(w for x in ALIASES.values() for w in x.split())]
    for name in known:
        assert (
            key_meant(name) or name in LEVERS or name in ScenarioFile.model_fields or absent(name)
        )
    assert not any(absent(name) for name in (*LEVERS, *ScenarioFile.model_fields))
    for name in ("huurprijs", "30%_ruling", "school_places", "partner_visa", "wijk_zuid", "visa"):
        assert absent(name), name


def test_json_is_a_scenario_too(tmp_path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text('{\n\t"title": "\\ud83d\\ude00 a\\/b",\n\t"city": "rotterdam"\n}')
    assert load(path).title == "😀 a/b"
    path.write_text('{"title": "t", "city": "rotterdam", "policy": {"\\ud83d\\ude00": 1}}')
    assert "unknown key 'policy.😀'" in check([path])[0]
    path.write_text('{"title": "\\ud83d", "city": "rotterdam"}')
    assert "half a character" in check([path])[0]


@pytest.mark.parametrize("mark", [" = ", "=", "= ", "; ", ";", "\uff1a", " \uff1a ", " "])
@pytest.mark.parametrize("before", [GOOD, ""])
def test_what_is_advised_for_a_colon_can_be_followed(mark: str, before: str, problems) -> None:
    rest = "" if before else GOOD
    (line,) = problems(f"{before}years{mark}2\n{rest}")
    assert line.startswith("3: " if before else "1: ")
    assert line.endswith("write `years: 2`")
    (line,) = problems(f"{GOOD}policy:\n  nightlife{mark}1\n")
    assert line.startswith("4: ")
    assert line.endswith("write `nightlife: 1`")


@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=30),
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
    st.sampled_from([b"", b"\n", b"\0"]),
)
def test_wide_texts_are_told_from_binary_files(text: str, encoding: str, end: bytes) -> None:
    with pytest.raises(Unreadable, match=r"^saved as UTF-(16|32); save the file as UTF-8$"):
        decode(f"title: {text}".encode(encoding) + end)


@pytest.mark.parametrize("mark", "\x00\x07\x7f\x80\x9f\ufffe\uffff")
def test_characters_that_no_text_has(mark: str, problems) -> None:
    (line,) = problems(f"title: t\ncity: rotterdam\nauthor: a{mark}b\n")
    if mark != "\0":
        assert line.startswith(f"3: a character that no text has (U+{ord(mark):04X}) stands here")
    assert "unacceptable" not in line


def test_a_half_character_has_its_line(problems) -> None:
    (line,) = problems(GOOD.encode() + "author: \ud800\n".encode("utf-8", "surrogatepass"))
    assert "line 3" in line


def test_a_link_that_leads_nowhere_is_not_offered(tmp_path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "gone.yaml").symlink_to("nothing.yaml")
    for name in ("loop", "gone"):
        (tmp_path / "s.yaml").write_text(f"title: t\nbased_on: {name}\n")
        for path in (tmp_path / "s.yaml", tmp_path / f"{name}.yaml"):
            (line,) = check([path])
            assert "did you mean" not in line


def test_a_name_in_another_folder_is_hinted_at_with_its_folder(tmp_path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "e.yml").write_text(GOOD)
    (tmp_path / "s.yaml").write_text("title: t\nbased_on: sub/e.yaml\n")
    assert check([tmp_path / "s.yaml"])[0].endswith("did you mean 'sub/e'?")
    (tmp_path / "s.yaml").write_text("title: t\nbased_on: sub/e\n")
    assert check([tmp_path / "s.yaml"]) == []


MANY = {
    "keys": "".join(f"k{i}: 1\n" for i in range(100_000)),
    "the same key": "years: 3\n" * 100_000,
    "levers": "policy:\n" + "".join(f"  k{i}: 1\n" for i in range(80_000)),
    "aliases": f"changes: [{'*a,' * 300_000}]\n",
    "commas": f"changes: [{'1,' * 450_000}]\n",
    "brackets": "changes: " + "[" * 900_000,
    "braces": "changes: " + "{" * 900_000,
    "dashes": "changes:\n" + "- " * 450_000,
    "questions": "? " * 450_000,
    "long lines": "x" * 900_000 + ": 1\n",
    "entries": "changes:\n" + "- x\n" * 200_000,
    "bad dates": "changes:\n" + "- {date: 1}\n" * 70_000,
    "quotes": 'author: "' + "\\" * 900_000,
    "texts": "---\n" * 200_000,
}


@pytest.mark.parametrize("case", MANY)
def test_of_very_many_mistakes_twenty_are_told(case: str, problems) -> None:
    from time import process_time

    begun = process_time()
    found = problems(GOOD + MANY[case])
    assert process_time() - begun < 5  # seconds; two on an idle machine
    assert 1 <= len(found) <= 21
    assert all(len(line) < 300 and "\n" not in line for line in found)
    if len(found) == 21:
        assert found[-1].startswith("and ")


def test_a_million_mistakes_have_a_count(problems) -> None:
    found = problems(GOOD + "".join(f"k{i}: 1\n" for i in range(5000)))
    assert found[-1] == "and 4,980 more"


@pytest.mark.parametrize("many", ["k{}: 1\n", "- {{date: 1}}\n"])
def test_a_file_too_long_to_read_has_its_first_mistakes_told(many: str, problems) -> None:
    begin = GOOD + ("changes:\n" if many[0] == "-" else "")
    found = problems(begin + "".join(many.format(k) for k in range(60_000)))
    first = begin.count("\n") + 1
    assert [int(line.split(":")[0]) for line in found[:-1]] == list(range(first, first + 20))
    assert found[-1].endswith("more; more than 25,000 keys and values, so the rest was not read")
    # what is missing may stand in what was not read
    found = problems("".join(f"k{k}: 1\n" for k in range(60_000)) + GOOD)
    assert not any("missing" in line for line in found)


def test_files_that_are_none(tmp_path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "shut").mkdir(mode=0)
    for name in ("loop", "pipe", "zero", "shut/x", "x" * 300, "a\0b", "shut", "."):
        for text in (None, f"title: t\nbased_on: {name!r}\n".replace("\\x00", "\\0")):
            path = tmp_path / f"{name}.yaml"
            if text is not None:
                path = tmp_path / "s.yaml"
                path.write_text(text.replace("'", '"'))
            (line,) = check([path])
            assert len(line.replace(str(tmp_path), "")) < 400


def test_a_terminal_is_sent_no_commands(tmp_path) -> None:
    path = tmp_path / "a\x1b[31mb.yaml"
    path.write_text('title: t\ncity: rotterdam\n"\\e[2J\\u202ex": 1\nauthor: 5\n')
    done = subprocess.run(
        [sys.executable, "-m", "expatsim.cli", "check", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "\x1b" not in done.stderr + done.stdout
    assert "\u202e" not in done.stderr
    assert "\\x1b[31mb.yaml:3: unknown key '\\x1b[2J\\u202ex'" in done.stderr.replace("\\\\", "\\")


@given(st.text())
def test_every_message_is_one_line_that_can_be_printed(text: str) -> None:
    (line,) = InputError(text).problems
    assert line == visible(text)
    assert len(line.splitlines()) <= 1
    line.encode()
    assert visible(line) == line
    if text.isascii() and text.isprintable():
        assert line == text


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("3.000.000", "write 3000000"),
        ("3,000,000", "write 3000000"),
        ("150.000", "150.000 may stand for thousands; write 150000 for 150 thousand, or 150.0"),
        ("€ 150.000", "write 150000 for 150 thousand, or 150.0 for 150"),
        ("much", "must be a number, not 'much'"),
    ],
)
def test_a_budget_is_read_as_in_a_file(written: str, told: str) -> None:
    result = CliRunner().invoke(app, ["plan", "no.yaml", "--budget", written])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_budget_in_digits_is_taken() -> None:
    result = CliRunner().invoke(app, ["plan", "no.yaml", "--budget", "3e6"])
    assert isinstance(result.exception, InputError)  # what is missing is the scenario
