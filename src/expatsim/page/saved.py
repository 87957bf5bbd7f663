"""The saved page: one file that answers from response surfaces, with nothing to install."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from expatsim.errors import InputError
from expatsim.files import replacing, writing
from expatsim.findings import basis, sureness
from expatsim.findings.outcomes import OUTCOMES as DECLARED
from expatsim.findings.summary import HEADLINES
from expatsim.model.levers import LEVERS, SHARES_OF_ARRIVALS
from expatsim.model.policy import arrivals
from expatsim.page import surface
from expatsim.page.accuracy import ENOUGH
from expatsim.page.controls import lever_control
from expatsim.page.mixes import DELAYS, OUTCOMES
from expatsim.page.plan import BASELINE_TITLE, PLAN_TITLE, Plan, titles
from expatsim.page.stored import Stored, read
from expatsim.page.surface import Surface
from expatsim.page.templates import rendered
from expatsim.report import answers, words
from expatsim.report.language import LANGUAGES, N_, Language, translations
from expatsim.report.template import style

TITLE = N_("Who stays if the city acts?")
UNSCRIPTED = N_("This page needs the script that comes with it; please allow it in your browser.")
# of each language, said by the script with values of its own
_SAID = {
    "range": N_("%(low)s to %(high)s"),
    "people": N_("%(level)s (about %(people)s people a year)"),
    "compared": N_("For comparison, in “%(title)s” the share is %(value)s."),
    "nothing": N_("No lever is moved yet: this is the baseline. Move one to see what changes."),
    "range problem": N_("%(what)s: %(value)s is out of range (allowed: %(low)s to %(high)s)."),
    "copied": N_("Copied."),
    "copy by hand": N_("Please copy the marked text yourself."),
}
_LATER = {1: N_("one year after the start"), 2: N_("%(years)s years after the start")}


def write(path: Path, lang: str = "en", city: str = "", stored: Stored | None = None) -> Path:
    """Write the saved page into a file, whole or not at all, and return its path.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lang : {"en", "nl"}
        Language with which it begins; a reader may change it.
    city : str
        City with which it begins; by default the first that it has.
    stored : Stored, optional
        Response surfaces; by default those of the package.

    Raises
    ------
    InputError
        If there are no surfaces, or none of this city, or the file is there.
    """
    stored = read() if stored is None else stored
    if city and city not in stored.surfaces:
        raise InputError(
            f"{city}: a saved page has only {', '.join(stored.surfaces)}; “expatsim page” has all"
        )
    if path.exists():
        raise InputError(f"{path}: is already there; give another name")
    text = page(stored, lang, city)
    with writing(path), replacing(path) as part:
        part.write_text(text, encoding="utf-8")
    return path


def page(stored: Stored, lang: str = "en", city: str = "") -> str:
    """Return the saved page as HTML.

    Parameters
    ----------
    stored : Stored
        Response surfaces.
    lang : {"en", "nl"}
        Language with which it begins.
    city : str
        City with which it begins; by default the first.
    """
    languages = {code: Language(code) for code in LANGUAGES}
    own = resources.files("expatsim.page")
    live, saved, numbers, moves = (
        own.joinpath(name).read_text("utf-8")
        for name in ("live.css", "saved.css", "surface.js", "saved.js")
    )
    look, script = style() + live + saved, numbers + moves
    text = json.dumps(content(stored, city), ensure_ascii=False, separators=(",", ":"))
    return rendered(
        "saved.html.j2",
        languages[lang],
        lang=lang,
        title=languages[lang].say(TITLE),
        bodies={code: _body(stored, x) for code, x in languages.items()},
        unscripted={code: x.say(UNSCRIPTED) for code, x in languages.items()},
        policy=_policy(look, script),
        style=look,
        script=script,
        data=text.replace("<", "\\u003c"),
    )


def _policy(look: str, script: str) -> str:
    """What the browser may do with the page: run its own script and style, and connect nowhere."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; script-src 'sha256-{digest(script)}'; "
        f"style-src 'sha256-{digest(look)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def content(stored: Stored, city: str = "") -> dict[str, Any]:
    """Return what the page's script works with, as plain values.

    Parameters
    ----------
    stored : Stored
        Response surfaces.
    city : str
        City with which the page begins; by default the first.
    """
    draws = int(stored.record["draws"])
    plans = {city: Plan.start(city, draws) for city in stored.surfaces}
    first = next(iter(plans.values()))
    axes = len(surface.axes())
    return {
        "first": city or next(iter(plans)),
        "main": OUTCOMES.index(HEADLINES[0]),
        "charts": _charts(),
        "years": first.document["years"],
        "seed": first.document["seed"],
        "shape": {
            "members": surface.members().tolist(),
            "powers": surface.POWERS,
            "waits": surface.WAITS,
            "pairs": list(combinations(range(axes), 2)),
            "pair_waits": surface.PAIR_WAITS,
            "longest": DELAYS[-1],
            "shares": surface.shares().tolist(),
        },
        "rules": {
            "fewest_draws": sureness.FEWEST_DRAWS,
            "clear": sureness.CLEAR,
            "likely": sureness.LIKELY,
            "share": sureness.SMALLEST_SHARE,
            "number": sureness.SMALLEST_NUMBER,
            "errors": basis.ERRORS,
            "measured": (basis.MEASURED_RATIO, basis.MEASURED_SHIFT),
            "partly": (basis.PARTLY_RATIO, basis.PARTLY_SHIFT),
        },
        "cities": {
            name: {
                **{source: _plain(x) for source, x in stored.surfaces[name].items()},
                "start": plan.document["start"],
                "titles": _titles(name, PLAN_TITLE),
                "baselines": _titles(name, BASELINE_TITLE),
            }
            for name, plan in plans.items()
        },
        "levers": [_lever(name, plans) for name in LEVERS],
        "texts": {code: _texts(Language(code)) for code in LANGUAGES},
    }


