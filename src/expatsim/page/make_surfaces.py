"""Simulates mixes of measures and packages the response surfaces of the saved page.

``python -m expatsim.page.make_surfaces`` does it for the cities of the study, with the shipped
posterior, and keeps what it has simulated in ``results/surfaces``: started again, it goes on there.
With ``--restamp`` it simulates a few runs of the packaged file again, and where they are the same,
records the fingerprint of today's code.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from expatsim.cities import city_names
from expatsim.errors import InputError
from expatsim.page import accuracy, mixes
from expatsim.page.stored import FILE, POSTERIOR, PRIOR, Stored, read, stamp, write
from expatsim.page.surface import Surface, surface_of
from expatsim.posterior import digest_of
from expatsim.scenario.scenario import Scenario

# parts of the seeds: mixes to fit to, mixes to check with, and one that witnesses the model
FIT, CHECK, WITNESS = 1, 2, 3
WITNESSES = 4  # draws
AT_A_TIME = 8  # mixes that check
SOURCES = (POSTERIOR, PRIOR)


@dataclass(frozen=True)
class Settings:
    """How many simulations are made.

    Attributes
    ----------
    draws : int
        Draws from the posterior, and as many from the prior.
    mixes, mixes_prior : int
        Mixes of every draw to which the surfaces are fitted; those of the prior tell only what an
        answer rests on.
    checks : int
        Further mixes, simulated in all draws, that tell the error.
    people : float
        Size of the cities, for tests.
    """

    draws: int = 64
    mixes: int = 50
    mixes_prior: int = 26
    checks: int = 20
    people: float = 1.0

    @property
    def simulations(self) -> int:
        """Pairs of a mix and a draw in each city."""
        return self.draws * (self.mixes + self.mixes_prior + 2 * self.checks)


def make(
    cities: Sequence[str] = (),
    settings: Settings = Settings(),
    folder: Path | None = None,
    progress: Callable[[str, int], None] = lambda city, draws: None,
) -> Stored:
    """Return surfaces of some cities, with their errors.

    Parameters
    ----------
    cities : sequence of str
        Names of cities; by default those of the study.
    settings : Settings
        How many simulations are made.
    folder : pathlib.Path, optional
        Where simulations are kept, and taken from if they are there.
    progress : callable
        Called with a city and a number of draws that were simulated.
    """
    chosen = tuple(cities) or city_names()
    surfaces: dict[str, dict[str, Surface]] = {}
    record: dict[str, Any] = {
        "model": stamp(),
        "posterior": digest_of(POSTERIOR),
        "draws": settings.draws,
        "mixes": settings.mixes,
        "people": settings.people,
        "accuracy": {},
        "witnesses": {},
    }
    for k, city in enumerate(chosen):
        made, checked = {}, {}
        for source in SOURCES:
            base = mixes.baseline(city, settings.draws, source).resized(settings.people)

            def go(draws: int, city: str = city) -> None:
                progress(city, draws)

            number = settings.mixes if source == POSTERIOR else settings.mixes_prior
            fitted = mixes.simulate_blocks(base, number, (FIT, k), folder, progress=go)
            made[source] = surface_of(base, fitted)
            checked[source] = _checks(base, settings.checks, k, folder, go)
        found = accuracy.summary(accuracy.errors(made[POSTERIOR], checked[POSTERIOR]))
        labels = accuracy.agreement(
            made[POSTERIOR], made[PRIOR], checked[POSTERIOR], checked[PRIOR]
        )
        record["accuracy"][city] = {**found, "labels": labels}
        record["witnesses"][city] = witnesses(city, k, settings.people)
        surfaces[city] = made
    return Stored(surfaces, record)


def _checks(
    base: Scenario, number: int, k: int, folder: Path | None, go: mixes.Progress
) -> mixes.Simulated:
    """Mixes in all draws, a few at a time: little is lost where it is interrupted."""
    parts = [
        mixes.simulate_blocks(
            base, min(AT_A_TIME, number - first), (CHECK, k, first), folder, base.draws, go
        )
        for first in range(0, number, AT_A_TIME)
    ]
    return parts[0]._replace(
        draw=np.concatenate([x.draw for x in parts]),
        levels=np.concatenate([x.levels for x in parts]),
        delay=np.concatenate([x.delay for x in parts]),
        outcomes=np.concatenate([x.outcomes for x in parts]),
    )


def witnesses(city: str, k: int, people: float = 1.0) -> list[list[float]]:
    """Return outcomes of a few draws of each source, in the baseline and with one mix.

    Parameters
    ----------
    city : str
        Name of the city.
    k : int
        Its number among those of the surfaces.
    people : float
        Size of the city.
    """
    rows: list[list[float]] = []
    for source in SOURCES:
        base = mixes.baseline(city, WITNESSES, source).resized(people)
        found = mixes.simulate_blocks(base, 1, (WITNESS, k), block=WITNESSES)
        rows += [*found.baseline.tolist(), *found.outcomes.tolist()]
    return rows


def restamp(stored: Stored) -> Stored:
    """Return the surfaces with the fingerprint of today's code, which must give the same outcomes.

    Parameters
    ----------
    stored : Stored
        Surfaces that were made with another code.

    Raises
    ------
    InputError
        If the posterior is another one, or an outcome is not the same.
    """
    record = stored.record
    if record["posterior"] != digest_of(POSTERIOR):
        raise InputError("the posterior is another one: make the surfaces again")
    for k, city in enumerate(stored.surfaces):
        if witnesses(city, k, record["people"]) != record["witnesses"][city]:
            raise InputError(f"{city}: outcomes are others than before: make the surfaces again")
    return Stored(stored.surfaces, {**record, "model": stamp()})


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the packaged file, and say what its errors are.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("results/surfaces"))
    parser.add_argument("--out", type=Path, help="file to write; by default the packaged one")
    parser.add_argument("--restamp", action="store_true", help="only check and stamp anew")
    parser.add_argument("--city", action="append", default=[], help="may be given several times")
    for name in ("draws", "mixes", "mixes-prior", "checks"):
        default = getattr(Settings, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=int, default=default)
    chosen = parser.parse_args(arguments)
    packaged = resources.files("expatsim.page") / FILE
    if chosen.restamp and chosen.out is None and not packaged.is_file():
        print(f"{FILE}: none is packaged, so there is none to stamp")
        return
    if chosen.restamp:
        write(restamp(read(chosen.out)), chosen.out)
        return
    settings = Settings(chosen.draws, chosen.mixes, chosen.mixes_prior, chosen.checks)
    begin, done = time.monotonic(), 0

    def say(city: str, draws: int) -> None:
        nonlocal done
        done += draws
        print(
            f"{city}: {done:,} of about {settings.simulations * len(chosen.city or city_names()):,}"
            f" runs, {time.monotonic() - begin:,.0f} s",
            file=sys.stderr,
            flush=True,
        )

    stored = make(chosen.city, settings, chosen.folder, say)
    write(stored, chosen.out)
    for city, found in stored.record["accuracy"].items():
        print(f"{city}: {found['checks']} mixes that the surfaces were not fitted to")
        for name, error in found["outcomes"].items():
            scale = 100 if name in found["within"]["middle"] else 1
            numbers = (np.array([error["middle"], error["ends"]]) * scale).round(2)
            print(f"  {name:14} middle {numbers[0]}, ends {numbers[1]} (half, 95 % are within)")
        print(f"  within half a point: {found['all']}; labels as simulated: {found['labels']}")


if __name__ == "__main__":
    main()
