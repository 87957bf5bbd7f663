"""The engine gives every agent the same life as the independent plain Mesa model."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from expatsim.model import engine, rules
from expatsim.model.chance import run_keys
from expatsim.model.policy import Level
from expatsim.model.state import CONTACTS, HERE, LEFT, WAITING
from expatsim.runs.batches import simulate
from expatsim.runs.layout import assemble, slots_needed
from expatsim.runs.prepare import people_of_draw, prepare
from helpers import ALONE, ROOT, lives, plain_lives, small

STATUS = {"waiting": WAITING, "here": HERE, "left": LEFT}


FIELDS = {
    "employed": "employed",
    "contract_end": "contract_end",
    "rehired": "rehired",
    "knows_desk": "knows_desk",
    "knows_service": "knows_service",
    "used_service": "used_service",
    "dutch": "dutch",
    "friends": "friends",
    "friend_places": "places",
    "mentor_left": "mentor_left",
    "had_mentor": "had_mentor",
    "dutch_partner": "dutch_partner",
    "volunteers": "volunteers",
    "feels_welcome": "feels_welcome",
    "finds_attractive": "finds_attractive",
    "wish": "wish",
    "leave_month": "leave_month",
    "leave_reason": "reason",
    "destination": "destination",
}


def everything_happens():
    """All levers and the climate change on several dates."""
    base = small("rotterdam-all-recommendations", 0.12)
    policy = dict(base.policy)
    for month, lever, value in (
        (30, "nightlife", 1.5),
        (45, "healthcare_english", 1.0),
        (60, "mentor_projects", 0.9),
        (75, "english_information", 0.1),
        (20, "desk_visibility", 1.0),
        (25, "partner_jobs", 0.8),
        (35, "housing_supply", -2.0),
        (65, "safety", 1.0),
    ):
        policy[lever] = policy[lever].since(month, Level(value=value))
    policy["desk_visibility"] = policy["desk_visibility"].since(
        50, base.policy["desk_visibility"].at(50)
    )
    climate = base.climate.copy()
    climate[36:60] = -1
    climate[90:] = 1
    return dataclasses.replace(base, policy=policy, climate=climate)


CASES = {
    "rotterdam": lambda: (small("rotterdam", 0.12), 0),
    "rotterdam, another seed": lambda: (small("rotterdam", 0.12, seed=5), 3),
    "den-haag": lambda: (small("den-haag", 0.05), 1),
    "den-haag, another seed": lambda: (small("den-haag", 0.05, seed=99), 2),
    "dated changes": lambda: (everything_happens(), 4),
}


@pytest.mark.parametrize("case", CASES)
def test_same_lives(case: str) -> None:
    scenario, replicate = CASES[case]()
    adults, state, _ = lives(scenario, replicate)
    plain = plain_lives(scenario, replicate).people
    assert len(plain) >= 2000
    assert scenario.months == 120
    ours = {"status": state.status, **{f: getattr(state, f) for f in FIELDS}}
    theirs = {
        "status": np.array([STATUS[a.status] for a in plain]),
        **{f: np.array([getattr(a, name) for a in plain]) for f, name in FIELDS.items()},
    }
    # contracts of partners are those of their worker; the rules do not use their copy
    ours["contract_end"] = np.where(adults.people["head"], ours["contract_end"], 0)
    theirs["contract_end"] = np.where(adults.people["head"], theirs["contract_end"], 0)
    different = np.zeros(len(plain), bool)
    for field in ours:
        different |= ours[field] != theirs[field]
    lived = (
        np.minimum(state.leave_month, 120) - np.maximum(adults.people["arrival_month"], 0)
    ).clip(0)
    # rounding of float32 may flip one life in 100,000 agent-months
    assert different.sum() <= lived.sum() / 100_000, {
        f: int((ours[f] != theirs[f]).sum()) for f in ours
    }


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
        env={**ALONE, **setting},
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


def test_what_people_see_of_others_is_written_before_it_is_looked_up() -> None:
    """Else the compiler computes it again at every look, one person at a time: twice as slow."""
    scenario = small("rotterdam", 0.02)
    some = prepare(scenario, np.arange(2))
    people = [people_of_draw(scenario, some, d) for d in range(2)]
    keys = np.stack([run_keys(scenario.seed, d) for d in range(2)])
    batch = assemble(people, keys, some.rates, slots_needed(max(len(a.id) for a in people)))
    months = np.int32(0), np.int32(1)
    lowered = engine.advance_on_one_core.lower(*batch, *months, (), order=rules.ORDER)
    text = lowered.compile().as_text()
    made_by = dict(re.findall(r"(%[\w.-]+) = \S+ ([\w-]+\((?:%[\w.-]+)?)", text))
    looks = re.findall(r" gather\((%[\w.-]+),", text)
    assert len(looks) >= 1 + CONTACTS + 1  # the partner, five contacts, and the head who decides
    for name in looks:
        how, _, of = made_by[name].partition("(")
        while how in ("bitcast", "copy", "reshape"):
            how, _, of = made_by[of].partition("(")
        assert how in ("parameter", "get-tuple-element", "opt-barrier"), (name, how)