def _charts() -> list[list[int]]:
    """Numbers of the outcomes of each chart: shares that stay, and other shares."""
    declared = [DECLARED[name] for name in OUTCOMES]
    return [
        [k for k, x in enumerate(declared) if x.is_share and bool(x.way_in) == staying]
        for staying in (True, False)
    ]


def _titles(city: str, text: str) -> dict[str, str]:
    """A title of a scenario in a city, by language."""
    found = titles(city, text)
    return {code: found["title" if code == "en" else f"title_{code}"] for code in LANGUAGES}


def _plain(x: Surface) -> dict[str, Any]:
    """Surfaces of one source for the script; steps in base 64, two bytes each."""

    def column(values: np.ndarray) -> Any:
        return float(values[0]) if (values == values[0]).all() else values.tolist()

    return {
        "levels": [column(values) for values in x.frame.levels.T],
        "weights": [column(values) for values in x.frame.weights.T],
        "baseline": x.baseline.T.tolist(),
        "scale": x.scale.tolist(),
        "steps": base64.b64encode(x.steps.astype("<i2").tobytes()).decode(),
        "of_pairs": x.pairs.tolist(),
    }


def _lever(name: str, plans: dict[str, Plan]) -> dict[str, Any]:
    """A lever for the script: its control, and how it stands in the baseline of each city."""
    lever = LEVERS[name]
    shown = {
        city: {code: lever_control(plan, name, Language(code)) for code in LANGUAGES}
        for city, plan in plans.items()
    }
    any_city = next(iter(shown.values()))["en"]
    percent = any_city["unit"] == "percent"
    counted = lever.reaches in SHARES_OF_ARRIVALS
    return {
        "name": name,
        "unit": any_city["unit"],
        "factor": 100 if percent else 1,
        "signed": lever.low < 0,
        "low": any_city["low"],
        "high": any_city["high"],
        "labels": {code: Language(code).say(lever.label) for code in LANGUAGES},
        "arrive": {
            city: float(arrivals(lever, plan.baseline.newcomers())[0, 0]) if counted else 0
            for city, plan in plans.items()
        },
        "baseline": {
            city: {
                "value": texts["en"]["value"],
                "text": {code: x["text"] for code, x in texts.items()},
            }
            for city, texts in shown.items()
        },
    }


def _texts(language: Language) -> dict[str, Any]:
    """Texts of the script in a language; values are put in by the script."""
    raw = translations(language.code).gettext
    labels = words.VERDICTS | words.BASIS
    return {
        **{key: raw(text) for key, text in _SAID.items()},
        **{key: raw(text) for key, text in labels.items()},
        **{f"sentence {key}": raw(text) for key, text in answers.HEADLINES.items()},
        "outcomes": [language.say(DECLARED[name].label) for name in OUTCOMES],
        "charts": [language.say(N_("Staying")), language.say(N_("Wish, welcome and services"))],
        "title": language.say(TITLE),
        "locale": language.locale.replace("_", "-"),
    }


