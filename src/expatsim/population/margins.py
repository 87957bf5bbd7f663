"""The printed margins and cross-tabs of each city, as targets for raking.

A table is a list of cells with counts, and a function that puts each person into a cell (-1: not
asked). Conditional tables (family status of men, wish by contract) only concern their own members.
Tabel 3.6 (meeting places) is not among them: several answers could be given, so its bootstrap would
contradict that of Tabel 3.5, and it is kept for validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from expatsim.cities import City, counts, roles, rows
from expatsim.cities import city as city_of
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
from expatsim.observed import table
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


def _asked(row: pd.Series) -> int:
    """Respondents who were asked, without what the report says beside it."""
    return int(re.match(r"\d+", str(row["n"]))[0])  # type: ignore[index]


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
    n = sum(roles(city))
    printed = counts(city, "T13")
    percent = counts(city, "A2", "respondent nationality")
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
    """Family status and children of men, of women who work, and of women who came along."""
    printed = [
        (rows(city, "FAM", f"{who}.*family status"), rows(city, "FAM", f"{who}.*children.*"))
        for who in ("men", "women KM", "women partners")
    ]
    if any(family.empty or children.empty for family, children in printed):
        return []
    (men, fathers), (women, mothers), (partners, partner_mothers) = (
        (family["value"].to_numpy(), float(children["value"].iloc[0]))
        for family, children in printed
    )
    n_men, n_partners = men.sum(), partners.sum()
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
        Margin("FAM men: family", families, men, lambda x: _among(_men(x), x["family"])),
        _binary(
            "FAM men: children",
            fathers,
            n_men,
            lambda x: _among(_men(x), np.where(_parent(x), 0, 1)),
        ),
        Margin(
            "FAM women workers: family and children",
            joint,
            np.array([mothers, women[0] - mothers, women[1], women[2], 0]),
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
            partner_mothers,
            n_partners,
            lambda x: _among(_women_partners(x), np.where(_parent(x), 0, 1)),
        ),
    ]


def survey_margins(city: str) -> list[Margin]:
    """Everything that was observed of the respondents of a city and that agents have.

    Parameters
    ----------
    city : str
        Name; tables that were not observed there have no margin.
    """
    parts = (_roles, _family, _age, _origins, _jobs, _stays, _attractive)
    later = (_contracts, _friends_and_dutch, _volunteers, _services)
    return [margin for part in (*parts, *later) for margin in part(city)]


def _roles(city: str) -> list[Margin]:
    women, men = (counts(city, "SEX", f"{sex} by role") for sex in ("women", "men"))
    if not women:
        return []
    cells = ("men, workers", "men, partners", "women, workers", "women, partners")
    role = np.array([*men.values(), *women.values()])
    return [Margin("SEX by role", cells, role, lambda x: 2 * x["female"] + ~x["head"])]


def _age(city: str) -> list[Margin]:
    ages = counts(city, "A2d")
    cells = np.array(list(ages.values()))
    return [Margin("A2d age", tuple(ages), cells, age_group)] if ages else []


def _origins(city: str) -> list[Margin]:
    if not counts(city, "T13"):
        return []
    name = "T13 and A2 origin groups"
    return [Margin(name, ORIGINS, origin_counts(city), lambda x: x["origin"])]


def _jobs(city: str) -> list[Margin]:
    found = rows(city, "JOB", "partner currently has job")
    return [
        _binary(
            "JOB working partners",
            row["value"],
            _asked(row),
            lambda x: _among(~x["head"], np.where(x["employed"], 0, 1)),
        )
        for _, row in found.iterrows()
    ]


def _stays(city: str) -> list[Margin]:
    """What the report says in words, as intervals of shares."""

    def second(x: Persons) -> np.ndarray:
        return np.where(second_year(-x["arrival_month"].astype(int)), 0, 1)

    said: tuple[tuple[str, str, str, Callable[[Persons], Any]], ...] = (
        ("MOT posted (about two thirds)", "MOT", "came as company posting.*", _is("posted")),
        (
            "DUR one to two years here (more than half)",
            "DUR",
            "time in NL so far 1-2 years",
            second,
        ),
    )
    return [
        Margin(name, ("yes", "no"), np.zeros(2), code, (row["low"] / 100, row["high"] / 100))
        for name, table_name, variable, code in said
        for _, row in rows(city, table_name, variable).iterrows()
    ]


def _attractive(city: str) -> list[Margin]:
    found = counts(city, "T42d")
    if not found:
        return []
    agree = found["strongly agree"] + found["agree"]
    return [_binary("T42d attractive", agree, sum(found.values()), _is("finds_attractive"))]


def _contracts(city: str) -> list[Margin]:
    wishes = ("no", "maybe", "yes")
    by_contract = [
        counts(city, "FN12", f"wish given contract {which} end date")
        for which in ("WITH", "WITHOUT")
    ]
    found = []
    if all(by_contract):
        found.append(
            Margin(
                "FN12 contract by wish",
                tuple(f"{c}: {w}" for c in ("end date", "open") for w in wishes),
                np.array([c[w] for c in by_contract for w in wishes]),
                lambda x: 3 * (x["contract_end"] == OPEN) + x["wish"],
            )
        )
    terms = counts(city, "T22")
    if terms:
        found.append(
            Margin(  # "no end date" is the open half of FN12
                "T22 contract with an end date",
                tuple(terms)[:4],
                np.array(list(terms.values())[:4]),
                lambda x: _among(
                    x["contract_end"] != OPEN, term_group(x["contract_end"], x["arrival_month"])
                ),
            )
        )
    return found


def _friends_and_dutch(city: str) -> list[Margin]:
    friends = counts(city, "T35")
    dutch = counts(city, "S32", r"spoken Dutch \(self-report\)")
    levels = ("none", "a few words", "a little", "(almost) fluent")
    found = []
    if friends:
        cells = np.array(list(friends.values()))
        found.append(
            Margin(
                "T35 Dutch friends", tuple(friends), cells, lambda x: friends_group(x["friends"])
            )
        )
    if dutch:
        cells = np.array([dutch[k] for k in levels])
        found.append(Margin("S32 Dutch level", levels, cells, lambda x: x["dutch"]))
    return found


def _volunteers(city: str) -> list[Margin]:
    def among_partners(x: Persons) -> np.ndarray:
        return _among(~x["head"], np.where(x["volunteers"], 0, 1))

    def among_workers(x: Persons) -> np.ndarray:
        return _among(x["head"], np.where(x["volunteers"], 0, 1))

    said = (
        ("S31 partners volunteer", "currently volunteer given partner", among_partners),
        ("S31 workers volunteer", "currently volunteer given KM.*", among_workers),
    )
    return [
        _binary(name, row["value"], _asked(row), code)
        for name, variable, code in said
        for _, row in rows(city, "S31", variable).iterrows()
    ]


def _services(city: str) -> list[Margin]:
    """The city's services for expats: who knows and uses them, and feels welcome through them."""
    desk, some, none, used, welcome = (
        rows(city, "S41", variable)
        for variable in (
            r"knows the \w+ Desk",
            r"knows 1\+ city service.*",
            "knows none of the city services",
            r"has used 1\+ service",
            "expat policy makes me feel welcome",
        )
    )
    counted = [float(x["value"].iloc[0]) if len(x) else np.nan for x in (desk, some, none, used)]
    by_desk, by_some, by_none, by_used = counted
    found = []
    if not np.isnan([by_desk, by_some, by_none]).any():
        found.append(
            Margin(
                "S41 knows",
                ("no service", "another service only", "the desk"),
                np.array([by_none, by_some - by_desk, by_desk]),
                lambda x: np.where(x["knows_desk"], 2, np.where(x["knows_service"], 1, 0)),
            )
        )
    elif not np.isnan(by_desk):
        found.append(
            _binary("S41 knows the desk", by_desk, _asked(desk.iloc[0]), _is("knows_desk"))
        )
    if not np.isnan([by_used, by_some]).any():
        found.append(
            _binary(
                "S41 used a service, of those who know one",
                by_used,
                by_some,
                lambda x: _among(x["knows_service"], np.where(x["used_service"], 0, 1)),
            )
        )
    for _, row in welcome.iterrows():
        n = _asked(row)
        yes = _count_of_words(row["low"], row["high"], n)
        found.append(_binary("S41 feels welcome", yes, n, _is("feels_welcome")))
    return found


def _count_of_words(low: float, high: float, n: int) -> float:
    """Respondents behind an interval of percents: the only whole number in it, else its middle."""
    whole = [k for k in range(n + 1) if low <= 100 * k / n <= high]
    return float(whole[0]) if len(whole) == 1 else (low + high) / 200 * n


def national_margins(city: str) -> list[Margin]:
    """As :func:`survey_margins`, with the national sex ratio of workers and mix of origins.

    The sample has 46 % women among workers where permits have 25 % (NAT-007), and hardly any
    Indians, who hold 29 % of permits (T11, EXT-20). The role mix stays that of the study.
    """
    n_workers, _ = roles(city)
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


def population_margins(city: str, weights: str) -> tuple[Margin, ...]:
    """Margins by the scenario's setting ``weights``: ``"survey"`` or ``"national"``."""
    return _margins(city_of(city), weights)


@cache
def _margins(city: City, weights: str) -> tuple[Margin, ...]:
    name = city.name
    return tuple(survey_margins(name) if weights == "survey" else national_margins(name))
