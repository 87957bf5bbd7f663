"""From a scenario file to a scenario, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from expatsim.errors import InputError, nearest
from expatsim.levers import CITIES, LEVERS
from expatsim.policy import LeverPath, as_in_2009, meant
from expatsim.scenario.messages import explain
from expatsim.scenario.model import Scenario, month_number
from expatsim.scenario.read import Document, Problem, read_yaml
from expatsim.scenario.schema import MOST_AGENTS, ScenarioFile

DEFAULTS = {"start": "2010-01", "years": 10, "climate": 0.0, "seed": 2010, "draws": 100}


def load(path: str | Path) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : str or pathlib.Path

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        With one line for every problem of the file: file, line, what is wrong, what is allowed.
    """
    path = Path(path)
    chain, problems = _chain(path)
    if problems:
        raise InputError(problems)
    merged = _merge([document.values for _, document in chain])
    messages = _conflicts(merged, *chain[-1])
    if messages:
        raise InputError(messages)
    return _resolve(path, merged, {str(p): d.text for p, d in chain})


def check(paths: Iterable[str | Path]) -> list[str]:
    """All problems of all files, one line each; empty if everything is fine."""
    problems: list[str] = []
    for path in paths:
        try:
            load(path)
        except InputError as error:
            problems += error.problems
    return problems


def with_place(path: Path, problem: Problem) -> str:
    """A problem with its file and line."""
    where = f"{path}:{problem.line}" if problem.line else str(path)
    return f"{where}: {problem.message}"


def _chain(path: Path) -> tuple[list[tuple[Path, Document]], list[str]]:
    """The file and what it is based on, the oldest first."""
    chain: list[tuple[Path, Document]] = []
    seen: list[Path] = []
    current: Path | None = path
    asked: tuple[Path, int, str] | None = None  # who asked for this file
    while current is not None:
        if asked and not current.exists():
            by, line, name = asked
            siblings = [p.stem for p in by.parent.glob("*.yaml") if p.resolve() != by.resolve()]
            hint = (
                nearest(name, siblings)
                or f"; beside this file: {', '.join(sorted(siblings)) or 'none'}"
            )
            return [], [f"{by}:{line}: based_on: no scenario {name!r}{hint}"]
        document = read_yaml(current)
        problems = [*document.problems]
        if not any(p.line == 0 for p in problems) and (document.values or not problems):
            problems += _validate(document)
        if problems:
            return [], [with_place(current, p) for p in sorted(problems)]
        chain.insert(0, (current, document))
        seen.append(current.resolve())
        base = document.values.get("based_on")
        if base is None:
            break
        following = _sibling(current, base)
        line = document.lines[("based_on",)]
        if following.resolve() in seen:
            names = " -> ".join(p.stem for p in [*seen, following])
            return [], [f"{current}:{line}: based_on: goes in a circle: {names}"]
        asked = (current, line, base)
        current = following
    return chain, []


def _sibling(path: Path, name: str) -> Path:
    file = name if name.endswith((".yaml", ".yml")) else f"{name}.yaml"
    return path.parent / file


def _validate(document: Document) -> list[Problem]:
    from pydantic import ValidationError

    problems: list[Problem] = []
    values = document.values
    try:
        ScenarioFile.model_validate(values)
    except ValidationError as error:
        problems = [explain(e, document.lines, ScenarioFile) for e in error.errors()]
    line = document.lines.get
    if "city" in values and "based_on" in values:
        problems.append(Problem(line(("based_on",), 0), "give either city or based_on, not both"))
    if "city" not in values and "based_on" not in values:
        problems.append(
            Problem(
                line((), 0),
                f"city is missing: one of {', '.join(CITIES)}, or based_on another scenario",
            )
        )
    return problems


TEXTS = ("description", "title_nl", "description_nl", "author")


