"""Cities: each one a folder of data, ``city.yaml``, and no code.

The report's tables on the expats of its two cities are in :mod:`expatsim.observed`; another city
has such rows in its folder, ``survey.csv``, or those of a city of the study. ``city.yaml`` holds
everything that is no row of a table: names, levels of levers, and the city whose donors are used
where a city was never calibrated. What a city that is not of the study does not know, it borrows
from that same city: see :attr:`City.levels_2009`, :attr:`City.region` and :data:`NEEDED`. A city of
the study in a later year is a folder as well: what is known of that year, and a list of what is
still of 2009.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from expatsim.cities.level import Level2009
from expatsim.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

FILE = "city.yaml"
SURVEY = "survey.csv"  # only in folders of cities that are not of the report
YEAR = 2009  # of the study
NUMBERS = ("value", "low", "high")  # columns of survey.csv that hold numbers
COLUMNS = ("id", "table", "n", "variable", "category", *NUMBERS, "place")  # of survey.csv
ROLES, GRADES = "ROL", "T41"  # tables of respondents by role, and of grades
NEEDED = (ROLES, GRADES)  # tables that every city has, of its own or borrowed from its donors' city


@dataclass(frozen=True, eq=False)  # there is one object for each content, see `add`
class City:
    """A city of the simulation.

    Attributes
    ----------
    name : str
        Its key in files, and the name of its folder.
    content : mapping
        Plain values: the content of ``city.yaml``, and rows of ``survey.csv`` as ``survey``.
    order : int
        Place among packaged cities; the chance of those of the study depends on it.
    names : mapping of str to str
        Name for readers by language, ``"en"`` and ``"nl"``.
    also_called : tuple of str
        Other names in files, in small letters and with ``_`` between words.
    region : mapping of str to str or float
        Share of the country's foreign knowledge workers who live in its region: ``row`` of the
        external facts, or ``percent`` and ``source``. Borrowed where its file does not say.
    donors : str
        City whose packaged people are reweighted to this one's margins, and from which it borrows
        what it does not know: its own name if it was calibrated.
    households : int
        Households that arrive in the history that a calibration simulates; 0 for a city that is
        not of the study.
    quick_households : int
        Their number where less is simulated, see :mod:`expatsim.analysis.information`.
    levels_2009 : mapping of str to Level2009
        By lever, the levels that differ by city; of ``year``, if that is another. Those that its
        file lacks are borrowed.
    year : int
        Year of its levels and arrivals.
    survey_of : str
        City of the study whose tables hold for it; empty if it has its own.
    arrivals : mapping of str to any
        What is known of its arrivals: ``a_year`` and ``still_here`` (``low``, ``high``,
        ``source``), ``origins`` (``shares``, ``source``) and ``parameters``; empty where national
        figures hold.
    still_of_2009 : tuple of mapping of str to str
        What is still of the study, by language.
    """

    name: str
    content: Mapping[str, Any]
    order: int
    names: Mapping[str, str]
    also_called: tuple[str, ...]
    region: Mapping[str, Any]
    donors: str
    households: int
    quick_households: int
    levels_2009: Mapping[str, Level2009]
    year: int = YEAR
    survey_of: str = ""
    arrivals: Mapping[str, Any] = field(default_factory=dict)
    still_of_2009: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, content: Mapping[str, Any]) -> City:
        """The city that plain values describe; see ``content``."""
        own = {k: Level2009(**x) for k, x in (content.get("levels_2009") or {}).items() if x}
        region, borrowed = content.get("region"), {}
        if content["donors"] != name:
            donor = next(c for c in cities() if c.name == content["donors"])
            borrowed = {k: _borrowed(k, donor) for k in donor.levels_2009 if k not in own}
            region = region or donor.region
        return cls(
            name=name,
            content=content,
            order=content.get("order", 0),
            names=content["names"],
            also_called=tuple(content.get("also_called") or ()),
            region=region or {},
            donors=content["donors"],
            households=content.get("households", 0),
            quick_households=content.get("quick_households", 0),
            levels_2009={**own, **borrowed},
            year=content.get("year") or YEAR,
            survey_of=content.get("survey_of") or "",
            arrivals=content.get("arrivals") or {},
            still_of_2009=tuple(content.get("still_of_2009") or ()),
        )

    @property
    def label(self) -> str:
        """Name in English."""
        return self.names["en"]

    def name_in(self, language: str) -> str:
        """Name for readers; the English one where it has none in their language.

        Parameters
        ----------
        language : str
            Code of the language, such as ``"nl"``.
        """
        return self.names.get(language, self.label)

    @property
    def of_the_study(self) -> bool:
        """Whether the report is about it, and the model was calibrated with it."""
        return self.has_tables_of_the_study and not self.survey_of

    @property
    def has_tables_of_the_study(self) -> bool:
        """Whether its tables are in the report: they are about it, or about ``survey_of``."""
        return "survey" not in self.content

    def still_of_2009_in(self, language: str) -> list[str]:
        """What is still of the study, in a language; in English where that lacks it.

        Parameters
        ----------
        language : str
            Code of the language, such as ``"nl"``.
        """
        return [what.get(language, what["en"]) for what in self.still_of_2009]

    @property
    def borrowed_levels(self) -> tuple[str, ...]:
        """Levers whose level of 2009 it borrows."""
        return tuple(name for name, level in self.levels_2009.items() if level.borrowed)

    @property
    def borrowed_region(self) -> bool:
        """Whether it borrows the share of its region, and so its inflow and stock."""
        return not self.content.get("region")

    @property
    def borrowed_tables(self) -> tuple[str, ...]:
        """Tables of :data:`NEEDED` that it borrows."""
        if self.has_tables_of_the_study:
            return ()
        own = {row["table"] for row in self.content["survey"]}
        return tuple(name for name in NEEDED if name not in own)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name and content, so that workers too have one object for each content."""
        return _unpickled, (self.name, dict(self.content))


