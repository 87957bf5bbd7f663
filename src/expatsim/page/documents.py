"""Scenario files as texts: what a page shares is what it runs."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from expatsim.cities import packaged_names
from expatsim.errors import InputError
from expatsim.inputs.read import read_yaml
from expatsim.model.levers import LEVERS
from expatsim.model.policy import AS_IN_2009, PEOPLE, Level, as_in_2009
from expatsim.population.build import default_inflow, default_stock, inflow_spread, stock_spread
from expatsim.scenario.loading import CITY_KEYS, load_text
from expatsim.scenario.scenario import Scenario, month_name, steps
from expatsim.scenario.schema import PATH, ScenarioFile

Document = dict[str, Any]
PLAN, BASELINE = "plan", "baseline"  # names of scenarios, and of files that are shared
GIVEN = "your file"  # name of a file that was handed to the page, in messages
HEAD = "# yaml-language-server: $schema=scenario.schema.json\n"
# not compared after a file was written and read again
_ASIDE = ("name", "idle", "draws", "parameters", "parameters_digest")


def text_of(document: Mapping[str, Any]) -> str:
    """Return a scenario file with this content, in the order of the schema.

    Parameters
    ----------
    document : mapping
        Plain values by key, as of :class:`expatsim.scenario.schema.ScenarioFile`.

    Examples
    --------
    >>> print(text_of({"title": "A plan", "policy": {"mentor_projects": 0.3}}), end="")
    # yaml-language-server: $schema=scenario.schema.json
    title: A plan
    policy:
      mentor_projects: 0.3
    """
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.width = 100
    out = io.StringIO()
    ordered = {key: document[key] for key in ScenarioFile.model_fields if key in document}
    yaml.dump(ordered, out)
    return HEAD + out.getvalue()


def scenario_of(document: Mapping[str, Any], name: str) -> Scenario:
    """Return the scenario of a document, read and checked like any scenario file.

    Parameters
    ----------
    document : mapping
        Content of the file.
    name : str
        Name of the scenario.

    Raises
    ------
    InputError
        With a line for every problem, without the name of a file that nobody wrote.
    """
    path = Path(f"{name}.yaml")
    try:
        return load_text(text_of(document).encode(), path)
    except InputError as error:
        place = re.compile(rf"^{re.escape(path.name)}(:\d+)?: ")
        raise InputError([place.sub("", line) for line in error.problems]) from error


def read_given(data: bytes, folder: Path) -> Document:
    """Return the document of a scenario file that a reader of the page handed over.

    Parameters
    ----------
    data : bytes
        Its content.
    folder : pathlib.Path
        Where scenarios that it is based on are looked for, by their plain names.

    Raises
    ------
    InputError
        With a line for every problem of the file, or where a page cannot show it.
    """
    path = folder / GIVEN
    values = read_yaml(path, "a scenario", "title", {}, data).values
    outside = [
        f"{GIVEN}: {key}: {str(values[key])[:60]!r} is not of the package (allowed: "
        f"{', '.join(packaged_names())})"
        for key in CITY_KEYS
        if isinstance(values.get(key), str) and re.search(PATH, values[key])
    ]
    base = values.get("based_on")
    if isinstance(base, str) and re.search(PATH, base):
        outside.append(f"{GIVEN}: based_on: {base[:60]!r} has a folder; give the plain name")
    if outside:
        raise InputError(outside)
    try:
        scenario = load_text(data, path)
    except InputError as error:
        raise InputError([x.replace(str(path), GIVEN) for x in error.problems]) from error
    if scenario.own_cities and not {scenario.city, scenario.policy_city} <= set(packaged_names()):
        raise InputError(f"{GIVEN}: city: a page has only {', '.join(packaged_names())}")
    document = document_of(scenario)
    if _decisive(scenario_of(document, PLAN)) != _decisive(scenario):
        raise InputError(f"{GIVEN}: has settings that a page cannot show; use expatsim compare")
    return document


def _decisive(scenario: Scenario) -> dict[str, Any]:
    return {key: x for key, x in scenario.describe().items() if key not in _ASIDE}


def document_of(scenario: Scenario) -> Document:
    """Return a document with all that decides a scenario of packaged cities, based on no other.

    Parameters
    ----------
    scenario : Scenario
        From a file.

    Raises
    ------
    InputError
        If it has changes of a level that one file cannot say.
    """
    document: Document = {"title": scenario.title}
    for key in ("description", "title_nl", "description_nl", "author"):
        if getattr(scenario, key):
            document[key] = getattr(scenario, key)
    document |= {"city": scenario.city, "start": scenario.start, "years": scenario.months // 12}
    if scenario.policy_city != scenario.city:
        document["policy_from"] = scenario.policy_city
    if population := _population(scenario):
        document["population"] = population
    if scenario.climate[0]:
        document["climate"] = float(scenario.climate[0])
    dated = _dated(scenario)
    if policy := dated.pop(0, {}).get("policy"):
        document["policy"] = policy
    if dated:
        document["changes"] = [
            {"date": month_name(scenario.start, at), **change}
            for at, change in sorted(dated.items())
        ]
    if scenario.costs:
        document["costs"] = {lever: dict(cost) for lever, cost in scenario.costs.items()}
    if scenario.value_per_expat_year:
        document["value_per_expat_year"] = scenario.value_per_expat_year
    return {**document, "seed": scenario.seed, "draws": scenario.draws}


def _population(scenario: Scenario) -> Document:
    """Numbers of people that are not those of the city."""
    found: Document = {}
    usual = default_stock(scenario.city), stock_spread(scenario.city)
    if (scenario.stock, scenario.stock_spread) != usual:
        found["stock"] = scenario.stock
    first = float(scenario.inflow[0])
    typed_in = inflow_spread(scenario.city) > 0 and not scenario.inflow_spread[0]
    if typed_in or first != default_inflow(scenario.city):
        found["inflow"] = first
    if scenario.weights != "survey":
        found["weights"] = scenario.weights
    return found


def _dated(scenario: Scenario) -> dict[int, Document]:
    """Levers, climate and inflow that change, by month of the run."""
    dated: dict[int, Document] = {}
    for lever in LEVERS:
        before = as_in_2009(lever, scenario.policy_city)
        for at, level in scenario.policy[lever].steps:
            if level != before:
                entry = _entry(lever, level, before, scenario.policy_city)
                dated.setdefault(at, {}).setdefault("policy", {})[lever] = entry
            before = level
    for key in ("climate", "inflow"):
        for at, value in steps(getattr(scenario, key))[1:]:
            dated.setdefault(at, {})[key] = value
    return dated


def _entry(lever: str, level: Level, before: Level, city: str) -> Any:
    """What a file says of a level that follows on another; the inverse of ``level_of_entry``."""
    if level.value is not None:
        return level.value
    if level == as_in_2009(lever, city):
        return AS_IN_2009
    if level.people is not None and not level.changes:
        return {PEOPLE: level.people}
    if level.changes and level.changes[:-1] == before.changes and level.city == before.city:
        how, by = level.changes[-1]
        return {how: by}
    raise InputError(f"{GIVEN}: {lever}: changed more than once; give one level")


def baseline_of(document: Mapping[str, Any], titles: Mapping[str, str]) -> Document:
    """Return the document of the baseline: the same city and economy, under the policy of then.

    Parameters
    ----------
    document : mapping
        Of a plan.
    titles : mapping of str to str
        ``title`` and ``title_nl``.
    """
    kept = ("city", "start", "years", "climate", "population", "seed", "draws")
    base: Document = dict(titles) | {key: document[key] for key in kept if key in document}
    changes = [{k: x for k, x in c.items() if k != "policy"} for c in document.get("changes", [])]
    if changes := [c for c in changes if set(c) - {"date", "note"}]:
        base["changes"] = changes
    return base