def _body(stored: Stored, language: Language) -> str:
    """What a reader sees, in a language."""
    cities = list(stored.surfaces)
    plan = Plan.start(cities[0], int(stored.record["draws"]))
    names = [words.city_name(city, language) for city in cities]
    respondents = words.respondents(language)
    return rendered(
        "saved_body.html.j2",
        language,
        draws=stored.record["draws"],
        levers=[_control(plan, name, language) for name in LEVERS],
        cities=list(zip(cities, names, strict=True)),
        delays=[(years, _delay(years, language)) for years in DELAYS],
        outcomes=[language.say(DECLARED[name].label) for name in OUTCOMES],
        never_measured=language.say(words.NEVER_MEASURED, respondents=respondents),
        two_labels=language.say(words.TWO_LABELS),
        accuracy=[*_accuracy(stored, language), *_age(stored, language)],
        measured=names,
        errors=[_errors(stored, name, language) for name in OUTCOMES],
    )


def _control(plan: Plan, name: str, language: Language) -> dict[str, Any]:
    """Values of a lever's control."""
    x = lever_control(plan, name, language)
    return {**x, "percent": x["unit"] == "percent"}


def _delay(years: int, language: Language) -> str:
    if not years:
        return language.say(N_("at the start of the projection"))
    return language.say(_LATER[min(years, 2)], years=years)


def _accuracy(stored: Stored, language: Language) -> list[str]:
    """How far the surfaces are from simulations, in sentences."""
    say, percent = language.say, language.percent
    texts = [
        say(
            N_(
                "Plans that this page had not seen were drawn at random (one measure to all of "
                "them, anywhere in their ranges, at once or up to %(years)s years later) and "
                "simulated in the same %(draws)s draws. The aim: 95%% of the shares within half a "
                "percentage point of the simulation."
            ),
            years=DELAYS[-1],
            draws=language.number(stored.record["draws"]),
        )
    ]
    for city in stored.surfaces:
        found = stored.record["accuracy"][city]
        text = N_(
            "%(city)s, %(checks)s plans: %(middle)s of the shares in the middle of the interval, "
            "and %(ends)s of those at its ends, were within half a point. %(aim)s The label of how "
            "sure the model is was that of the simulation in %(sure)s of the answers, the label of "
            "what it rests on in %(rests)s."
        )
        texts.append(
            say(
                text,
                city=words.city_name(city, language),
                checks=language.number(found["checks"]),
                middle=percent(found["all"]["middle"]),
                ends=percent(found["all"]["ends"]),
                aim=_aim(found["within"], language),
                sure=percent(found["labels"]["sure"]),
                rests=percent(found["labels"]["rests"]),
            )
        )
    more = N_(
        "These are errors of the page against the simulation. That %(draws)s other draws would "
        "give a somewhat other interval comes on top; “expatsim page” and “expatsim report” take "
        "100 or more."
    )
    return [*texts, say(more, draws=language.number(stored.record["draws"]))]


def _aim(within: dict[str, dict[str, float]], language: Language) -> str:
    """Where the aim is not reached."""
    below = {
        what: [language.say(DECLARED[name].label) for name, x in of.items() if x < ENOUGH]
        for what, of in within.items()
    }
    if not any(below.values()):
        return language.say(N_("The aim is reached for every share."))
    said = {
        "middle": N_("The aim is not reached for the middle of: %(outcomes)s."),
        "ends": N_("The aim is not reached for the ends of: %(outcomes)s."),
    }
    return " ".join(
        language.say(said[what], outcomes="; ".join(names))
        for what, names in below.items()
        if names
    )


def _age(stored: Stored, language: Language) -> list[str]:
    """A caution, where the model is another one by now."""
    if stored.is_current:
        return []
    text = N_(
        "The model has changed since these surfaces were made: its answers may be others by now."
    )
    return [language.say(text)]


def _errors(stored: Stored, name: str, language: Language) -> tuple[str, list[str]]:
    """A row of the table of errors."""
    scale, digits = (100, 2) if DECLARED[name].is_share else (1, 0)
    cells = []
    for city in stored.surfaces:
        found = stored.record["accuracy"][city]["outcomes"][name]
        numbers = (*found["middle"], found["ends"][1])
        cells += [language.number(scale * x, digits) for x in numbers]
    return language.say(DECLARED[name].label), cells
