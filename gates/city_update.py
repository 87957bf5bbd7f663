"""Recovery study of the quick update: known parameters come back from a city's simulated survey.

Truths are draws of the shipped posterior, with levels of the city from their priors. In each, the
people of the invented city of the tests are simulated with a luck of its own, and some of them are
asked all questions that a calibration aims at. The update then begins with all draws. Counted are
the truths inside 90 % intervals, of those parameters that the survey told something about.

``python -m gates.city_update run FIRST LAST`` updates from these truths (a minute each of one
core); ``python -m gates.city_update`` sums up all that were run.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from expatsim import posterior
from expatsim.calibration import sampler
from expatsim.calibration import update as updating
from expatsim.calibration.before import Space, scores
from expatsim.calibration.history import follow, prepare_history
from expatsim.calibration.study import INTERVIEWS, Shares
from expatsim.calibration.targets import Counts
from expatsim.cities import City
from expatsim.errors import InputError
from expatsim.executors import LOCAL
from expatsim.intervals import INTERVAL
from expatsim.model.chance import run_keys
from expatsim.scenario.city_file import add_folder
from expatsim.survey.interview import Respondents, interview, weights
from expatsim.survey.question import Question
from expatsim.survey.questions import QUESTIONS
from gates import common
from gates.common import ROOT, keep

PAGE = "city_update"
FOLDER = ROOT / "results" / "city_update"
CITY = ROOT / "tests" / "cities" / "eindhoven"
TRUTHS = 40  # to choose from
ASKED = 150  # respondents
HOUSEHOLDS = 20_000  # from which they are drawn
SIMULATED = 1_500  # households of the update's simulations
DRAWS = 500  # of the result
TOLD = 0.85  # ratio of spreads after and before the update, below which it told something
LUCK = 77  # seed of the simulated surveys
FEWEST = 10  # answers to a question, below which it has no table


class Cached(updating._Work):
    """Work whose first simulations, the same for all truths, are made once."""

    def simulate(self, z: np.ndarray, first: int, stage: str) -> Shares:
        """Simulated answers; see the base class."""
        if stage not in _first and not stage.startswith("round"):
            _first[stage] = super().simulate(z, first, stage)
        return _first.get(stage) or super().simulate(z, first, stage)


_first: dict[str, Shares] = {}


@cache
def setting() -> tuple[City, Space, np.ndarray, np.ndarray]:
    """The city, the space of its update, scores of the draws of before, and truths."""
    city = add_folder(CITY)
    space, draws = Space.of(city, "posterior"), posterior.read_draws("posterior")
    assert draws is not None
    rng = np.random.default_rng([1, 0])
    truths = [
        scores(p, draws[n].to_numpy(float)) if n in draws else rng.standard_normal(len(draws))
        for n, p in space.parameters.items()
    ]
    rows = np.random.default_rng(11).choice(len(draws), TRUTHS, replace=False)
    before = space.scores_of_draws(np.random.default_rng([1, 0]))
    return city, space, before, np.stack(truths, axis=1)[rows]


def asked() -> list[Question]:
    """Questions of the simulated survey."""
    return [q for q in QUESTIONS.values() if q.calibration == "target" and not q.part_of]


def survey(number: int) -> tuple[Counts, ...]:
    """Tables of simulated respondents of the city, in the truth of some number."""
    city, space, _, truths = setting()
    start = 8 * (number // 8)  # side by side, as they are simulated
    values = space.values(truths[start : start + 8])
    keys = np.stack([run_keys(LUCK, start + k) for k in range(8)])
    setup, _ = prepare_history(city.name, values, HOUSEHOLDS, keys)
    rng = np.random.default_rng([LUCK, number])
    chosen: list[dict[str, np.ndarray]] = []
    for month, state in zip(INTERVIEWS, follow(setup, INTERVIEWS), strict=True):
        r: Respondents = interview(setup.people, state, month)
        w = weights(r, city.name, values["second_year_recruitment"])
        w = np.where(r.draw == number - start, w, 0.0)
        some = rng.choice(len(w), ASKED // len(INTERVIEWS) + 1, p=w / w.sum(), replace=False)
        chosen.append({k: x[some] for k, x in r.persons.items()})
    persons = {k: np.concatenate([part[k] for part in chosen]) for k in chosen[0]}
    some = rng.permutation(len(persons["head"]))[:ASKED]
    persons = {k: x[some] for k, x in persons.items()}
    tables = []
    for q in asked():
        code = q.code(persons)
        counts = np.bincount(code[code >= 0], minlength=len(q.answers)).astype(float)
        if counts.sum() >= FEWEST:
            name, share = q.title_in(city.name), f"{city.name}.{q.name}"
            tables.append(Counts(name, "simulated", share, tuple(q.answers), tuple(counts)))
    return tuple(tables)


def run(number: int) -> None:
    """Update from the truth of some number, and save ranks and quality; skip a finished one."""
    done = FOLDER / f"truth-{number}.npz"
    if done.exists():
        return
    city, space, before, truths = setting()
    size = {city.name: SIMULATED}
    every = frozenset(f"{city.name}.{q.name}" for q in asked())
    work = Cached(space, survey(number), every, size, DRAWS, 1, None, LOCAL)
    found = work.rounds(before)
    z = np.stack(
        [scores(p, found.draws[n].to_numpy(float)) for n, p in space.parameters.items()], axis=1
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    sampler.save_arrays(
        done,
        rank=(z < truths[number]).mean(axis=0),
        ratio=z.std(axis=0) / before.std(axis=0),
        effective=np.array(found.effective),
        pareto_k=np.array(found.pareto_k),
        rhat=np.array(found.rhat),
        rounds=np.array(found.rounds),
        chance=np.array(min(found.chances.values())),
        refused=np.array(bool(found.doubts())),
    )


def number_of(path: Path) -> int:
    """Number of the truth whose update is in a file."""
    return int(path.stem.removeprefix("truth-"))


def coverage() -> tuple[int, int]:
    """Parameters that the surveys told something about, and truths inside their intervals."""
    low, high = INTERVAL
    told = inside = 0
    for path in FOLDER.glob("truth-*.npz"):
        s = sampler.load_arrays(path)
        learned = s["ratio"] < TOLD
        told += int(learned.sum())
        inside += int((learned & (low < s["rank"]) & (s["rank"] < high)).sum())
    return told, inside


def kept() -> int:
    """Truths on the page that was kept; none without a page."""
    page = common.RESULTS / f"{PAGE}.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = re.search(r"^(\d+) truths,", text, re.MULTILINE)
    return int(found[1]) if found else 0


def summarise() -> None:
    """Print and keep coverage and quality of all updates that were run.

    Raises
    ------
    InputError
        If there are fewer than on the page that was kept.
    """
    paths = sorted(FOLDER.glob("truth-*.npz"), key=number_of)
    if len(paths) < kept():
        raise InputError(f"{FOLDER}: {len(paths)} truths, and the page has {kept()}; run more")
    studies = [sampler.load_arrays(path) for path in paths]
    rows, (told, inside) = [], coverage()
    low, high = INTERVAL
    for path, s in zip(paths, studies, strict=True):
        learned = s["ratio"] < TOLD
        held = learned & (low < s["rank"]) & (s["rank"] < high)
        rows.append(
            {
                "truth": number_of(path),
                "told": int(learned.sum()),
                "inside": int(held.sum()),
                "narrowest": float(s["ratio"].min()),
                "effective draws": float(s["effective"]),
                "Pareto k": float(s["pareto_k"]),
                "R-hat": float(s["rhat"]),
                "rounds": int(s["rounds"]),
                "refused": "yes" if s["refused"] else "no",
            }
        )
    ranks = np.array([s["rank"] for s in studies])
    everywhere = float(((low < ranks) & (ranks < high)).mean())
    used = sum(row["refused"] == "no" for row in rows)
    chance = stats.binom.interval(0.95, told, 0.9)
    keep(
        PAGE,
        "Quick update of a city: recovery of known parameters",
        "python -m gates.city_update run FIRST LAST; python -m gates.city_update",
        f"{len(studies)} truths, {ASKED} simulated respondents each; {SIMULATED:,} households, "
        f"{DRAWS} draws of the result. Truths are shipped draws, with levels of the city from "
        f"their priors. {used} updates could be used, {len(studies) - used} were refused.",
        f"Parameters that the survey told something about (spread below {TOLD:.0%} of before): "
        f"{told}; the truth of {inside} of them is inside its 90 % interval, {inside / told:.0%}. "
        f"Were they independent, {chance[0]:.0f} to {chance[1]:.0f} would be expected.",
        f"Over all parameters: {everywhere:.0%}.",
        pd.DataFrame(rows),
    )


def main() -> None:
    """Run some truths, or sum up."""
    if sys.argv[1:2] == ["run"]:
        for number in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
            run(number)
    else:
        summarise()


if __name__ == "__main__":
    main()
