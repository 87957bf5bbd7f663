"""Scenarios from checked files, or a list of all problems that these have."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from expatsim.cities import packaged_names
from expatsim.errors import InputError, first_of
from expatsim.files import readable
from expatsim.inputs.aliases import key_meant
from expatsim.inputs.encoding import Problem
from expatsim.inputs.load import Kind, load_checked
from expatsim.inputs.messages import with_place
from expatsim.inputs.names import find, is_bare, name_of, names_in, no_such
from expatsim.inputs.read import Document
from expatsim.inputs.syntax import shown
from expatsim.intervals import NINE_IN_TEN
from expatsim.model.levers import Lever, own_levers
from expatsim.model.levers import levers as declared_levers
from expatsim.model.parameters import defaults
from expatsim.model.policy import ADD, AT_LEAST, LeverPath, as_in_2009, level_of_entry
from expatsim.model.rules import Order
from expatsim.scenario import given
from expatsim.scenario.city_file import add_folder, city_folder
from expatsim.scenario.rule_file import RuleLike, read_rules
from expatsim.scenario.scenario import Scenario, joined, month_number
from expatsim.scenario.schema import MOST_AGENTS, PATH, ScenarioFile, scenario_file
from expatsim.shipped import SCENARIOS

DEFAULTS = {"start": "2010-01", "years": 10, "climate": 0.0, "seed": 2010, "draws": 100}
KIND = Kind("a scenario", "title", "`expatsim new NAME` writes one")
CITY_KEYS = ("city", "policy_from")
LONGEST_CHAIN = 50  # scenarios on top of each other


def load(
    path: str | Path | Mapping[str, Any], rules: RuleLike | Iterable[RuleLike] = ()
) -> Scenario:
    """The scenario that a file describes.

    Parameters
    ----------
    path : str, pathlib.Path or mapping
        The file, with or without its ending, or the name of a shipped scenario where there is no
        such file, see :func:`expatsim.inputs.names.find`; or values by key, as a file has them.
        Without a file, the name of a scenario is its title in small letters.
    rules : str, pathlib.Path, module or an iterable of them, optional
        Rules of your own that the scenario has: files, which are run, or what
        :func:`expatsim.read_rule` made of them. The scenario may move their levers.

    Returns
    -------
    Scenario
        With every setting known, from the file and those that it is based on.

    Raises
    ------
    InputError
        With one line for every problem of the file: file, line, what is wrong, what is allowed.
    """
    own = read_rules(rules)
    if isinstance(path, Mapping):
        return _load(Path(given.name_of(path)), given.text_of(path), own, given.without_lines)
    if not isinstance(path, str | os.PathLike):
        what = type(path).__name__
        raise InputError(f"a scenario is a file, a name, a dict or a Scenario, not a {what}")
    name = str(path)
    path = find("", name, SCENARIOS)
    if not os.path.lexists(path):
        if is_bare(name):
            raise InputError(no_such("", name, shipped=SCENARIOS))
        if (bare := name_of(path)) in names_in(SCENARIOS):
            advice = f"a shipped scenario goes without folder and ending: {bare}"
            raise InputError(f"{path}: no such file; {advice}")
    return _load(path, own=own)


def load_text(data: bytes, path: Path) -> Scenario:
    """The scenario that a text describes, as if it were the content of a file.

    Parameters
    ----------
    data : bytes
        The text.
    path : pathlib.Path
        Name of the file for messages and for the scenario; it need not exist. Scenarios that it is
        based on are looked for in its folder.

    Raises
    ------
    InputError
        As of :func:`load`.
    """
    return _load(path, data)


Change = Callable[[Document], None]


def _load(
    path: Path, data: bytes | None = None, own: Order = (), change: Change = lambda _: None
) -> Scenario:
    """The scenario of a file, or of a text in its place, with own rules."""
    levers = declared_levers(joined(own))
    chain = _chain(path, scenario_file(own_levers(joined(own))), data, change)
    merged = _merge([document.values for _, document in chain], levers)
    misplaced = [with_place(*problem) for problem in _misplaced(merged, chain)]
    if misplaced:
        raise InputError(first_of(misplaced, len(misplaced)))
    scenario = _resolve(path, merged, {str(p): d.text for p, d in chain}, levers)
    for after, rule in own:
        scenario = scenario.with_rule(rule, after)
    if problem := too_many(scenario):
        lines = (chain[-1][1].lines.get((key,), 0) for key in ("population", "changes", "climate"))
        line = next(filter(None, lines), 0)
        raise InputError(with_place(chain[-1][0], Problem(line, f"population: {problem}")))
    return scenario


def check(
    paths: str | Path | Iterable[str | Path], rules: RuleLike | Iterable[RuleLike] = ()
) -> list[str]:
    """All problems of some scenario files, one line each; empty if there are none.

    Parameters
    ----------
    paths : str, pathlib.Path or iterable of them
        The files, with or without ending.
    rules : str, pathlib.Path, module or an iterable of them, optional
        Rules of your own, as for :func:`load`.
    """
    own: list[Any] = [rule for _, rule in read_rules(rules)]
    problems: list[str] = []
    for path in [paths] if isinstance(paths, str | Path) else paths:
        try:
            load(path, own)
        except InputError as error:
            problems += error.problems
    return problems


def _chain(
    path: Path, model: type[ScenarioFile], data: bytes | None, change: Change
) -> list[tuple[Path, Document]]:
    """The files behind a scenario with their content; the one that is based on no other first."""
    chain: list[tuple[Path, Document]] = []
    paths: list[Path] = []
    current = path
    while True:
        beside = partial(_find_cities, current.parent, change if not chain else lambda _: None)
        own = data if not chain else None
        _, document = load_checked(current, model, KIND, _beginning, beside, own)
        _add_cities(current, document)
        chain.insert(0, (current, document))
        paths.append(current)
        base = document.values.get("based_on")
        if base is None:
            return chain
        following = find(current.parent, base, SCENARIOS)
        place = with_place(current, Problem(document.lines[("based_on",)], "based_on"))
        if not os.path.isfile(following):
            raise InputError(f"{place}: {no_such(current.parent, base, current, SCENARIOS)}")
        if any(os.path.exists(p) and os.path.samefile(following, p) for p in paths):
            names = " -> ".join(name_of(p) for p in [*paths, following])
            raise InputError(f"{place}: goes in a circle: {names}")
        if len(paths) == LONGEST_CHAIN:
            raise InputError(f"{place}: more than {LONGEST_CHAIN} scenarios on top of each other")
        current = following


def _find_cities(beside: Path, change: Change, document: Document) -> None:
    """Put the paths of cities into a document that names cities beside it."""
    change(document)
    for key in CITY_KEYS:
        name = document.values.get(key)
        if isinstance(name, str) and (folder := city_folder(beside, name)):
            document.values[key] = f"./{folder.as_posix()}"


def _add_cities(path: Path, document: Document) -> None:
    """Register cities that a file gives as folders, and put their names into the document."""
    problems: list[str] = []
    for key in CITY_KEYS:
        name = document.values.get(key)
        if not isinstance(name, str) or not re.search(PATH, name):
            continue
        folder = path.parent / name.replace("\\", "/")
        if not os.path.isdir(folder):
            what = f"{key}: no folder {shown(name)!r}"
            problems.append(with_place(path, Problem(document.lines[(key,)], what)))
            continue
        try:
            document.values[key] = add_folder(folder).name
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def _beginning(document: Document) -> Iterator[Problem]:
    """Problems of a file that does not say from which city or scenario it starts, or says both."""
    if not document.whole:
        return
    values, lines = document.values, document.lines
    city, base = (values.get(key) is not None for key in ("city", "based_on"))
    if city and base:
        yield Problem(lines[("based_on",)], "give either city or based_on, not both")
    # another word for one of them is reported as an unknown key
    if city or base or {key_meant(key) for key in values} & {"city", "based_on"}:
        return
    advice = f"one of {', '.join(packaged_names())}, or based_on another scenario"
    empty = next((key for key in ("city", "based_on") if key in values), None)
    if empty:
        yield Problem(lines[(empty,)], f"{empty} is empty; give as city {advice}")
    else:
        yield Problem(lines.get((), 0), f"city is missing: {advice}")


TEXTS = ("description", "title_nl", "description_nl", "author")  # not passed on by based_on


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One nested mapping over another: values of ``above`` first, at every depth.

    Parameters
    ----------
    below, above : mapping
        Nested mappings; ``None`` in ``above`` leaves the value of ``below``.

    Examples
    --------
    >>> laid_over({"costs": {"desk": 1, "events": 2}}, {"costs": {"desk": 5}, "years": None})
    {'costs': {'desk': 5, 'events': 2}}
    """
    result = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping):
            under = result.get(key)
            result[key] = laid_over(under if isinstance(under, Mapping) else {}, value)
        elif value is not None:
            result[key] = value
    return result


