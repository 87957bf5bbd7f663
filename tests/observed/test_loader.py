"""The packaged tables are whole, placed, and carry what is known to be wrong with them."""

from __future__ import annotations

import pytest

from expatsim import observed
from expatsim.cli.observed import print_table
from expatsim.errors import InputError


def test_all_rows_with_place_and_use() -> None:
    rows = observed.study_rows()
    assert len(rows) == 507
    assert rows["id"].is_unique
    for column in ("id", "table", "city", "variable", "category", "kind", "place", "use"):
        assert (rows[column] != "").all(), column
    assert set(rows["use"]) == {"calibration", "validation", "input", "context"}
    assert set(rows["table"]) == set(observed.tables()["table"])
    # a row has a number, an interval, or is one of the few that only have words
    wordy = rows[rows["value"].isna() & rows["low"].isna()]
    dates_and_texts = {"DES-005", "DES-006", "DES-007", "DES-008", "S41-013"}
    assert set(wordy["id"]) == dates_and_texts | {"CIT-009", "CIT-010", "T33-001"}
    assert (rows["low"].dropna() <= rows["high"].dropna()).all()


def test_external_facts() -> None:
    facts = observed.external()
    assert len(facts) == 53
    assert set(facts["use"]) == {"calibration", "prior", "input", "context"}
    assert (facts["source"] != "").all()


@pytest.mark.parametrize(
    ("name", "total"),
    [("T21", 75), ("T22", 75), ("T23", 75), ("T24", 75), ("T25", 75), ("T35", 75)],
)
def test_tables_of_the_sample_add_up(name: str, total: int) -> None:
    assert observed.table(name)["value"].sum() == total


def test_contract_and_wish_agree() -> None:
    fn12 = observed.table("FN12")
    for wish, count in observed.counts("T23", "rotterdam").items():
        assert fn12[fn12["category"] == wish]["value"].sum() == count
    assert fn12.groupby("n")["value"].sum().to_dict() == {"44": 44, "31": 31}


def test_counts_recovered_from_percentages_are_marked() -> None:
    rows = observed.study_rows().set_index("id")
    assert rows.loc[rows["table"].isin(["A2d", "T42d", "T41d"]), "derived"].all()
    assert rows.loc["S41-005", "derived"]
    assert not rows.loc[rows["table"] == "T35", "derived"].any()
    # recovered ages give back the printed percentages
    for city, n in (("rotterdam", 75), ("den_haag", 30)):
        ages = observed.counts("A2d", city)
        printed = observed.counts("A2", city, "age")
        assert {k: round(100 * v / n) for k, v in ages.items()} == printed


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("S32", "adds to 62"),
        ("T32", "72, 72 and 73"),
        ("JOB", "5 of 23"),
        ("T13", "10 in Tabel 1.3"),
        ("T12", "0.10 %"),
        ("T36", "72 respondents"),
        ("T42", "29 answers"),
        ("NAT", "mid 2008"),
        ("S41", "no printed denominator"),
    ],
)
def test_inconsistencies_are_printed_with_their_table(table, words, capsys) -> None:
    print_table(table)
    assert words in " ".join(capsys.readouterr().out.split())


def test_the_inconsistencies_are_real() -> None:
    friends = observed.table("S32")
    friends = friends[friends["variable"] == "friends in the Netherlands"]
    assert friends["value"].sum() == 62
    places = observed.table("T32").groupby("variable")["value"].sum()
    assert [places[f"location: {k}"] for k in ("going out", "recreation", "culture")] == [
        72,
        72,
        73,
    ]
    t12 = observed.table("T12").set_index("id")["value"]
    assert round(100 * t12["T12-081"] / t12["T12-093"], 2) == 0.10
    assert t12["T12-082"] == 0.63


def test_unknown_table_suggests_a_name() -> None:
    with pytest.raises(InputError, match="did you mean 'T35'"):
        observed.table("T355")
    assert observed.table("t35").equals(observed.table("T35"))
