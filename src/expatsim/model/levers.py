"""The registry of policy levers: range, meaning, the rates they move, and each city's 2009 value.

A lever changes rates, never agents. The rule that owns a rate reads the lever when it computes the
rate; no rule reads a lever of another rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CITIES = ("rotterdam", "den_haag")
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
    rotterdam, den_haag : float
        Value in 2009.
    source : str
        Where the 2009 values come from.
    evidence : str
        Grade of the 2009 values, as for parameters.
    reaches : str
        ``NEWCOMERS`` or ``PLACES`` where the people it reaches can be counted, else empty.
    """

    name: str
    low: float
    high: float
    unit: str
    meaning: str
    moves: tuple[str, ...]
    rotterdam: float
    den_haag: float
    source: str
    evidence: str
    reaches: str = ""


_LEVERS = (
    Lever(
        "desk_visibility",
        0,
        1,
        "share",
        "chance that a newcomer is told about the expat desk within the first year",
        ("awareness.desk",),
        0.20,
        0.35,
        "S41-001 and S41-002: 10 of 20 and 2 of 15 knew the desk; the rest by word of mouth",
        "expert",
        NEWCOMERS,
    ),
    Lever(
        "english_information",
        0,
        1,
        "share",
        "share of letters, forms and city listings available in English",
        ("welcome.welcome", "language.learn", "friendship.clubs"),
        0.3,
        0.5,
        "section 4.2: asked for more often in Rotterdam; no figure",
        "assumption",
    ),
    Lever(
        "mentor_projects",
        0,
        1,
        "share",
        "share of newcomers matched with a Dutch-speaking mentor in the first year",
        ("friendship.mentor",),
        0.0,
        0.0,
        "section 5.2: a recommendation, no such project in 2009",
        "measured",
        NEWCOMERS,
    ),
    Lever(
        "welcome_events",
        0,
        24,
        "events a year",
        "welcome days a year",
        ("awareness.service", "welcome.welcome"),
        0,
        6,
        "S41-014: six a year in The Hague, none listed for Rotterdam",
        "measured",
    ),
    Lever(
        "customer_friendliness",
        -2,
        2,
        "grade points",
        "change in the grade for service at city and public desks",
        ("welcome.welcome",),
        0,
        0,
        "zero by definition: change from 2009",
        "measured",
    ),
    Lever(
        "dutch_practice",
        0,
        100,
        "places per 100 expats",
        "places in language cafes and informal practice",
        ("language.learn",),
        5,
        10,
        "section 5.2: asked for; no figure",
        "assumption",
        PLACES,
    ),
    Lever(
        "volunteer_information",
        0,
        1,
        "share",
        "English volunteering vacancies, share of them that reach expats",
        ("friendship.volunteer",),
        0.1,
        0.4,
        "section 3.1: The Hague has such a website; no figure",
        "assumption",
    ),
    Lever(
        "healthcare_english",
        0,
        1,
        "share",
        "share of contacts with health care possible in English",
        ("welcome.quality",),
        0.5,
        0.5,
        "section 4.2: language barriers in both cities, equal grades of 6.2; no figure",
        "assumption",
    ),
    Lever(
        "nightlife",
        -3,
        3,
        "grade points",
        "change in the grade for nightlife of Tabel 4.1",
        ("welcome.quality",),
        0,
        0,
        "zero by definition: change from 2009",
        "measured",
    ),
)

LEVERS: Mapping[str, Lever] = {lever.name: lever for lever in _LEVERS}


def policy_2009(city: str) -> dict[str, float]:
    """Value of every lever in 2009 in ``"rotterdam"`` or ``"den_haag"``."""
    return {name: float(getattr(lever, city)) for name, lever in LEVERS.items()}


def level_name(city: str, lever: str) -> str:
    """Name of the parameter that stands for a lever's uncertain level in 2009."""
    return f"{city}_{lever}"