def _merge(layers: list[dict[str, Any]], levers: Mapping[str, Lever]) -> dict[str, Any]:
    """Settings of a chain of files, each laid over the one that it is based on."""
    merged: dict[str, Any] = {
        **DEFAULTS,
        "policy": {},
        "population": {},
        "costs": {},
        "changes": [],
    }
    for values in layers:
        given = {k: v for k, v in values.items() if v is not None}
        base = given.get("policy_from", given.get("city"))
        if base is not None:
            merged["policy"] = {name: as_in_2009(x, base) for name, x in levers.items()}
            merged["policy_city"] = base
        levels = merged["policy"]
        for lever, entry in given.pop("policy", {}).items():
            x, before = levers[lever], levels[lever]
            levels[lever] = level_of_entry(x, entry, before, merged["policy_city"])
        merged["changes"] = [*merged["changes"], *given.pop("changes", [])]
        for name in TEXTS:  # texts are about one file, and not about those based on it
            merged.pop(name, None)
        merged = laid_over(merged, given)
    return merged


def too_many(scenario: Scenario) -> str:
    """Message for a scenario with more people than a run can hold; empty if they fit.

    Parameters
    ----------
    scenario : Scenario
        With its dated changes of inflow and climate. Where draws differ, a large one counts.
    """
    pace = np.exp(defaults()["inflow_climate"] * scenario.climate)
    inflow = scenario.inflow * np.exp(NINE_IN_TEN * scenario.inflow_spread)
    agents = scenario.stock_range[1] * 1.7 + (inflow * pace).sum() / 12 * 1.4
    if agents <= MOST_AGENTS:
        return ""
    return f"about {agents:,.0f} people in all, with all dated changes; at most {MOST_AGENTS:,}"


