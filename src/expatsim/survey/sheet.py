"""Tables that a city's own survey can hold: variables, categories, and how their numbers add up.

The report's tables are as they were printed, with remarks and percentages between them. A city that
is not of the study writes the numbers that the questions of :mod:`expatsim.survey` read, and these
are declared here, so that a file can be checked before anything runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from expatsim.cities import GRADES, ROLES, city_names, counts
from expatsim.model.state import WISHES
from expatsim.survey.background import BACKGROUND, GROUP_OF
from expatsim.survey.questions import QUESTIONS

FAMILY = ("married", "partner not married", "single")


@dataclass(frozen=True)
class Entry:
    """One variable of a table.

    Attributes
    ----------
    table, variable : str
        As a file names them.
    categories : tuple of str
        Names of the rows, in their order.
    sums : {"whole", "part", "several", "yes", "grades"}
        Whether the counts add up to those asked, to at most as many, not at all (several answers),
        whether there is one row with those who say yes, or grades from 1 to 10.
    meaning : str
        Who was asked what, for readers.
    pattern : str
        Regular expression of other spellings of the variable, such as those of the report.
    also : str
        Regular expression of another spelling of the first category.
    optional : tuple of str
        Categories that a file may lack though the counts are a whole.
    """

    table: str
    variable: str
    categories: tuple[str, ...]
    sums: Literal["whole", "part", "several", "yes", "grades"]
    meaning: str
    pattern: str = ""
    also: str = ""
    optional: tuple[str, ...] = ()

    def matches(self, table: str, variable: str) -> bool:
        """Whether a row is of this table and variable."""
        spelt = variable == self.variable or re.fullmatch(self.pattern or "(?!)", variable)
        return table == self.table and bool(spelt)

    def category(self, name: str) -> str | None:
        """The category that a row names; ``None`` if there is none."""
        if name in self.categories:
            return name
        return self.categories[0] if re.fullmatch(self.also or "(?!)", name) else None


def _answers(name: str) -> tuple[str, ...]:
    """Answers of a question, as tables name them."""
    return tuple((QUESTIONS | BACKGROUND)[name].answers)


def _grades() -> tuple[str, ...]:
    """The ten things that are graded, and life in the city as a whole."""
    return tuple(counts(city_names()[0], GRADES, "rating 1-10"))


@cache
def entries() -> tuple[Entry, ...]:
    """All tables and variables that the model reads, in the order of the report."""
    roles = ("KM", "partner")
    worker = r"(own job \()?KM.*"
    return (
        Entry(ROLES, "role", roles, "whole", "all: worker (KM) or partner"),
        Entry("SEX", "men by role", roles, "whole", "men: worker or partner", also=worker),
        Entry("SEX", "women by role", roles, "whole", "women: worker or partner", also=worker),
        *_of_families(),
        Entry("A2d", "age", _answers("age"), "whole", "all: age in years", pattern="age.*"),
        Entry("T13", "respondent nationality", tuple(GROUP_OF), "part", "all: nationality"),
        Entry("T13", "origin group", _answers("origin"), "whole", "all: group of nationalities"),
        Entry("JOB", "partner currently has job", ("yes",), "yes", "partners: have a job"),
        Entry(
            "MOT",
            "came as company posting",
            ("yes",),
            "yes",
            "all: sent by a company",
            pattern=r"came as company posting.*",
        ),
        Entry("DUR", "time in NL so far 1-2 years", ("yes",), "yes", "all: in their second year"),
        Entry(
            "T22",
            "expected total stay in NL by contract",
            _answers("contract"),
            "whole",
            "workers' contract: whole stay until its end",
        ),
        Entry("T23", "wish to stay longer", WISHES[::-1], "whole", "all: wish to stay"),
        Entry("FN12", "wish given contract WITH end date", WISHES[::-1], "whole", "wish, by T22"),
        Entry(
            "FN12", "wish given contract WITHOUT end date", WISHES[::-1], "whole", "wish, by T22"
        ),
        Entry("T35", "number of Dutch friends", _answers("friends"), "whole", "all: Dutch friends"),
        Entry("S32", "spoken Dutch (self-report)", _answers("dutch")[::-1], "whole", "all: Dutch"),
        *_of_the_city(),
    )


def _of_families() -> tuple[Entry, ...]:
    """Tables of family status and children."""
    groups = (
        ("men", "men.*", FAMILY),
        ("women KM", "women KM.*", FAMILY),
        ("women partners", "women partners.*", ("married", "cohabiting", "single")),
    )
    families = [
        Entry(
            "FAM",
            f"{who}: family status",
            status,
            "whole",
            f"{who}: family status",
            pattern=f"{pattern}family status",
            optional=("single",) if "cohabiting" in status else (),
        )
        for who, pattern, status in groups
    ]
    children = [
        Entry(
            "FAM",
            f"{who}: children",
            ("1+ children",),
            "yes",
            f"{who}: with children",
            pattern=f"{pattern}children.*",
        )
        for who, pattern, _ in groups
    ]
    together = Entry(
        "FAM",
        "women KM: family and parenthood",
        _answers("family_of_women_workers"),
        "whole",
        "women KM: both, together",
    )
    return (*families, *children, together)


def _of_the_city() -> tuple[Entry, ...]:
    """Tables of volunteers, services, the city and its grades."""
    yes, desk = ("yes",), "knows the Expat Desk"
    places = ("school", "sports club", "expat organisation", "religious", "other")
    met = ("work", "neighbourhood", "children school", "sports club", "other club")
    opinions = ("strongly agree", "agree", "neither", "disagree", "strongly disagree")
    volunteers = "currently volunteer"
    return (
        Entry("S31", f"{volunteers} given partner", yes, "yes", "partners: volunteer"),
        Entry(
            "S31",
            f"{volunteers} given KM",
            yes,
            "yes",
            "workers: volunteer",
            pattern=f"{volunteers} given KM.*",
        ),
        Entry("S41", desk, yes, "yes", "asked of services: know it", pattern=r"knows the \w+ Desk"),
        Entry("S41", "knows none of the city services", yes, "yes", "asked of services"),
        Entry(
            "S41",
            "knows 1+ city service",
            yes,
            "yes",
            "asked of services",
            pattern=r"knows 1\+ city service.*",
        ),
        Entry("S41", "has used 1+ service", yes, "yes", "asked of services"),
        Entry("S41", "expat policy makes me feel welcome", ("agree",), "yes", "feel welcome"),
        Entry("T33", "currently volunteer at (multiple)", places, "several", "all: volunteer at"),
        Entry("T36", "where Dutch friends were met (multiple)", met, "several", "friends: met at"),
        Entry(
            "T42d",
            "city is attractive for expats",
            opinions,
            "whole",
            "all: opinion",
            pattern="city is attractive for expats.*",
        ),
        Entry(GRADES, "rating 1-10", _grades(), "grades", "all: mean grade of ten things"),
    )


def entry_of(table: str, variable: str) -> Entry | None:
    """The declared variable that a row belongs to; ``None`` if the model reads no such row."""
    return next((e for e in entries() if e.matches(table, variable)), None)
