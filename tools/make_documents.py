"""Tables of the documents, written from the registries: ``python -m tools.make_documents``.

Text between ``<!-- begin NAME -->`` and ``<!-- end NAME -->`` in ``docs/*.md`` is replaced, and the
JSON Schema beside the scenario files is written. A test fails when they are out of date.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from expatsim.calibration.targets import targets
from expatsim.cities import cities, city_names
from expatsim.findings.cost import QUANTITIES
from expatsim.findings.outcomes import OUTCOMES
from expatsim.model import rules
from expatsim.model.declare import ARRIVALS, DONORS, START, Field
from expatsim.model.levers import LEVERS, level_2009, readers
from expatsim.model.parameters import registry
from expatsim.model.state import NONE, OPEN
from expatsim.observed import external, inconsistencies, study_rows, tables
from expatsim.population.margins import survey_margins
from expatsim.posterior.record import calibration_of, shipped
from expatsim.runs.groups import GROUPS
from expatsim.scenario import json_schema


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = ["| " + " | ".join(heads) + " |"]
    lines.append("|" + "---|" * lines[0].count(" | ") + "---|")
    lines += ["| " + " | ".join(str(c).replace("|", "/") for c in row) + " |" for row in rows]
    return "\n".join(lines)


def order() -> str:
    """Table of the rules of a month, in their order."""
    rows = []
    for k, (name, rule) in enumerate(rules.ORDER, start=1):
        says = (inspect.getdoc(rule) or "").split("\n\n")[0].replace("\n", " ")
        rows.append((k, f"`{name}`", says, ", ".join(f"`{f}`" for f in rule.Rates._fields)))
    return _table(("", "rule", "what happens", "rates"), rows)


def states() -> str:
    """Table of the states of a person."""
    rows = [
        (f"`{field.name}`", field.meaning, _range(field), name, _start(field.start), _stock(field))
        for name, rule in rules.ORDER
        for field in getattr(rule, "STATES", ())
    ]
    return _table(("state", "meaning", "values", "rule", "newcomers", "survey stock"), rows)


def _range(field: Field) -> str:
    if field.words:
        return ", ".join(f"{k} {word}".strip() for k, word in enumerate(field.words))
    kind, low, high = field.shape.kind, field.shape.low, field.shape.high
    return {"flag": "yes or no", "real": "a number"}.get(kind, f"{low:,} to {high:,}")


DRAWN = "drawn (section 7)"


def _start(start: object) -> str:
    if callable(start):
        return DRAWN
    words = {ARRIVALS: DRAWN, NONE: "none", OPEN: "open"}
    return str(words.get(start, start)) if not isinstance(start, bool) else ["no", "yes"][start]


def _stock(field: Field) -> str:
    if callable(field.stock):
        return _start(field.stock)
    return {DONORS: "from the donors", START: "as newcomers"}[field.stock]


def levers() -> str:
    """Table of the levers."""
    rows = [
        (
            f"`{x.name}`",
            x.meaning,
            f"{x.low:g} to {x.high:g} {x.unit}",
            ", ".join(f"`{rule}`" for rule in readers(x.name)),
            *(f"{level_2009(x.name, c.name).level:g}" for c in cities()),
            ", ".join(dict.fromkeys(level_2009(x.name, c.name).evidence for c in cities())),
            _source_of_2009(x.name),
        )
        for x in LEVERS.values()
    ]
    heads = ("lever", "meaning", "range", "read by", *(f"{c.label} 2009" for c in cities()))
    return _table((*heads, "evidence", "source of the 2009 values"), rows)


def _source_of_2009(lever: str) -> str:
    """Source of a lever's levels of 2009, named once if all cities have the same."""
    sources = {c.label: level_2009(lever, c.name).source for c in cities()}
    same = len(set(sources.values())) == 1
    return (
        next(iter(sources.values())) if same else "; ".join(f"{c}: {x}" for c, x in sources.items())
    )


def parameters() -> str:
    """Table of the parameters."""
    rows = [
        (
            f"`{p.name}`",
            p.symbol,
            p.meaning,
            p.unit,
            f"{p.default:g}",
            f"{p.low:g} to {p.high:g}",
            f"{p.prior}, {p.spread:g}",
            p.rule,
            p.evidence,
            _informed(p.name),
            p.source,
        )
        for p in registry().values()
    ]
    heads = ("parameter", "", "meaning", "unit", "default", "bounds", "prior, spread", "rule")
    return _table((*heads, "evidence", "data", "source"), rows)


def questions() -> str:
    """Table of the survey questions that would settle parameters."""
    rows = [(f"`{p.name}`", p.meaning, p.rule, p.ask) for p in registry().values() if p.ask]
    return _table(("parameter", "meaning", "rule", "question"), rows)


def _informed(name: str) -> str:
    """Whether the data inform a parameter of the shipped posterior, with its ratio if so."""
    calibration = calibration_of("posterior")
    if calibration is None or not calibration.informs(name):
        return "as assumed"
    return f"informed ({calibration.ratios[name]:.2f})"


