"""A policy over time: what every lever stands at, month by month, and what is meant by it.

A lever stands at a number that somebody decided, the same in every draw; or "as in 2009", where
every draw has its own level, since nobody measured it; or at what reaches so many people a year. On
each of these, changes may follow, such as 0.2 more than what is there. What is meant is said, and
never guessed from a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from expatsim.model.levers import LEVERS, Lever, level_2009, level_name, policy_2009
from expatsim.model.parameters import defaults

AS_IN_2009 = "as in 2009"
ADD, AT_LEAST, PEOPLE = "add", "at_least", "people_a_year"


@dataclass(frozen=True)
class Level:
    """What a lever stands at.

    Attributes
    ----------
    value : float or None
        A number that somebody decided: it holds in every draw.
    city : str
        Without a value: whose level of 2009 is meant; each draw has its own.
    people : float or None
        Without a value: people whom the lever reaches in a year.
    changes : tuple of (str, float)
        Without a value: what follows, in this order, ``("add", x)`` or ``("at_least", x)``. After
        each the level is kept within the lever's range, in every draw.
    """

    value: float | None = None
    city: str = ""
    people: float | None = None
    changes: tuple[tuple[str, float], ...] = ()

    def changed(self, lever: str | Lever, how: str, by: float) -> Level:
        """This level and one more change; a number becomes another number.

        What changes nothing, whatever the draw, leaves the level as it is.
        """
        if (how == ADD and by == 0) or (how == AT_LEAST and by <= _lever(lever).low):
            return self
        if self.value is not None:
            return Level(value=float(_after(np.float64(self.value), lever, how, by)))
        return replace(self, changes=(*self.changes, (how, float(by))))

    def scaled(self, people: float) -> Level:
        """The same level in a city with so many times the people."""
        return self if self.people is None else replace(self, people=self.people * people)

    def of_draws(
        self, lever: str | Lever, parameters: Mapping[str, np.ndarray], newcomers: np.ndarray
    ) -> np.ndarray:
        """Numbers for some months and all draws; shape broadcasts to that of ``newcomers``.

        Parameters
        ----------
        lever : str or Lever
            Of the package, by its name, or any.
        parameters : mapping of str to numpy.ndarray, shape (draws,)
        newcomers : numpy.ndarray, shape (months, draws)
            People who arrive, a year.
        """
        x = _lever(lever)
        if self.value is not None:
            level = np.full((1, 1), self.value)
        elif self.people is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(newcomers > 0, self.people / newcomers, 0.0)
            level = np.clip(share, x.low, x.high)
        else:
            own = parameters.get(level_name(self.city, x.name))
            known = float(level_2009(x, self.city).level)
            level = np.full((1, 1), known) if own is None else np.asarray(own, np.float64)[None, :]
        for how, by in self.changes:
            level = _after(level, x, how, by)
        return level

    def plain(self) -> float | dict[str, Any]:
        """The level as plain values, for a manifest; see :func:`from_plain`."""
        if self.value is not None:
            return self.value
        what = {AS_IN_2009: self.city} if self.people is None else {PEOPLE: self.people}
        return {**what, "changes": [list(c) for c in self.changes]} if self.changes else what


def _lever(lever: str | Lever) -> Lever:
    return LEVERS[lever] if isinstance(lever, str) else lever


def _after(level: Any, lever: str | Lever, how: str, by: float) -> Any:
    x = _lever(lever)
    return np.clip(level + by, x.low, x.high) if how == ADD else np.maximum(level, by)


def from_plain(said: float | Mapping[str, Any]) -> Level:
    """Undo :meth:`Level.plain`."""
    if not isinstance(said, Mapping):
        return Level(value=float(said))
    changes = tuple((str(how), float(by)) for how, by in said.get("changes", ()))
    return Level(city=said.get(AS_IN_2009, ""), people=said.get(PEOPLE), changes=changes)


def as_in_2009(lever: str, city: str) -> Level:
    """A city's level of 2009: a number where it is known, else each draw's own."""
    if level_2009(lever, city).prior:
        return Level(city=city)
    return Level(value=policy_2009(city)[lever])


def meant(lever: str, said: float | str | Mapping[str, float], before: Level, city: str) -> Level:
    """The level that a scenario file means.

    Parameters
    ----------
    lever : str
    said : float, str or mapping
        A number, ``"as in 2009"``, or one of ``{add: x}``, ``{at_least: x}``,
        ``{people_a_year: x}``.
    before : Level
        What is there without it.
    city : str
        Whose 2009 is meant.
    """
    if isinstance(said, str):
        return as_in_2009(lever, city)
    if not isinstance(said, Mapping):
        return Level(value=float(said))
    ((how, x),) = said.items()
    if how != PEOPLE:
        return before.changed(lever, how, float(x))
    return Level(people=float(x)) if x else Level(value=0.0)


@dataclass(frozen=True)
class LeverPath:
    """What a lever stands at over time.

    Attributes
    ----------
    steps : tuple of (int, Level)
        Months at which the level changes, the first of them zero, and the level from there on. Two
        paths with the same steps are the same policy.
    """

    steps: tuple[tuple[int, Level], ...]

    @classmethod
    def of(cls, what: LeverPath | Level | float | Sequence[float] | np.ndarray) -> LeverPath:
        """A path from a level, or from numbers: one for all months, or one for each month."""
        if isinstance(what, LeverPath):
            return what
        if isinstance(what, Level):
            return cls(((0, what),))
        numbers = np.atleast_1d(np.asarray(what, np.float64))
        if numbers.ndim != 1 or not np.isfinite(numbers).all():
            raise ValueError("a lever's path has one finite number, or one for each month")
        at = np.flatnonzero(np.diff(numbers, prepend=np.nan))
        return cls(tuple((int(m), Level(value=float(numbers[m]))) for m in at))

    def at(self, month: int) -> Level:
        """The level in a month."""
        return [level for start, level in self.steps if start <= month][-1]

    def since(self, month: int, level: Level) -> LeverPath:
        """Another level from a month on; what was planned for later is dropped."""
        before = [step for step in self.steps if step[0] < month]
        return LeverPath(_merged([*before, (month, level)]))

    def first(self, months: int) -> LeverPath:
        """The first months only."""
        return LeverPath(tuple(step for step in self.steps if step[0] < months))

    def delayed(self, months: int, base: LeverPath) -> LeverPath:
        """``base``, until this path begins to differ from it so many months later than it does.

        A path that does not differ is the base, with all its dates.
        """
        begins = self.first_difference(base)
        if begins is None or months == 0:
            return self
        at = begins + months
        later = [(at, self.at(begins))]
        later += [(start + months, level) for start, level in self.steps if start > begins]
        return LeverPath(_merged([*base.first(at).steps, *later]))

    def first_difference(self, base: LeverPath) -> int | None:
        """The first month in which two paths stand at different levels, if there is one."""
        months = sorted({start for path in (self, base) for start, _ in path.steps})
        return next((m for m in months if self.at(m) != base.at(m)), None)

    def each(self, change: Callable[[Level], Level]) -> LeverPath:
        """The path with something done to every level."""
        return LeverPath(_merged([(start, change(level)) for start, level in self.steps]))

    def of_draws(
        self, lever: str | Lever, parameters: Mapping[str, np.ndarray], newcomers: np.ndarray
    ) -> np.ndarray:
        """Numbers for every month and draw: shape (months, draws), or (months, 1) if all agree."""
        months = len(newcomers)
        parts = []
        stops = [*(start for start, _ in self.steps[1:]), months]
        for (start, level), stop in zip(self.steps, stops, strict=True):
            stop = min(stop, months)
            if start < stop:
                part = level.of_draws(lever, parameters, newcomers[start:stop])
                parts.append(np.broadcast_to(part, (stop - start, part.shape[1])))
        width = max(part.shape[1] for part in parts)
        return np.concatenate([np.broadcast_to(p, (len(p), width)) for p in parts])

    def plain(self) -> list[tuple[int, float | dict[str, Any]]]:
        """The steps as plain values, for a manifest."""
        return [(start, level.plain()) for start, level in self.steps]

    @classmethod
    def from_plain(cls, steps: Sequence[Sequence[Any]]) -> LeverPath:
        """Undo :meth:`plain`, also after a trip through JSON."""
        return cls(tuple((int(start), from_plain(level)) for start, level in steps))


def _merged(steps: Sequence[tuple[int, Level]]) -> tuple[tuple[int, Level], ...]:
    """Steps that change something."""
    kept: list[tuple[int, Level]] = []
    for start, level in steps:
        if not kept or level != kept[-1][1]:
            kept.append((start, level))
    return tuple(kept)


def policy_as_in_2009(city: str) -> dict[str, LeverPath]:
    """Every lever as it was in a city in 2009."""
    return {lever: LeverPath.of(as_in_2009(lever, city)) for lever in LEVERS}


def policy_of_draws(
    policy: Mapping[str, LeverPath],
    parameters: Mapping[str, np.ndarray],
    newcomers: np.ndarray,
    levers: Mapping[str, Lever] = LEVERS,
) -> dict[str, np.ndarray]:
    """Levers month by month for every draw.

    Parameters
    ----------
    policy : mapping of lever to LeverPath
    parameters : mapping of str to numpy.ndarray, shape (draws,)
    newcomers : numpy.ndarray, shape (months, draws)
        People who arrive, a year; it also says how many months there are.
    levers : mapping of str to Lever
        By default those of the package.

    Returns
    -------
    dict of str to numpy.ndarray, shape (months, draws) or (months, 1)
    """
    return {
        name: path.of_draws(levers[name], parameters, newcomers) for name, path in policy.items()
    }


def central(lever: str | Lever, path: LeverPath, newcomers: np.ndarray) -> np.ndarray:
    """A path in numbers where all parameters have their defaults, shape (months,).

    Parameters
    ----------
    lever : str or Lever
    path : LeverPath
    newcomers : numpy.ndarray, shape (months, 1)
        People who arrive, a year, where all parameters have their defaults.
    """
    parameters = {name: np.array([x]) for name, x in defaults().items()}
    return path.of_draws(lever, parameters, newcomers)[:, 0]