def _misplaced(
    merged: dict[str, Any], chain: list[tuple[Path, Document]]
) -> Iterator[tuple[Path, Problem]]:
    """File and problem of each date that is out of order or outside the projection."""
    first = month_number(merged["start"])
    end = first + int(merged["years"]) * 12 - 1
    for path, document in chain:
        previous, settled = "", set[tuple[str, str]]()
        for k, change in enumerate(document.values.get("changes") or []):
            line, date = document.lines[("changes", k, "date")], change["date"]
            if date < previous:
                message = f"changes: {date} comes after {previous}; put the earliest first"
                yield path, Problem(line, message)
            if not first <= month_number(date) <= end:
                span = f"{merged['start']} to {end // 12}-{end % 12 + 1:02d}"
                whose = "" if path == chain[-1][0] else f" of {chain[-1][0].name}"
                message = f"changes: {date} is outside the projection{whose}, {span}"
                yield path, Problem(line, message)
            for name in _settles(change):
                if (date, name) in settled:
                    message = f"changes: {name} is set twice for {date}; leave one of them out"
                    yield path, Problem(line, message)
                settled.add((date, name))
            previous = date


def _settles(change: Mapping[str, Any]) -> list[str]:
    """What a dated change sets, whatever was there before; not what it adds to."""
    levels = change.get("policy") or {}
    own = [name for name in ("climate", "inflow") if change.get(name) is not None]
    return own + [name for name, level in levels.items() if not {ADD, AT_LEAST} & {*_keys(level)}]


