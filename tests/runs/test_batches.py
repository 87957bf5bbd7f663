"""Minimally different worlds, and the same bits whatever the batch, the threads or the face."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from expatsim import ExpatModel
from expatsim.model import engine
from expatsim.model.chance import run_keys
from expatsim.model.levers import LEVERS, policy_2009
from expatsim.model.policy import Level
from expatsim.model.state import State
from expatsim.runs import windows
from expatsim.runs.batches import same_people, simulate, simulate_together
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from expatsim.scenario import load
from helpers import ROOT, lives, small


def differing(a: State, b: State) -> np.ndarray:
    """Slots whose lives differ in any bit, propensity included."""
    return np.any([x != y for x, y in zip(a, b, strict=True)], axis=0)


def one_more_household(scenario, month: int):
    inflow = scenario.inflow.copy()
    inflow[month] += 12  # one household more in that month
    return inflow


def test_one_more_candidate_changes_nobody_else() -> None:

    base = small("rotterdam", 1.0, 60)
    more = dataclasses.replace(base, inflow=one_more_household(base, 20))
    a, state_a, _ = lives(base)
    b, state_b, _ = lives(more)
    extra = set(b.id.tolist()) - set(a.id.tolist())
    assert len({i >> 1 for i in extra}) == 1
    slot = {int(i): k for k, i in enumerate(b.id)}
    to = np.array([slot[int(i)] for i in a.id])
    same = State(*(column[to] for column in state_b))
    assert not differing(state_a, same).any()


def test_what_touches_one_person_stays_in_the_household_and_among_contacts() -> None:
    scenario = small("rotterdam", 0.5, 60)
    draws = prepare(scenario, np.array([0]))
    adults = people_of_draw(scenario, draws, 0)
    one = int(np.flatnonzero(adults.people["coupled"] & (adults.people["arrival_month"] < 0))[7])

    def touched(population):
        taste = population.people["stay_taste"].copy()
        taste[one] += 3
        friends = population.state["friends"].copy()
        friends[one] += 4
        return population._replace(
            people={**population.people, "stay_taste": taste},
            state={**population.state, "friends": friends, "knows_desk": _set(population, one)},
        )

    # without contacts, only the household can differ
    alone = adults._replace(
        contacts=np.broadcast_to(np.arange(len(adults.id)), adults.contacts.shape)
    )
    changed = differing(lives(scenario, 0, alone)[1], lives(scenario, 0, touched(alone))[1])
    assert changed[one]
    assert set(np.flatnonzero(changed)) <= {one, int(adults.partner[one])}
    # with contacts, only those whom the change can reach: contacts of contacts, and households
    changed = differing(lives(scenario, 0, adults)[1], lives(scenario, 0, touched(adults))[1])
    reached = np.zeros(len(adults.id), bool)
    reached[one] = True
    for _ in range(scenario.months):
        reached |= reached[adults.partner] | reached[adults.contacts].any(axis=0)
    assert not changed[~reached].any()
    assert changed[one]


def _set(population, one: int) -> np.ndarray:
    column = population.state["knows_desk"].copy()
    column[one] = True
    return column


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_as_in_2009_changes_nothing(lever: str, tmp_path) -> None:
    base = small("den-haag", 0.05, 36)
    path = tmp_path / "same.yaml"
    value = "as in 2009"
    path.write_text(
        f"title: same\ncity: den_haag\npolicy: {{{lever}: {value}}}\n"
        f"changes: [{{date: 2011-01, policy: {{{lever}: {value}}}}}]\n"
    )
    again = load(path).resized(0.05, 36)
    _, a, counts_a = lives(base)
    _, b, counts_b = lives(again)
    assert not differing(a, b).any()
    assert np.array_equal(counts_a, counts_b)


@pytest.mark.parametrize("lever", LEVERS)
def test_a_lever_acts_from_its_month_on(lever: str) -> None:

    base = small("rotterdam", 1.0, 48)
    x = LEVERS[lever]
    level = Level(value=float(x.high if policy_2009("rotterdam")[lever] < x.high else x.low))
    path = base.policy[lever].since(24, level)
    moved = dataclasses.replace(base, policy={**base.policy, lever: path})
    _, _, a = lives(base)
    _, _, b = lives(moved)
    assert np.array_equal(a[:24], b[:24])
    assert not np.array_equal(a[24:], b[24:])


def test_batches_do_not_matter() -> None:
    scenario = small("rotterdam", 0.05, 60, draws=5)
    first = simulate(scenario, batch=1)
    for batch in (2, 3, 5, 8):
        assert simulate(scenario, batch=batch).identical(first)


def test_batches_at_once_do_not_matter() -> None:
    scenario = small("rotterdam", 0.05, 60, draws=12)
    first = simulate(scenario, batch=1, threads=1)
    for threads in (2, 5):
        assert simulate(scenario, batch=1, threads=threads).identical(first)


def test_scenarios_run_together_are_as_if_alone() -> None:
    """Shared people are the people that each would have, also where climates differ."""
    base = small("rotterdam", 0.1, 48, draws=3)
    crisis = dataclasses.replace(base, climate=np.full(48, -1.0))
    others = [base, small("den-haag", 0.1, 48, draws=3), crisis]
    others.append(small("rotterdam-all-recommendations", 0.1, 48, draws=3))
    assert same_people(base, others[3])
    assert not same_people(base, crisis)
    for scenario, together in zip(others, simulate_together(others), strict=True):
        assert simulate(scenario).identical(together)


@pytest.mark.parametrize("window", [7, 30, 45])
def test_windows_of_months_do_not_matter(window: int, monkeypatch) -> None:
    """Leaving out those who have left or not come changes no bit of anybody's life."""
    monkeypatch.setattr(windows, "WINDOW", window)
    scenario = small("rotterdam-all-recommendations", 0.3, 100)
    draws = prepare(scenario, np.arange(3))
    people = [people_of_draw(scenario, draws, d) for d in range(3)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(3)])
    setup = assemble(people, keys, draws.rates, slots_needed(max(len(a.id) for a in people)))
    whole, (parts, size) = engine.run(setup), windows.run(setup)
    assert size < setup.people.head.shape[1]
    assert np.array_equal(whole.counts, parts.counts)
    for d, adults in enumerate(people):
        for a, b in zip(whole.state, parts.state, strict=True):
            n = len(adults.id)
            assert np.asarray(a)[d, :n].tobytes() == b[d, :n].tobytes()
    # and there is something to leave out
    left_out = [len(r) for r in windows._kept(setup.people, parts.state.stay, 90, 100)]
    assert max(left_out) < 0.7 * setup.people.head.shape[1]