def _merge(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Lay each file over the one it is based on."""
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
            merged["policy"] = {lever: as_in_2009(lever, base) for lever in LEVERS}
            merged["policy_city"] = base
        levels = merged["policy"]
        for lever, said in given.pop("policy", {}).items():
            levels[lever] = meant(lever, said, levels[lever], merged["policy_city"])
        for part in ("population", "costs"):
            merged[part] = {**merged[part], **_given(given.pop(part, {}))}
        merged["changes"] = [*merged["changes"], *given.pop("changes", [])]
        for name in TEXTS:  # a file's own words are not those of the file it is based on
            merged.pop(name, None)
        merged.update(given)
    return merged


def _given(part: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in part.items() if v is not None}


def _conflicts(merged: dict[str, Any], path: Path, document: Document) -> list[str]:
    """What no single key shows: order of dates, horizon, total size."""
    problems = []
    start = month_number(merged["start"])
    months = int(merged["years"]) * 12
    own = document.values.get("changes") or []
    previous = ""
    for k, change in enumerate(own):
        line = document.lines.get(("changes", k, "date"), document.lines.get(("changes", k), 0))
        if change["date"] < previous:
            problems.append(
                Problem(
                    line,
                    f"changes: {change['date']} comes after {previous}; put the earliest first",
                )
            )
        previous = change["date"]
    for k, change in enumerate(merged["changes"]):
        offset = month_number(change["date"]) - start
        if not 0 <= offset < months:
            mine = k - (len(merged["changes"]) - len(own))
            line = document.lines.get(("changes", mine, "date"), 0) if mine >= 0 else 0
            last = start + months - 1
            problems.append(
                Problem(
                    line,
                    f"changes: {change['date']} is outside the projection, "
                    f"{merged['start']} to {last // 12}-{last % 12 + 1:02d}",
                )
            )
    stock, inflow = _sizes(merged, months)
    agents = stock * 1.7 + inflow.sum() / 12 * 1.4
    if agents > MOST_AGENTS:
        line = document.lines.get(("population",), 0)
        problems.append(
            Problem(line, f"population: about {agents:,.0f} people in all; at most {MOST_AGENTS:,}")
        )
    return [with_place(path, p) for p in sorted(problems)]


def _sizes(merged: dict[str, Any], months: int) -> tuple[int, np.ndarray]:
    from expatsim.population.build import default_inflow, default_stock

    given = merged["population"]
    stock = int(given.get("stock", default_stock(merged["city"])))
    inflow = np.full(months, float(given.get("inflow", default_inflow(merged["city"]))))
    return stock, inflow


def _resolve(path: Path, merged: dict[str, Any], texts: dict[str, str]) -> Scenario:
    months = int(merged["years"]) * 12
    stock, inflow = _sizes(merged, months)
    policy = {lever: LeverPath.of(merged["policy"][lever]) for lever in LEVERS}
    climate = np.full(months, float(merged["climate"]))
    for change in sorted(merged["changes"], key=lambda c: c["date"]):
        at = month_number(change["date"]) - month_number(merged["start"])
        for lever, said in (change.get("policy") or {}).items():
            planned = policy[lever]
            level = meant(lever, said, planned.at(at), merged["policy_city"])
            policy[lever] = planned.since(at, level)
        if change.get("climate") is not None:
            climate[at:] = change["climate"]
        if change.get("inflow") is not None:
            inflow[at:] = change["inflow"]
    return Scenario(
        name=path.stem,
        title=merged["title"],
        description=(merged.get("description") or "").strip(),
        title_nl=merged.get("title_nl") or "",
        description_nl=(merged.get("description_nl") or "").strip(),
        author=merged.get("author") or "",
        city=merged["city"],
        start=merged["start"],
        months=months,
        policy=policy,
        policy_city=merged["policy_city"],
        quality_city=merged["city"],
        climate=climate,
        inflow=inflow,
        stock=stock,
        weights=merged["population"].get("weights", "survey"),
        costs={k: _given(v) for k, v in merged["costs"].items()},
        value_per_expat_year=merged.get("value_per_expat_year"),
        seed=int(merged["seed"]),
        draws=int(merged["draws"]),
        texts=texts,
    )
