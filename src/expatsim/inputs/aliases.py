"""Other words for keys: Dutch names, and names of things that the model does not have."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import NamedTuple

from expatsim.cities import cities, packaged
from expatsim.model.levers import LEVERS

ALIASES = {
    # keys of a scenario
    "title": "titel naam name kop",
    "title_nl": "titel_nl nederlandse_titel",
    "description": "beschrijving omschrijving toelichting uitleg",
    "description_nl": "beschrijving_nl omschrijving_nl",
    "author": "auteur schrijver maker",
    "city": "stad gemeente plaats town municipality",
    "based_on": "basis gebaseerd_op uitgangspunt base extends scenario_van",
    "start": "begin startdatum begindatum beginjaar startjaar vanaf_jaar start_date first_month",
    "years": "jaren jaar duur looptijd aantal_jaren horizon year duration",
    "policy_from": "beleid_van beleid_uit",
    "policy": "beleid maatregel maatregelen policies measure measures lever levers knoppen",
    "climate": "klimaat economie conjunctuur economy economisch_klimaat",
    "changes": "wijziging wijzigingen verandering veranderingen change aanpassingen",
    "date": "datum vanaf maand ingang ingangsdatum from since when",
    "costs": "kosten cost euro euros kost uitgaven",
    "per_year": "per_jaar jaarlijks jaarkosten kosten_per_jaar yearly annual",
    "per_participant": "per_deelnemer per_persoon per_person per_expat",
    "value_per_expat_year": "waarde_per_expat_jaar waarde_per_expatjaar waarde opbrengst benefit",
    "population": "bevolking populatie inwoners mensen people_in_city",
    "stock": "voorraad aantal beginstand begin_aantal initial size",
    "inflow": "instroom nieuwkomers aankomsten arrivals newcomers immigration immigratie",
    "weights": "gewichten weging",
    "seed": "zaad toevalszaad random_seed",
    "draws": "trekkingen doorrekeningen runs iterations",
    "note": "opmerking notitie aantekening noot reden comment remark",
    # keys of a sweep and of a calibration
    "uncertainties": "onzekerheden onzekerheid parameters uncertainty",
    "design": "ontwerp opzet",
    "samples": "steekproeven sample",
    "outcomes": "uitkomsten resultaten outcome results",
    "replicates": "herhalingen",
    "luck": "toeval geluk",
    "people": "personen",
    "households": "huishoudens gezinnen",
    "source": "bron",
    "vary": "varieer variabel",
    "ranges": "bereik bereiken grenzen",
    "steps": "stappen stap",
    "walkers": "ketens keten chains chain",
    "rounds": "rondes ronde",
    "tune": "afstellen afstemmen",
    "burn": "inloop burn_in",
    "without": "zonder",
    # words for a lever stand with the lever
    **{x.name: x.also_called for x in LEVERS.values()},
}
# a word for one key may mean another one in another file or group
_ELSEWHERE = {
    "policy": ("levers",),
    "levers": ("policy",),
    "population": ("people", "stock"),
    "people": ("population", "stock"),
    "draws": ("samples",),
    "samples": ("draws",),
    "based_on": ("scenario",),
}


class Absent(NamedTuple):
    """Something that people look for and the model lacks.

    Attributes
    ----------
    subject : str
        Beginning of a sentence about it, such as ``"visas are"``.
    why : str
        Why it is not in the model.
    nearest : str
        What comes nearest, mostly a lever; empty if there is nothing.
    """

    subject: str
    why: str
    nearest: str


_NO_TABLE = "the report has no table from which its effect could follow"
_ONLY_A_GRADE = "the report has one grade for all of it, and nothing about its causes"
_NO_DISTRICTS = "it knows cities, no parts of them"
_INFLOW = "population.inflow, with a number of your own"
_LESS = "a lower level of one of these"
# each with the beginnings of words for it
_ABSENT = (
    (
        Absent("rents and other housing costs are", _ONLY_A_GRADE, "housing_supply"),
        "hous woning woon huur huis rent_ rents rental real_estate mortgage hypothe cost_of_living",
    ),
    (
        Absent("school fees, school places and child care are", _ONLY_A_GRADE, "education"),
        (
            "school schol onderwijs_ educat kinderopvang childcare child_care daycare creche "
            "universit internationale_school international_school"
        ),
    ),
    (
        Absent(
            "taxes are",
            "the same in both cities; for the 30 percent rule an effect on arrivals is known "
            "(EXT-43), on leaving none",
            _INFLOW,
        ),
        (
            "tax belasting fisca fiscal ruling 30_percent 30_procent 30_regeling 30_ruling 30_rule "
            "thirty_percent dertig_procent expatregeling expat_regeling"
        ),
    ),
    (
        Absent("visas and permits are", "the same law in both cities", ""),
        (
            "visa visum permit verblijfsverg werkvergunning immigration_rule residence naturali "
            "blue_card"
        ),
    ),
    (
        Absent("pay is", _NO_TABLE, "climate"),
        "salar loon lonen wage inkomen income pay_ minimumloon",
    ),
    (
        Absent("what employers do is", _NO_TABLE, "partner_jobs or climate"),
        (
            "employ werkgever compan bedrijf bedrijven job baan banen werk unemploy werkloos "
            "partner spouse echtgeno"
        ),
    ),
    (
        Absent("a district or a pilot is", _NO_DISTRICTS, _LESS),
        "district wijk buurt pilot proef neighbo deelgem",
    ),
    (
        Absent("a measure for one group is", "a lever is the same for all whom it concerns", _LESS),
        (
            "target doelgroep only_ alleen_ origin herkomst national gender geslacht age_ leeftijd "
            "indian chinese"
        ),
    ),
    (
        Absent("transport is", _NO_TABLE, ""),
        (
            "transport traffic verkeer parking parkeren fiets cycling metro tram public_tr "
            "openbaar_vervoer ov_"
        ),
    ),
    (
        Absent("police and crime are", _ONLY_A_GRADE, "safety"),
        "safety_ veiligheids crime criminal police politie",
    ),
    (
        Absent("parks and cleaning are", _ONLY_A_GRADE, "public_space"),
        "park_ parks green groen clean schoon",
    ),
    (
        Absent("museums, festivals and sport are", _ONLY_A_GRADE, "culture"),
        "museum museu theat sport festival",
    ),
    (
        Absent("hospitals and health insurance are", _ONLY_A_GRADE, "health_care"),
        "hospitals hospital_ ziekenhui zorgverzeker insurance",
    ),
    (
        Absent("civic integration is", _NO_TABLE, "dutch_practice"),
        "inburger integrat integration",
    ),
    (
        Absent(
            "promotion of the city is", _NO_TABLE, "population.inflow, with a number of your own"
        ),
        "marketing brand promot citymark acquisit",
    ),
    (Absent("discrimination is", _NO_TABLE, ""), "discrimin racis"),
)


def plain(name: str) -> str:
    """A name in small letters and without accents, with ``_`` for everything between words."""
    letters = unicodedata.normalize("NFKD", name.lower())
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return "_".join("".join(c if c.isalnum() else " " for c in bare).split())


def _reverse(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


_KEYS = _reverse(ALIASES)


def key_meant(name: str, allowed: Collection[str] = ()) -> str | None:
    """The key that somebody means with another word for it; None if no key is known by it.

    Parameters
    ----------
    name : str
        The word, in any spelling that :func:`plain` evens out.
    allowed : collection of str, optional
        Keys that may stand there: a scenario's policy is ``levers`` in a sweep.

    Examples
    --------
    >>> key_meant("Instroom"), key_meant("policy", ["levers"])
    ('inflow', 'levers')
    """
    meant = _KEYS.get(plain(name))
    allowed_keys = (key for key in _ELSEWHERE.get(meant or plain(name), ()) if key in allowed)
    return meant if meant in allowed else next(allowed_keys, meant)


def city_meant(name: str) -> str | None:
    """Name of the city that a word stands for; None if there is none."""
    written = plain(name)
    called = {city.name: (city.name, *city.also_called) for city in packaged()}
    return next((name for name, words in called.items() if written in words), None)


def cities_of_survey() -> str:
    """Sentence that names the cities with survey tables."""
    known = " and ".join(city.label for city in cities())
    return f"only {known} have survey tables; a city of your own: `expatsim city new`"


def absent(name: str) -> Absent | None:
    """What the model lacks and a name stands for; None for other names.

    Parameters
    ----------
    name : str
        The word, in any spelling that :func:`plain` evens out.

    Examples
    --------
    >>> absent("Huurprijzen").nearest
    'housing_supply'
    """
    if plain(name) in LEVERS:
        return None
    written = f"{plain(name)}_"
    parts = [written[k:] for k in range(len(written)) if k == 0 or written[k - 1] == "_"]
    for thing, beginnings in _ABSENT:
        if any(part.startswith(b) for part in parts for b in beginnings.split()):
            return thing
    return None