def _borrowed(lever: str, donor: City) -> Level2009:
    """Level of a lever in a city of the study, as another city borrows it."""
    levels = [c.levels_2009[lever].level for c in cities() if lever in c.levels_2009]
    differ = max(levels) - min(levels)
    return donor.levels_2009[lever].borrowed_from(donor.name, donor.label, differ)


@cache
def _contents() -> dict[str, dict[str, Any]]:
    """Contents of the folders of this package, by name; in the order of the cities."""
    from ruamel.yaml import YAML

    folders = (f for f in resources.files(__package__).iterdir() if f.joinpath(FILE).is_file())
    yaml = YAML(typ="safe", pure=True)
    found = {f.name: yaml.load(f.joinpath(FILE).read_text(encoding="utf-8")) for f in folders}
    return dict(sorted(found.items(), key=lambda item: (item[1]["order"], item[0])))


@cache
def packaged() -> tuple[City, ...]:
    """All packaged cities: those of the study in their order, then the same in later years."""
    later = [(name, x) for name, x in _contents().items() if x.get("survey_of")]
    return (*cities(), *(City.of(name, content) for name, content in later))


@cache
def cities() -> tuple[City, ...]:
    """The cities of the study, in their order."""
    return tuple(City.of(name, x) for name, x in _contents().items() if not x.get("survey_of"))


def city_names() -> tuple[str, ...]:
    """Names of the cities of the study, in their order."""
    return tuple(c.name for c in cities())


def packaged_names() -> tuple[str, ...]:
    """Names of all packaged cities, in their order."""
    return tuple(c.name for c in packaged())


_added: dict[str, City] = {}  # by name; the latest content of each


def add(new: City) -> City:
    """The city, registered under its name in this process.

    A city with the same content that is registered already is returned instead.

    Raises
    ------
    InputError
        If a packaged city has the same name.
    """
    if new.name in packaged_names():
        if not new.of_the_study and _text(new) != _text(city(new.name)):
            raise InputError(f"city {new.name!r} is in the package; give yours another name")
        return city(new.name)
    same = _added.get(new.name)
    if same is None or _text(same) != _text(new):
        _added[new.name] = same = new
    return same


def _text(city: City) -> str:
    return json.dumps(city.content, sort_keys=True)


def _unpickled(name: str, content: Mapping[str, Any]) -> City:
    return add(City.of(name, content))


def all_cities() -> dict[str, City]:
    """Packaged cities, and those that were added in this process, by name."""
    return {c.name: c for c in packaged()} | _added


def city(name: str) -> City:
    """A city by its name.

    Raises
    ------
    InputError
        If there is none of this name.

    Examples
    --------
    >>> city("den_haag").label
    'The Hague'
    """
    by_name = all_cities()
    if name not in by_name:
        raise InputError(f"no city {name!r}{nearest(name, by_name)}")
    return by_name[name]


@cache
def _rows(city: City) -> pd.DataFrame:
    """Rows of all tables that concern a city."""
    import pandas as pd

    from expatsim.observed import study_rows

    if city.survey_of:
        return _rows(all_cities()[city.survey_of])
    if city.of_the_study:
        frame = study_rows()
        return frame[frame["city"].isin((city.name, "both"))].reset_index(drop=True)
    frame = pd.DataFrame(city.content["survey"], columns=list(COLUMNS))
    for column in NUMBERS:
        frame[column] = pd.to_numeric(frame[column])
    return frame


def rows(name: str, table: str, variable: str = ".*") -> pd.DataFrame:
    """Rows of one table that were observed in a city, in printed order.

    Parameters
    ----------
    name : str
        Name of the city.
    table : str
        Name of the table, such as ``"T35"``; see :func:`expatsim.observed.tables`.
    variable : str
        Regular expression that the whole variable of a row matches.

    Returns
    -------
    pandas.DataFrame
        Columns as of :func:`expatsim.observed.study_rows`; no rows if nothing was observed. Tables
        of :data:`NEEDED` are those of its donors' city where it has none.
    """
    return _chosen(_holder(name, table), table, variable).reset_index(drop=True)


def _holder(name: str, table: str) -> City:
    """City whose rows of a table are used for another."""
    holder = city(name)
    return city(holder.donors) if table in holder.borrowed_tables else holder


def _chosen(holder: City, table: str, variable: str) -> pd.DataFrame:
    frame = _rows(holder)
    return frame[(frame["table"] == table) & frame["variable"].str.fullmatch(variable)]


def counts(name: str, table: str, variable: str = ".*") -> dict[str, float]:
    """Values by category of the rows of one table and city, in printed order.

    Parameters
    ----------
    name, table, variable : str
        As for :func:`rows`.

    Examples
    --------
    >>> counts("rotterdam", "T23")
    {'yes': 37.0, 'maybe': 28.0, 'no': 10.0}
    """
    return dict(_counts(_holder(name, table), table, variable))


@cache
def _counts(holder: City, table: str, variable: str) -> dict[str, float]:
    numbers = _chosen(holder, table, variable).dropna(subset="value")
    return dict(zip(numbers["category"], numbers["value"], strict=True))


def roles(name: str) -> tuple[int, int]:
    """Respondents of a city by role: workers, then partners."""
    respondents = counts(name, ROLES)
    return int(respondents["KM"]), int(respondents["partner"])