def indicators() -> str:
    """Table of the monthly indicators."""
    rows = [(f"`{name}`", x.meaning) for name, x in rules.indicators().items()]
    return _table(("indicator", "people who"), rows)


def margins() -> str:
    """Table of the margins that the survey stock meets."""
    rows = []
    for city in city_names():
        for m in survey_margins(city):
            cells = (
                f"{m.interval[0]:.0%} to {m.interval[1]:.0%} {m.cells[0]}"
                if m.interval
                else ", ".join(f"{c} {n:.3g}" for c, n in zip(m.cells, m.counts, strict=True))
            )
            rows.append((city, m.name, cells))
    return _table(("city", "table", "respondents"), rows)


def sources() -> str:
    """Size of the packaged data, and a table of the known inconsistencies of the study."""
    head = (
        f"{len(study_rows())} rows in {len(tables())} tables from the report, "
        f"{len(external())} external facts.\n\n"
    )
    rows = [(x.id, x.tables, x.what, x.handling) for x in inconsistencies().itertuples()]
    return head + _table(("", "tables", "known inconsistency", "what we do"), rows)


def calibration_targets() -> str:
    """Table of the targets of the calibration."""
    rows = []
    for t in targets():
        observed = ", ".join(
            f"{cell} {low:.3g}" if low == high else f"{cell} {low:.0f} to {high:.0f}"
            for cell, low, high in t.cells()
        )
        error = getattr(t, "error", None)
        observed += f" (error {error:.3g})" if error else ""
        rows.append((t.name, t.source, type(t).__name__.lower(), observed))
    return _table(("target", "source", "kind", "observed"), rows)


def calibration_record() -> str:
    """List of the diagnostics of the shipped posterior."""
    return "\n".join(f"- {k}: {v}" for k, v in shipped()["diagnostics"].items())


def keys() -> str:
    """Table of the keys of a scenario file, from its JSON Schema."""
    schema = json_schema()
    rows = [
        (f"`{key}`", x["description"], _allowed(x, schema))
        for key, x in schema["properties"].items()
    ]
    for part, of in (("changes", "Change"), ("costs", "Cost"), ("population", "Population")):
        rows += [
            (f"`{part}`: `{key}`", x.get("description", "levers"), _allowed(x, schema))
            for key, x in schema["$defs"][of]["properties"].items()
        ]
    return _table(("key", "meaning", "allowed"), rows)


def _allowed(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """Type and range of a field in words."""
    if "$ref" in field:
        return "see below"
    options = field.get("anyOf", [field])
    for option in options:
        if "enum" in option:
            names = [f"`{x}`" for x in option["enum"]]
            folders = [f"or a folder such as `{x}`" for o in options for x in o.get("examples", ())]
            return ", ".join(names + folders)
        if "$ref" in option:
            return "see below"
        kind = option.get("type")
        if "pattern" in option:
            return "`YYYY-MM`"
        if kind in ("integer", "number"):
            whole = "whole number, " if kind == "integer" else ""
            low = option.get("minimum", option.get("exclusiveMinimum"))
            if low is None:
                return "within the lever's range"
            return f"{whole}{low:,.16g} to {option['maximum']:,.16g}"
        if kind == "string":
            return f"text, up to {option['maxLength']:,} characters"
        if kind == "array":
            return "list, see below"
    return ""


def outcomes() -> str:
    """Table of the outcomes of a projection, and of the quantities of scenarios with costs."""
    rows = [
        (f"`{x.name}`", x.label, x.unit)
        for declared in (OUTCOMES, QUANTITIES)
        for x in declared.values()
    ]
    return _table(("outcome", "what it is", "unit"), rows)


def groups() -> str:
    """Table of the groups of people."""
    return _table(("group", "who"), [(f"`{g.name}`", g.label) for g in GROUPS])


BLOCKS: dict[str, Callable[[], str]] = {
    "keys": keys,
    "order": order,
    "states": states,
    "levers": levers,
    "parameters": parameters,
    "questions": questions,
    "indicators": indicators,
    "margins": margins,
    "sources": sources,
    "targets": calibration_targets,
    "record": calibration_record,
    "outcomes": outcomes,
    "groups": groups,
}


def schema_text() -> str:
    """The JSON Schema as it is committed."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def fill(text: str) -> str:
    """Text of a document with its tables made anew between their markers."""
    for name, make in BLOCKS.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        table = make().replace("\\", r"\\")
        text = re.sub(pattern, rf"\g<1>{table}\n\g<2>", text, flags=re.S)
    return text


def main(root: Path = Path()) -> None:
    """Rewrite the documents and the schema of the checkout in ``root``."""
    for path in sorted((root / "docs").glob("*.md")):
        path.write_text(fill(path.read_text(encoding="utf-8")), encoding="utf-8")
    (root / "scenarios" / "scenario.schema.json").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
