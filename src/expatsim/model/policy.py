"""A policy over time: the level of every lever, month by month.

A level is a number that somebody decided, the same in every draw; or "as in 2009", where every draw
has its own number, since nobody measured it; or a number of people whom the lever reaches in a
year. Changes may follow on each of these, such as 0.2 more. The kind of a level is kept beside its
number and never guessed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from expatsim.model.levers import LEVERS, SHARE_OF_PARTNERS, Lever, level_2009, level_name
from expatsim.model.parameters import defaults
from expatsim.model.rates import partners_a_year

AS_IN_2009 = "as in 2009"  # a level: the city's own of 2009
ADD = "add"  # a change: so much more than before, in the lever's unit
AT_LEAST = "at_least"  # a change: raised to this level where it is lower
PEOPLE = "people_a_year"  # a level: people whom the lever reaches in a year


@dataclass(frozen=True)
class Level:
    """Level of a lever.

    Attributes
    ----------
    value : float or None
        A number that somebody decided, in the lever's unit: it holds in every draw.
    city : str
        Without a value: name of the city whose level of 2009 it is; each draw has its own.
    people : float or None
        Without a value: people whom the lever reaches in a year.
    changes : tuple of (str, float)
        Without a value: changes that follow, in this order, ``("add", x)`` or ``("at_least", x)``.
        After each the level is kept within the lever's range, in every draw.
    """

    value: float | None = None
    city: str = ""
    people: float | None = None
    changes: tuple[tuple[str, float], ...] = ()

    def changed(self, lever: str | Lever, how: str, by: float) -> Level:
        """The level with one more change; a number becomes another number.

        A change without effect in any draw leaves the level as it is.

        Parameters
        ----------
        lever : str or Lever
            The lever whose range bounds the level; one of the package by its name, or any.
        how : {"add", "at_least"}
            Kind of the change.
        by : float
            Its size, in the lever's unit.

        Examples
        --------
        >>> Level(value=0.5).changed("english_information", ADD, 0.25).value
        0.75
        """
        if (how == ADD and by == 0) or (how == AT_LEAST and by <= _lever(lever).low):
            return self
        if self.value is not None:
            return Level(value=float(_after(np.float64(self.value), lever, how, by)))
        return replace(self, changes=(*self.changes, (how, float(by))))

    def scaled(self, people: float) -> Level:
        """The same level in a city with ``people`` times as many people."""
        return self if self.people is None else replace(self, people=self.people * people)

    def of_draws(
        self, lever: str | Lever, parameters: Mapping[str, np.ndarray], newcomers: np.ndarray
    ) -> np.ndarray:
        """Numbers for some months and all draws; shape broadcasts to that of ``newcomers``.

        Parameters
        ----------
        lever : str or Lever
            A lever of the package by its name, or any lever.
        parameters : mapping of str to numpy.ndarray, shape (draws,)
            Parameters by name, among them the uncertain levels of 2009.
        newcomers : numpy.ndarray, shape (months, draws)
            People a year who arrive at the pace of each month.

        Returns
        -------
        numpy.ndarray
            Levels in the lever's unit.
        """
        x = _lever(lever)
        if self.value is not None:
            level = np.full((1, 1), self.value)
        elif self.people is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                arrive = arrivals(x, newcomers, parameters)
                share = np.where(arrive > 0, self.people / arrive, 0.0)
            level = np.clip(share, x.low, x.high)
        else:
            own = parameters.get(level_name(self.city, x.name))
            central = float(level_2009(x, self.city).level)
            level = np.asarray([central] if own is None else own, np.float64)[None, :]
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


def from_plain(plain: float | Mapping[str, Any]) -> Level:
    """The level that plain values describe; the inverse of :meth:`Level.plain`."""
    if not isinstance(plain, Mapping):
        return Level(value=float(plain))
    changes = tuple((str(how), float(by)) for how, by in plain.get("changes", ()))
    return Level(city=plain.get(AS_IN_2009, ""), people=plain.get(PEOPLE), changes=changes)


def arrivals(
    lever: str | Lever, newcomers: np.ndarray, parameters: Mapping[str, np.ndarray] | None = None
) -> np.ndarray:
    """The newcomers of whom a lever may be a share: all of them, or the partners among them.

    Parameters
    ----------
    lever : str or Lever
        A lever of the package by its name, or any lever.
    newcomers : numpy.ndarray, shape (months, draws)
        People a year who arrive at the pace of each month.
    parameters : mapping of str to numpy.ndarray, shape (draws,), optional
        Parameters by name; by default one draw with all at their defaults.

    Returns
    -------
    numpy.ndarray, shape (months, draws)
        People a year.
    """
    if _lever(lever).reaches != SHARE_OF_PARTNERS:
        return newcomers
    return partners_a_year(newcomers, _defaults() if parameters is None else parameters)


def _defaults() -> dict[str, np.ndarray]:
    """One draw with all parameters at their defaults."""
    return {name: np.array([x]) for name, x in defaults().items()}


def as_in_2009(lever: str | Lever, city: str) -> Level:
    """A city's level of 2009: a number where it was measured, else each draw's own."""
    then = level_2009(lever, city)
    return Level(city=city) if then.prior else Level(value=float(then.level))


def level_of_entry(
    lever: str | Lever, entry: float | str | Mapping[str, float], before: Level, city: str
) -> Level:
    """The level that an entry of a scenario file stands for.

    Parameters
    ----------
    lever : str or Lever
        A lever of the package by its name, or any lever.
    entry : float, str or mapping
        A number, ``"as in 2009"``, or one of ``{add: x}``, ``{at_least: x}``,
        ``{people_a_year: x}``.
    before : Level
        The level without the entry, which ``add`` and ``at_least`` change.
    city : str
        Name of the city whose level of 2009 it is, where the entry is ``"as in 2009"``.

    Examples
    --------
    >>> before = Level(value=0.5)
    >>> level_of_entry("english_information", {"at_least": 0.7}, before, "rotterdam").value
    0.7
    """
    if isinstance(entry, str):
        return as_in_2009(lever, city)
    if not isinstance(entry, Mapping):
        return Level(value=float(entry))
    ((how, x),) = entry.items()
    if how != PEOPLE:
        return before.changed(lever, how, float(x))
    return Level(people=float(x)) if x else Level(value=0.0)


@dataclass(frozen=True)
class LeverPath:
    """Level of a lever over time.

    Attributes
    ----------
    steps : tuple of (int, Level)
        Months at which the level changes, the first of them zero, and the level from there on. Two
        paths with the same steps are the same policy.

    Examples
    --------
    >>> path = LeverPath.of([0.5] * 12 + [0.75] * 12)
    >>> path.at(11).value, path.at(12).value
    (0.5, 0.75)
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
        """The path with another level from a month on; later steps are dropped."""
        before = [step for step in self.steps if step[0] < month]
        return LeverPath(_merged([*before, (month, level)]))

    def first(self, months: int) -> LeverPath:
        """The path without the steps after its first ``months`` months."""
        return LeverPath(tuple(step for step in self.steps if step[0] < months))

    def delayed(self, months: int, base: LeverPath) -> LeverPath:
        """The path put off by ``months`` months; until then ``base``.

        All steps from the first difference between the paths on come later by that time. A path
        that does not differ from ``base`` stays as it is, with all its dates.
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

    def map(self, change: Callable[[Level], Level]) -> LeverPath:
        """The path with every level replaced by ``change`` of it."""
        return LeverPath(_merged([(start, change(level)) for start, level in self.steps]))

    def of_draws(
        self, lever: str | Lever, parameters: Mapping[str, np.ndarray], newcomers: np.ndarray
    ) -> np.ndarray:
        """Numbers for every month and draw: shape (months, draws), or (months, 1) if all agree.

        Parameters are as of :meth:`Level.of_draws`.
        """
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
        """The path that plain values describe, as they are or from JSON; see :meth:`plain`."""
        return cls(tuple((int(start), from_plain(level)) for start, level in steps))


def _merged(steps: Sequence[tuple[int, Level]]) -> tuple[tuple[int, Level], ...]:
    """The steps whose level differs from that of the step before."""
    kept: list[tuple[int, Level]] = []
    for start, level in steps:
        if not kept or level != kept[-1][1]:
            kept.append((start, level))
    return tuple(kept)


def policy_as_in_2009(city: str) -> dict[str, LeverPath]:
    """Paths of all levers that stay at a city's level of 2009, by lever."""
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
        Path of every lever, by its name.
    parameters : mapping of str to numpy.ndarray, shape (draws,)
        Parameters by name, among them the uncertain levels of 2009.
    newcomers : numpy.ndarray, shape (months, draws)
        People a year who arrive at the pace of each month; the number of months follows from it.
    levers : mapping of str to Lever
        Levers by name; by default those of the package.

    Returns
    -------
    dict of str to numpy.ndarray, shape (months, draws) or (months, 1)
        Levels by lever, in its unit.
    """
    return {
        name: path.of_draws(levers[name], parameters, newcomers) for name, path in policy.items()
    }


def central(lever: str | Lever, path: LeverPath, newcomers: np.ndarray) -> np.ndarray:
    """Levels of a path where all parameters have their defaults, shape (months,).

    Parameters
    ----------
    lever : str or Lever
        A lever of the package by its name, or any lever.
    path : LeverPath
        Its level over time.
    newcomers : numpy.ndarray, shape (months, 1)
        People a year who arrive at the pace of each month, where all parameters have their
        defaults.
    """
    return path.of_draws(lever, _defaults(), newcomers)[:, 0]
