"""The uniforms are uniform, and independent across all five keys."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from reference.plain_mesa import mix as plain_mix
from scipy import stats

from expatsim.model.chance import (
    Decision,
    HostUniforms,
    KeptUniforms,
    MonthUniforms,
    agent_keys,
    mix,
    run_keys,
)

MONTHLY = [d for d in Decision if d < 32]


def grid(seeds, replicates, decisions, months, agents: int) -> np.ndarray:
    """Uniforms over all five keys; shape (seed, replicate, decision, month, agent)."""
    ids = np.arange(agents, dtype=np.uint32)
    return np.array(
        [
            [
                [[uniforms(d, m) for m in months] for d in decisions]
                for uniforms in (HostUniforms(run_keys(s, r), ids) for r in replicates)
            ]
            for s in seeds
        ]
    )


@pytest.fixture(scope="module")
def uniforms() -> np.ndarray:
    return grid((0, 1, 2**40), range(4), MONTHLY[:6], range(6), 1500)


def test_uniform(uniforms: np.ndarray) -> None:
    flat = uniforms.ravel()
    assert flat.min() >= 0
    assert flat.max() < 1
    assert stats.kstest(flat, "uniform").pvalue > 1e-3
    counts = np.bincount((flat * 256).astype(int), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3
    # the low bits too
    low = np.bincount((flat * 2**24).astype(int) % 256, minlength=256)
    assert stats.chisquare(low).pvalue > 1e-3


@pytest.mark.parametrize("axis", range(5), ids=["seed", "replicate", "decision", "month", "agent"])
def test_uniform_along_each_key(uniforms: np.ndarray, axis: int) -> None:
    """No value of a key has another mean, spread or shape than chance allows."""
    moved = np.moveaxis(uniforms, axis, 0).reshape(uniforms.shape[axis], -1)
    p = [stats.kstest(row, "uniform").pvalue for row in moved[:60]]
    assert min(p) > 1e-3 / len(p)
    assert stats.kstest(p, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("axis", range(5), ids=["seed", "replicate", "decision", "month", "agent"])
@pytest.mark.parametrize("lag", [1, 2])
def test_independent_along_each_key(uniforms: np.ndarray, axis: int, lag: int) -> None:
    """Neighbours along a key: 16 x 16 cells of pairs equally full, no correlation."""
    moved = np.moveaxis(uniforms, axis, 0)
    a, b = moved[:-lag].ravel(), moved[lag:].ravel()
    cells = np.bincount((a * 16).astype(int) * 16 + (b * 16).astype(int), minlength=256)
    assert stats.chisquare(cells).pvalue > 1e-3
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(len(a))


def test_independent_across_pairs_of_keys(uniforms: np.ndarray) -> None:
    """Steps along two keys at once, as a lattice would show."""
    p = []
    for i, j in itertools.combinations(range(5), 2):
        moved = np.moveaxis(uniforms, (i, j), (0, 1))
        a, b = moved[:-1, :-1].ravel(), moved[1:, 1:].ravel()
        cells = np.bincount((a * 8).astype(int) * 8 + (b * 8).astype(int), minlength=64)
        p.append(stats.chisquare(cells).pvalue)
    assert min(p) > 1e-3 / len(p)


def test_collisions_are_those_of_chance() -> None:
    """64 bits of key: equal streams of three decisions never happen among 200,000 agents."""
    ids = np.arange(200_000, dtype=np.uint32)
    uniforms = HostUniforms(run_keys(3, 1), ids)
    rows = np.stack([uniforms(d, 5) for d in MONTHLY[:3]], axis=1)
    assert len(np.unique(rows, axis=0)) == len(ids)
    single = len(ids) - len(np.unique(rows[:, 0]))
    expected = len(ids) - 2**24 * (1 - np.exp(-len(ids) / 2**24))
    assert abs(single - expected) < 5 * np.sqrt(expected)


def test_seeds_that_differ_in_one_bit() -> None:
    """Neighbouring seeds and replicates flip half of the bits."""
    ids = np.arange(20_000, dtype=np.uint32)
    base = HostUniforms(run_keys(7, 0), ids)(Decision.JOB, 0)
    for seed, replicate in ((6, 0), (7 + 2**35, 0), (7, 1), (7, 2**20)):
        other = HostUniforms(run_keys(seed, replicate), ids)(Decision.JOB, 0)
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.03


def test_engine_and_host_draw_the_same() -> None:
    keys = run_keys(11, 2)
    ids = np.arange(1000, dtype=np.uint32)
    key1, key2 = agent_keys(keys, ids)
    agents = (jnp.asarray(key1)[None], jnp.asarray(key2)[None])
    uniforms = MonthUniforms(agents, jnp.asarray(keys)[None], jnp.uint32(17), set())
    here = np.asarray(uniforms(Decision.RENEW))[0]
    assert np.array_equal(here, HostUniforms(keys, ids)(Decision.RENEW, 17).astype(np.float32))
    with pytest.raises(RuntimeError, match="RENEW is drawn twice"):
        uniforms(Decision.RENEW)


def test_plain_python_mixes_the_same() -> None:
    words = np.array([0, 1, 2**31, 2**32 - 1, 123456789], np.uint32)
    assert [plain_mix(int(w)) for w in words] == [int(w) for w in mix(words)]


def test_decisions_have_room() -> None:
    """Five contacts each need five numbers of their own, and months are 128 apart."""
    numbers = {int(d) for d in Decision}
    assert not numbers & set(range(Decision.CONTACT + 1, Decision.CONTACT + 5))
    assert not numbers & set(range(Decision.CONTACT_MONTH + 1, Decision.CONTACT_MONTH + 5))
    assert max(numbers) < 128


def test_kept_uniforms_are_the_same() -> None:
    """Of all agents and of some, asked once and again, and as functions of them."""
    keys, ids = run_keys(3, 1), np.arange(50, dtype=np.uint32)
    plain, kept = HostUniforms(keys, ids), KeptUniforms(keys, ids)
    some = np.array([3, 1, 40])
    for decision in (Decision.SEX, Decision.AGE, Decision.SEX):
        assert np.array_equal(kept(decision), plain(decision))
        assert np.array_equal(kept.of(some)(decision), plain.of(some)(decision))
        assert np.array_equal(plain.of(some)(decision), plain(decision)[some])
        squares = kept.of(some).through(np.square, decision)
        assert np.array_equal(squares, plain.of(some).through(np.square, decision))
    assert np.array_equal(kept.of(slice(5))(Decision.AGE), plain(Decision.AGE)[:5])
