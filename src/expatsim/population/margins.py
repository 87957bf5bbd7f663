"""The printed margins and cross-tabs of each city, as targets for raking.

A table is a list of cells with counts, and a function that puts each person into a cell (-1: not
asked). Conditional tables (family status of men, wish by contract) only concern their own members.
Tabel 3.6 (meeting places) is not among them: several answers could be given, so its bootstrap would
contradict that of Tabel 3.5, and it is kept for validation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from expatsim.model.state import (
    CHINA,
    INDIA,
    JAPAN,
    NEW_EU,
    NONE,
    OLD_EU,
    OPEN,
    ORIGINS,
    OTHER_NON_EU,
    UNITED_STATES,
)
from expatsim.observed import counts, table
from expatsim.population.arrivals import origin_shares
from expatsim.survey import friends_group, second_year, term_group

Persons = dict[str, np.ndarray]


class Margin(NamedTuple):
    """One printed table.

    Attributes
    ----------
    name : str
        Table and what it is about.
    cells : tuple of str
    counts : numpy.ndarray, shape (cells,)
        Respondents in each cell; an interval of shares has ``interval`` instead.
    code : callable
        Persons to cell number, -1 for those who do not belong to the table.
    interval : (float, float) or None
        Share of the first cell where the report only has words.
    """

    name: str
    cells: tuple[str, ...]
    counts: np.ndarray
    code: Callable[[Persons], np.ndarray]
    interval: tuple[float, float] | None = None


def _among(members: np.ndarray, code: Any) -> np.ndarray:
    return np.where(members, np.asarray(code, int), -1)


def _men(x: Persons) -> np.ndarray:
    return ~x["female"]


def _women_workers(x: Persons) -> np.ndarray:
    return x["female"] & x["head"]


def _women_partners(x: Persons) -> np.ndarray:
    return x["female"] & ~x["head"]


def _parent(x: Persons) -> np.ndarray:
    return x["child_birth_month"] != NONE


def _binary(name: str, yes: float, n: float, code: Callable[[Persons], Any]) -> Margin:
    return Margin(name, ("yes", "no"), np.array([yes, n - yes]), lambda x: code(x))


def _is(field: str) -> Callable[[Persons], np.ndarray]:
    return lambda x: np.where(x[field], 0, 1)


# Nationalities of Tabel 1.3 and Bijlage 2 by origin group; the rest is not printed per person.
GROUP_OF = {
    "Amerikaans": UNITED_STATES,
    "Japans": JAPAN,
    "Chinees": CHINA,
    "Zuid-Afrikaans": OTHER_NON_EU,
    "Canadees": OTHER_NON_EU,
    "Australisch": OTHER_NON_EU,
    "Brits": OLD_EU,
    "Duits": OLD_EU,
    "Frans": OLD_EU,
    "Portugees": OLD_EU,
    "Italiaans": OLD_EU,
    "Pools": NEW_EU,
}
# Section 1.4 names nine others once each: one Indian, six more from outside the EU (South Korean,
# Pakistani, Taiwanese, Malaysian, Russian, Turkish), one Dane, one Estonian. The unlisted
# respondents are spread like these nine: an assumption.
UNLISTED = {INDIA: 1 / 9, OTHER_NON_EU: 6 / 9, OLD_EU: 1 / 9, NEW_EU: 1 / 9}


def origin_counts(city: str) -> np.ndarray:
    """Respondents by origin group, shape (7,); counts of Tabel 1.3, else percent of Bijlage 2."""
    n = {"rotterdam": 75, "den_haag": 30}[city]
    printed = counts("T13", city)
    percent = counts("A2", city, "respondent nationality")
    groups = np.zeros(7)
    for nationality, group in GROUP_OF.items():
        if nationality in printed:
            groups[group] += printed[nationality]
        else:
            groups[group] += round(percent.get(nationality, 0) * n / 100)
    unlisted = n - groups.sum()
    for group, share in UNLISTED.items():
        groups[group] += share * unlisted
    return groups


def age_group(x: Persons) -> np.ndarray:
    """Cells of Bijlage 2: under 25, 25 to 34, 35 to 44, 45 to 54, 55 and over."""
    return np.digitize(-x["birth_month"] // 12, [25, 35, 45, 55])


def _family(city: str) -> list[Margin]:
    fam = table("FAM")
    rows = fam[fam["city"] == city].set_index("id")["value"]
    first = {"rotterdam": 1, "den_haag": 5}[city]
    men = rows[[f"FAM-{first + k:03d}" for k in range(4)]].to_numpy()
    first = {"rotterdam": 9, "den_haag": 13}[city]
    women = rows[[f"FAM-{first + k:03d}" for k in range(4)]].to_numpy()
    first = {"rotterdam": 17, "den_haag": 21}[city]
    partners = rows[[f"FAM-{first + k:03d}" for k in range(4)]].to_numpy()
    n_men, n_partners = men[:3].sum(), partners[:3].sum()
    families = ("married", "partner, not married", "single")
    # the only woman worker with children is the married one: one joint table
    joint = (
        "married with children",
        "married without children",
        "partner, not married, without children",
        "single without children",
        "not married with children",
    )

    def women_cell(x: Persons) -> np.ndarray:
        with_child = np.where(x["family"] == 0, 0, 4)
        return _among(_women_workers(x), np.where(_parent(x), with_child, x["family"] + 1))

    return [
        Margin("FAM men: family", families, men[:3], lambda x: _among(_men(x), x["family"])),
        _binary(
            "FAM men: children",
            men[3],
            n_men,
            lambda x: _among(_men(x), np.where(_parent(x), 0, 1)),
        ),
        Margin(
            "FAM women workers: family and children",
            joint,
            np.array([women[3], women[0] - women[3], women[1], women[2], 0]),
            women_cell,
        ),
        Margin(
            "FAM women partners: family",
            families[:2],
            partners[:2],
            lambda x: _among(_women_partners(x), x["family"]),
        ),
        _binary(
            "FAM women partners: children",
            partners[3],
            n_partners,
            lambda x: _among(_women_partners(x), np.where(_parent(x), 0, 1)),
        ),
    ]


def _words(name: str, row: str, code: Callable[[Persons], Any]) -> Margin:
    group = table(row.split("-")[0]).set_index("id").loc[row]
    interval = (float(group["low"]) / 100, float(group["high"]) / 100)
    return Margin(name, ("yes", "no"), np.zeros(2), code, interval)


def survey_margins(city: str) -> list[Margin]:
    """Everything that the report prints about the respondents of a city and that agents have.

    Parameters
    ----------
    city : {"rotterdam", "den_haag"}
    """
    sexes = counts("SEX", city)
    women, men = counts("SEX", city, "women by role"), counts("SEX", city, "men by role")
    del sexes
    role = np.array([*men.values(), *women.values()])
    ages = counts("A2d", city)
    margins = [
        Margin(
            "SEX by role",
            ("men, workers", "men, partners", "women, workers", "women, partners"),
            role,
            lambda x: 2 * x["female"] + ~x["head"],
        ),
        *_family(city),
        Margin("A2d age", tuple(ages), np.array(list(ages.values())), age_group),
        Margin(
            "T13 and A2 origin groups",
            ORIGINS,
            origin_counts(city),
            lambda x: x["origin"],
        ),
        _binary(
            "JOB working partners",
            counts("JOB", city, "partner currently has job")["yes"],
            {"rotterdam": 23, "den_haag": 14}[city],
            lambda x: _among(~x["head"], np.where(x["employed"], 0, 1)),
        ),
        _words("MOT posted (about two thirds)", "MOT-001", _is("posted")),
        _words(
            "DUR one to two years here (more than half)",
            "DUR-001",
            lambda x: np.where(second_year(-x["arrival_month"].astype(int)), 0, 1),
        ),
    ]
    s41 = table("S41").set_index("id")["value"]
    attractive = counts("T42d", city)
    agree = attractive["strongly agree"] + attractive["agree"]
    margins.append(
        _binary("T42d attractive", agree, sum(attractive.values()), _is("finds_attractive"))
    )
    if city == "den_haag":
        welcome = table("S41").set_index("id").loc["S41-012"]
        share = (float(welcome["low"]) + float(welcome["high"])) / 200
        margins += [
            _binary("S41 knows the desk", s41["S41-001"], 20, _is("knows_desk")),
            _binary("S41 feels welcome", share * 20, 20, _is("feels_welcome")),
        ]
        return margins
    by_contract = [
        counts("FN12", city, f"wish given contract {w} end date") for w in ("WITH", "WITHOUT")
    ]
    terms, friends = counts("T22", city), counts("T35", city)
    dutch = counts("S32", city, "spoken Dutch (self-report)")
    margins += [
        Margin(
            "FN12 contract by wish",
            tuple(f"{c}: {w}" for c in ("end date", "open") for w in ("no", "maybe", "yes")),
            np.array([c[w] for c in by_contract for w in ("no", "maybe", "yes")]),
            lambda x: 3 * (x["contract_end"] == OPEN) + x["wish"],
        ),
        Margin(  # "no end date" is the open half of FN12
            "T22 contract with an end date",
            tuple(terms)[:4],
            np.array(list(terms.values())[:4]),
            lambda x: _among(
                x["contract_end"] != OPEN, term_group(x["contract_end"], x["arrival_month"])
            ),
        ),
        Margin(
            "T35 Dutch friends",
            tuple(friends),
            np.array(list(friends.values())),
            lambda x: friends_group(x["friends"]),
        ),
        Margin(
            "S32 Dutch level",
            ("none", "a few words", "a little", "(almost) fluent"),
            np.array([dutch[k] for k in ("none", "a few words", "a little", "(almost) fluent")]),
            lambda x: x["dutch"],
        ),
        _binary(
            "S31 partners volunteer",
            counts("S31", city, "currently volunteer given partner")["yes"],
            23,
            lambda x: _among(~x["head"], np.where(x["volunteers"], 0, 1)),
        ),
        _binary(
            "S31 workers volunteer",
            table("S31").set_index("id")["value"]["S31-004"],
            52,
            lambda x: _among(x["head"], np.where(x["volunteers"], 0, 1)),
        ),
        Margin(
            "S41 knows",
            ("no service", "another service only", "the desk"),
            np.array([s41["S41-004"], s41["S41-005"] - s41["S41-002"], s41["S41-002"]]),
            lambda x: np.where(x["knows_desk"], 2, np.where(x["knows_service"], 1, 0)),
        ),
        _binary(
            "S41 used a service, of those who know one",
            s41["S41-006"],
            s41["S41-005"],
            lambda x: _among(x["knows_service"], np.where(x["used_service"], 0, 1)),
        ),
        _binary("S41 feels welcome (one third)", 5, 15, _is("feels_welcome")),
    ]
    return margins


def national_margins(city: str) -> list[Margin]:
    """As :func:`survey_margins`, with the national sex ratio of workers and mix of origins.

    The sample has 46 % women among workers where permits have 25 % (NAT-007), and hardly any
    Indians, who hold 29 % of permits (T11, EXT-20). The role mix stays that of the study.
    """
    n_workers = {"rotterdam": 52, "den_haag": 16}[city]
    women = (
        float(table("NAT").set_index("id").loc["NAT-007", ["low", "high"]].astype(float).mean())
        / 100
    )
    replaced = []
    for margin in survey_margins(city):
        if margin.name.startswith("SEX"):
            partners = margin.counts[[1, 3]]
            workers = n_workers * np.array([1 - women, women])
            cells = np.array([workers[0], partners[0], workers[1], partners[1]])
            margin = margin._replace(name="NAT sex by role", counts=cells)
        elif margin.name.startswith("T13"):
            n = margin.counts.sum()
            margin = margin._replace(name="EXT-20 origin groups", counts=n * origin_shares())
        replaced.append(margin)
    return replaced


@cache
def population_margins(city: str, weights: str) -> tuple[Margin, ...]:
    """Margins by the scenario's setting ``weights``: ``"survey"`` or ``"national"``."""
    return tuple(survey_margins(city) if weights == "survey" else national_margins(city))
