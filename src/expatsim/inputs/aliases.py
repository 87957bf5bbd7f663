"""Other words for keys: Dutch names, and names of things that the model does not have."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from expatsim.cities import cities
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
# things that people look for and the model lacks: beginning of a sentence, the nearest lever, and
# beginnings of words for it
_ABSENT = (
    (
        "housing is",
        "",
        "hous woning wonen huur huis rent_ rents rental real_estate mortgage hypothe",
    ),
    (
        "schools are",
        "",
        "school schol onderwijs educat kinderopvang childcare daycare creche universit",
    ),
    ("taxes are", "", "tax belasting fisca fiscal ruling 30_percent 30_procent thirty_percent"),
    ("visas and permits are", "", "visa permit verblijfsverg immigration_rule residence naturali"),
    (
        "work for partners is",
        "volunteer_information",
        "partner spouse echtgeno partnerbanen dual_career",
    ),
    (
        "employers, jobs and pay are",
        "climate",
        (
            "employ werkgever compan bedrijf bedrijven salar loon lonen wage job baan banen werk "
            "unemploy werkloos"
        ),
    ),
    (
        "a district or a pilot is",
        "a lower level of one of these",
        "district wijk buurt pilot proef neighbo deelgem",
    ),
    (
        "a measure for one group is",
        "a lower level of one of these",
        (
            "target doelgroep only_ alleen_ origin herkomst national gender geslacht age_ leeftijd "
            "indian chinese"
        ),
    ),
    (
        "transport is",
        "",
        "transport traffic verkeer parking parkeren fiets cycling metro tram public_tr openbaar",
    ),
    ("safety is", "", "safety veilig crime criminal police politie"),
    ("public space is", "", "park_ parks green groen clean schoon public_space"),
    ("culture and sport are", "nightlife", "cultur museum theat sport festival"),
    ("civic integration is", "dutch_practice", "inburger integrat integration"),
    ("promotion of the city is", "", "marketing brand promot citymark acquisit"),
    ("discrimination is", "", "discrimin racis"),
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
    called = {city.name: (city.name, *city.also_called) for city in cities()}
    return next((name for name, words in called.items() if written in words), None)


def cities_of_survey() -> str:
    """Sentence that names the cities with survey tables."""
    return f"only {' and '.join(city.label for city in cities())} have survey tables"


def absent(name: str) -> tuple[str, str] | None:
    """A thing that the model lacks, and the nearest lever or ``""``; None for other names."""
    written = f"{plain(name)}_"
    parts = [written[k:] for k in range(len(written)) if k == 0 or written[k - 1] == "_"]
    for thing, near, beginnings in _ABSENT:
        if any(part.startswith(b) for part in parts for b in beginnings.split()):
            return thing, near
    return None