def test_neighbours_in_a_batch_do_not_matter() -> None:
    """Every bit of the state, the float included."""
    scenario = small("den-haag", 0.03, 60)
    draws = prepare(scenario, np.arange(4))
    people = [people_of_draw(scenario, draws, d) for d in range(4)]
    keys = np.stack([run_keys(scenario.seed, r) for r in range(4)])
    slots = slots_needed(max(len(a.id) for a in people))
    together = engine.run(assemble(people, keys, draws.rates, slots)).state
    for d in range(4):
        alone = assemble([people[d]], keys[d : d + 1], draws.rates[:, d : d + 1], slots)
        for a, b in zip(engine.run(alone).state, together, strict=True):
            assert np.asarray(a)[0].tobytes() == np.asarray(b)[d].tobytes()


PROGRAM = """
import dataclasses, hashlib, os, sys
if sys.argv[1] == "1":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from expatsim.runs.batches import simulate
from expatsim.scenario import load
scenario = load("scenarios/rotterdam.yaml").resized(0.3, 48)
data = simulate(dataclasses.replace(scenario, draws=3))
print(hashlib.sha256(b"".join(data[v].values.tobytes() for v in sorted(data))).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux to choose a core")
def test_threads_do_not_matter() -> None:
    def digest(cores: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, cores],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        ).stdout.strip()

    assert len(digest("1")) == hashlib.sha256().digest_size * 2
    assert digest("1") == digest("all")


def test_expat_model_is_the_engine() -> None:
    scenario = small("rotterdam-all-recommendations", 0.1, 24)
    _, state, counts = lives(scenario, 2)
    model = ExpatModel(scenario, replicate=2)
    while model.running:
        model.step()
    for name, theirs in state._asdict().items():
        assert getattr(model.state, name).tobytes() == theirs.tobytes(), name
    # the first row is the survey stock, before the first month
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["here"].tolist() == [scenario.stock, *counts[:, 0].tolist()]
    assert frame["date"].tolist()[::24] == ["2009-12", "2011-12"]


@pytest.mark.parametrize(
    "setting",
    [
        {"JAX_DISABLE_JIT": "1"},
        {"JAX_NUMPY_DTYPE_PROMOTION": "strict", "JAX_NUMPY_RANK_PROMOTION": "raise"},
    ],
)
def test_settings_of_jax_do_not_matter(setting: dict[str, str]) -> None:
    code = (
        "import expatsim as xs; s = xs.load('scenarios/rotterdam.yaml').resized(0.05, 3);"
        "print(xs.run(s, draws=2).dataset['here'].values.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **setting},
    )
    here = simulate(small("rotterdam", 0.05, 3, draws=2))["here"].values[None].tolist()
    assert done.stdout.strip() == str(here)


def test_a_processor_that_is_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "expatsim.cli", "run", "scenarios/rotterdam.yaml", "--draws", "2"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "JAX_PLATFORMS": "nonsense"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("JAX finds no processor")
    assert len(done.stderr.splitlines()) == 1