def _keys(level: Any) -> Iterable[str]:
    return level if isinstance(level, dict) else ()


def _dated(merged: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """Month of the run and content of every dated change, the earliest first."""
    start = month_number(merged["start"])
    ordered = sorted(merged["changes"], key=lambda change: change["date"])
    return [(month_number(change["date"]) - start, change) for change in ordered]


def _first_inflow(merged: dict[str, Any]) -> float:
    """Workers who arrive in a year, at the start."""
    from expatsim.population.build import default_inflow

    return float(merged["population"].get("inflow", default_inflow(merged["city"])))


def _stock(merged: dict[str, Any]) -> tuple[int, tuple[float, float]]:
    """People at the start, and their spread between draws; none of a number that was decided."""
    from expatsim.population.build import default_stock, stock_spread

    given = merged["population"].get("stock")
    if given is not None:
        return int(given), (0.0, 0.0)
    return default_stock(merged["city"]), stock_spread(merged["city"])


def _sizes(merged: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Month by month workers who come in a year, their spread, and climate."""
    from expatsim.population.build import inflow_spread

    given, months = merged["population"], int(merged["years"]) * 12
    inflow = np.full(months, _first_inflow(merged))
    spread = np.full(months, 0.0 if "inflow" in given else inflow_spread(merged["city"]))
    climate = np.full(months, float(merged["climate"]))
    for at, change in _dated(merged):
        for path, value in ((inflow, change.get("inflow")), (climate, change.get("climate"))):
            if value is not None:
                path[at:] = value
        if change.get("inflow") is not None:  # a number that somebody decided
            spread[at:] = 0.0
    return inflow, spread, climate


def _resolve(
    path: Path, merged: dict[str, Any], texts: dict[str, str], levers: Mapping[str, Lever]
) -> Scenario:
    """The scenario of merged settings, with its levers, inflow and climate month by month."""
    (stock, stock_spread), (inflow, spread, climate) = _stock(merged), _sizes(merged)
    policy = {lever: LeverPath.of(merged["policy"][lever]) for lever in levers}
    sizes = {"inflow": _first_inflow(merged), "climate": float(merged["climate"])}
    idle: list[str] = []
    for at, change in _dated(merged):
        before = (dict(policy), dict(sizes))
        sizes.update({key: change[key] for key in sizes if change.get(key) is not None})
        for lever, entry in (change.get("policy") or {}).items():
            planned = policy[lever]
            level = level_of_entry(levers[lever], entry, planned.at(at), merged["policy_city"])
            policy[lever] = planned.since(at, level)
        if before == (policy, sizes):
            idle.append(change["date"])
    return Scenario(
        name=readable(name_of(path)),
        title=merged["title"],
        description=(merged.get("description") or "").strip(),
        title_nl=merged.get("title_nl") or "",
        description_nl=(merged.get("description_nl") or "").strip(),
        author=merged.get("author") or "",
        city=merged["city"],
        start=merged["start"],
        months=len(climate),
        policy=policy,
        policy_city=merged["policy_city"],
        quality_city=merged["city"],
        climate=climate,
        inflow=inflow,
        inflow_spread=spread,
        stock=stock,
        stock_spread=stock_spread,
        weights=merged["population"].get("weights", "survey"),
        costs=merged["costs"],
        value_per_expat_year=merged.get("value_per_expat_year"),
        seed=int(merged["seed"]),
        draws=int(merged["draws"]),
        texts=texts,
        idle=tuple(idle),
    )
