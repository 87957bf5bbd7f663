"""Background variables of the study's respondents, declared as questions.

Simulated people have them from the start, so that no interview asks for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from expatsim.cities import counts, roles, rows
from expatsim.model.state import (
    CHINA,
    FAMILIES,
    INDIA,
    JAPAN,
    NEW_EU,
    NONE,
    OLD_EU,
    ORIGINS,
    OTHER_NON_EU,
    UNITED_STATES,
)
from expatsim.survey.printed import Observed, asked, by_answer, counts_of, in_order, yes
from expatsim.survey.question import Persons, Question
from expatsim.survey.questions import yes_no

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
    # not among those that the report prints, for surveys of other cities
    "Indiaas": INDIA,
    "Turks": OTHER_NON_EU,
    "Russisch": OTHER_NON_EU,
    "Braziliaans": OTHER_NON_EU,
    "Iraans": OTHER_NON_EU,
    "Zuid-Koreaans": OTHER_NON_EU,
    "Taiwanees": OTHER_NON_EU,
    "Mexicaans": OTHER_NON_EU,
    "Spaans": OLD_EU,
    "Belgisch": OLD_EU,
    "Grieks": OLD_EU,
    "Iers": OLD_EU,
    "Roemeens": NEW_EU,
    "Bulgaars": NEW_EU,
    "Hongaars": NEW_EU,
}
# Section 1.4 names nine others once each: one Indian, six more from outside the EU (South Korean,
# Pakistani, Taiwanese, Malaysian, Russian, Turkish), one Dane, one Estonian. The unlisted
# respondents are spread like these nine: an assumption.
UNLISTED = {INDIA: 1 / 9, OTHER_NON_EU: 6 / 9, OLD_EU: 1 / 9, NEW_EU: 1 / 9}

Condition = Callable[[Persons], np.ndarray]  # whether a question is put to each person


def men(x: Persons) -> np.ndarray:
    """Whether each person is a man, shape (persons,)."""
    return ~x["female"]


def women_workers(x: Persons) -> np.ndarray:
    """Whether each person is a woman whose job brought the household, shape (persons,)."""
    return x["female"] & x["head"]


def women_partners(x: Persons) -> np.ndarray:
    """Whether each person is a woman who came with her partner, shape (persons,)."""
    return x["female"] & ~x["head"]


def parent(x: Persons) -> np.ndarray:
    """Whether each person has children, shape (persons,)."""
    return x["child_birth_month"] != NONE


def age_group(x: Persons) -> np.ndarray:
    """Age groups of Bijlage 2, 0 to 4: under 25, 25 to 34, 35 to 44, 45 to 54, 55 and over."""
    return np.digitize(-x["birth_month"] // 12, [25, 35, 45, 55])


def origin_counts(city: str) -> np.ndarray:
    """Respondents by origin group, shape (7,); counts of Tabel 1.3, else percent of Bijlage 2."""
    printed = counts(city, "T13")
    n = asked(rows(city, "T13")["n"].iloc[0]) if printed else sum(roles(city))
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


def _same(answers: tuple[str, ...]) -> dict[str, str]:
    """Answers that readers see under the names they have in tables."""
    return dict(zip(answers, answers, strict=True))


def _origins(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Respondents by origin group; ``None`` where nationalities were not counted.

    Our own questionnaire asks for the groups; the report counts nationalities.
    """
    if counts(city, "T13", "origin group"):
        return by_answer("T13", "origin group")(city, answers)
    if not counts(city, "T13"):
        return None
    groups = tuple(float(n) for n in origin_counts(city))
    place = rows(city, "T13")["place"].iloc[0]
    return Observed("T13 A2", place, groups, (float("nan"),) * 2, round(sum(groups)))


def _family(name: str, variable: str, asked: Condition, families: tuple[str, ...]) -> Question:
    """Family status of some respondents; ``variable`` is how the table names them."""
    return Question(
        f"family_of_{name}",
        f"family of {name.replace('_', ' ')}",
        _same(families),
        lambda x: x["family"],
        in_order("FAM", f"{variable}.*family status"),
        asked=asked,
        margin=f"FAM {variable}: family",
    )


def _children(name: str, variable: str, asked: Condition) -> Question:
    """Whether some respondents have children; ``variable`` is how the table names them."""
    title = f"{name.replace('_', ' ')} with children"
    printed = yes("FAM", f"{variable}.*children.*")
    margin = f"FAM {variable}: children"
    return yes_no(f"children_of_{name}", title, parent, printed, asked=asked, margin=margin)


def _family_and_children(city: str, answers: tuple[str, ...]) -> Observed | None:
    """Family and children of women workers.

    Our own questionnaire counts them jointly; in the report only those who are married have any.
    """
    joint = by_answer("FAM", "women KM: family and parenthood")(city, answers)
    if joint is not None:
        return joint
    family = in_order("FAM", "women KM.*family status")(city, FAMILIES)
    children = counts_of(city, yes("FAM", "women KM.*children.*"))
    if family is None or children is None:
        return None
    married, with_partner, single = family.counts
    mothers = children[0].counts[0]
    return family._replace(counts=(mothers, married - mothers, with_partner, single, 0.0))


_ALL = (
    Question(
        "role",
        "sex and role",
        _same(("men, workers", "men, partners", "women, workers", "women, partners")),
        lambda x: 2 * x["female"] + ~x["head"],
        in_order("SEX", "men by role", "women by role"),
        margin="SEX by role",
    ),
    _family("men", "men", men, FAMILIES),
    _children("men", "men", men),
    Question(
        "family_of_women_workers",
        "family and children of women workers",
        _same(
            (
                "married with children",
                "married without children",
                "partner, not married, without children",
                "single without children",
                "not married with children",
            )
        ),
        lambda x: np.where(parent(x), np.where(x["family"] == 0, 0, 4), x["family"] + 1),
        _family_and_children,
        asked=women_workers,
        margin="FAM women workers: family and children",
    ),
    _family("women_partners", "women partners", women_partners, FAMILIES[:2]),
    _children("women_partners", "women partners", women_partners),
    Question(
        "age",
        "age",
        _same(("tot 25", "25 tot 35", "35 tot 45", "45 tot 55", "55 en ouder")),
        age_group,
        in_order("A2d"),
        margin="A2d age",
    ),
    Question(
        "origin",
        "origin",
        _same(ORIGINS),
        lambda x: x["origin"],
        _origins,
        margin="T13 and A2 origin groups",
    ),
    yes_no(
        "employed_partners",
        "partners with a job",
        "employed",
        yes("JOB", "partner currently has job"),
        asked=lambda x: ~x["head"],
        margin="JOB working partners",
    ),
    yes_no(
        "posted",
        "posted by a company",
        "posted",
        yes("MOT", "came as company posting.*"),
        margin="MOT posted (about two thirds)",
        together=True,
    ),
)
BACKGROUND = {question.name: question for question in _ALL}
