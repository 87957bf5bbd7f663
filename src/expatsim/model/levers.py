"""The registry of policy levers: range, meaning, the rates they move, and where they stood in 2009.

A lever changes rates, never agents. The rule that owns a rate reads the lever when it computes the
rate; no rule reads a lever of another rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from expatsim.cities import Level2009
from expatsim.cities import city as city_of

EACH_CITY: Final = "each city"  # says in its own folder where a lever stood
# whom a lever reaches: a share of those who arrive, or places for each hundred who are here
NEWCOMERS, PLACES = "newcomers", "places"


@dataclass(frozen=True)
class Lever:
    """One thing that a city can do.

    Attributes
    ----------
    name : str
    low, high : float
        Range.
    unit, meaning : str
    moves : tuple of str
        Rates that it moves, as ``rule.rate``.
    level_2009 : Level2009 or EACH_CITY
        Where it stood in every city in 2009, or that each city says so in its own folder.
    reaches : str
        ``NEWCOMERS`` or ``PLACES`` where the people it reaches can be counted, else empty.
    """

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    moves: tuple[str, ...]
    level_2009: Level2009 | Literal["each city"]
    reaches: str = ""


_LEVERS = (
    Lever(
        "desk_visibility",
        0,
        1,
        "share",
        "chance that a newcomer is told about the expat desk within the first year",
        ("awareness.desk",),
        EACH_CITY,
        NEWCOMERS,
    ),
    Lever(
        "english_information",
        0,
        1,
        "share",
        "share of letters, forms and city listings available in English",
        ("welcome.welcome", "language.learn", "friendship.clubs"),
        EACH_CITY,
    ),
    Lever(
        "mentor_projects",
        0,
        1,
        "share",
        "share of newcomers matched with a Dutch-speaking mentor in the first year",
        ("friendship.mentor",),
        Level2009(0.0, "measured", "section 5.2: a recommendation, no such project in 2009"),
        NEWCOMERS,
    ),
    Lever(
        "welcome_events",
        0,
        24,
        "events a year",
        "welcome days a year",
        ("awareness.service", "welcome.welcome"),
        EACH_CITY,
    ),
    Lever(
        "customer_friendliness",
        -2,
        2,
        "grade points",
        "change in the grade for service at city and public desks",
        ("welcome.welcome",),
        Level2009(0.0, "measured", "zero by definition: change from 2009"),
    ),
    Lever(
        "dutch_practice",
        0,
        100,
        "places per 100 expats",
        "places in language cafes and informal practice",
        ("language.learn",),
        EACH_CITY,
        PLACES,
    ),
    Lever(
        "volunteer_information",
        0,
        1,
        "share",
        "English volunteering vacancies, share of them that reach expats",
        ("friendship.volunteer",),
        EACH_CITY,
    ),
    Lever(
        "healthcare_english",
        0,
        1,
        "share",
        "share of contacts with health care possible in English",
        ("welcome.quality",),
        EACH_CITY,
    ),
    Lever(
        "nightlife",
        -3,
        3,
        "grade points",
        "change in the grade for nightlife of Tabel 4.1",
        ("welcome.quality",),
        Level2009(0.0, "measured", "zero by definition: change from 2009"),
    ),
)

LEVERS: Mapping[str, Lever] = {lever.name: lever for lever in _LEVERS}


def level_2009(lever: str, city: str) -> Level2009:
    """Where a lever stood in a city in 2009, with its evidence and source."""
    said = LEVERS[lever].level_2009
    return said if isinstance(said, Level2009) else city_of(city).levels_2009[lever]


def policy_2009(city: str) -> dict[str, float]:
    """Value of every lever in 2009 in a city, by its name."""
    return {lever: float(level_2009(lever, city).level) for lever in LEVERS}


def level_name(city: str, lever: str) -> str:
    """Name of the parameter that stands for a lever's uncertain level in 2009."""
    return f"{city}_{lever}"
