"""Looking back: what the model says of 2010 to 2019, beside what has been published since.

Scenarios with the arrivals and the climate that happened are run, and those who arrived are
followed for five more years with nobody new. Nothing is fitted here; each published number says
whether the calibration has used it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from expatsim import arguments
from expatsim.cities import city as city_of
from expatsim.drawing import drawing, new_figure
from expatsim.executors import Progress
from expatsim.intervals import quantiles
from expatsim.model.state import ELSEWHERE_IN_THE_NETHERLANDS, outside_eu
from expatsim.observed import external
from expatsim.projections import ScenarioLike, load_all
from expatsim.scenario import Scenario
from expatsim.scenario.scenario import month_number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from expatsim.population.adults import Adults

FIRST, LAST = 2010, 2019  # years of arrival
FOLLOWED = 60  # months after the last arrivals
SIDE_BY_SIDE = 8  # draws
NON_EU, EU = "outside the EU", "EU"
FITTED, KEPT_BACK, INPUT = "fitted", "kept back", "an input"
PRIOR = "behind the prior of later arrivals"
LOWER_BOUND = "no target: a lower bound, of earlier arrivals"
COHORTS = (2010, 2014), (2016, 2019)  # years of arrival whose shares are compared
LATER = 2017  # year of arrival from which that prior counts
COLUMNS = ("subject", "cohort", "source", "use", "published", "low", "median", "high", "agrees")


def arrivals_that_came() -> pd.DataFrame:
    """Knowledge migrants who came to the country, by year and group; index ``year``.

    Outside the EU: EXT-18 and EXT-19, four equal years each; from 2017 on a straight line on the
    scale of logs from the middle of 2013 to 2016 to 2022 (EXT-51). EU: labour migrants (EXT-52,
    missing years between their neighbours, 2019 as 2018) times the part of them that were knowledge
    migrants in 2011 (EXT-04).
    """
    import pandas as pd

    facts = external().set_index("id")
    early, middle = (float(facts.loc[x, "value"]) / 4 for x in ("EXT-18", "EXT-19"))
    growth = np.log(by_year("EXT-51")[2022] / middle) / (2022.5 - 2015)
    labour = by_year("EXT-52")
    part = float(facts.loc["EXT-04", "n"]) / labour[2011]
    years = np.arange(FIRST, LAST + 1)
    later = middle * np.exp(growth * (years + 0.5 - 2015))
    non_eu = np.select([years <= 2012, years <= 2016], [early, middle], later)
    eu = part * np.interp(years, list(labour), list(labour.values()))
    return pd.DataFrame({NON_EU: non_eu, EU: eu}, index=pd.Index(years, name="year"))


def by_year(fact: str) -> dict[int, float]:
    """First number of each year of an external fact that lists them, such as ``2008 17950; ...``.

    Parameters
    ----------
    fact : str
        Its id, such as ``"EXT-52"``.
    """
    return {year: numbers[0] for year, numbers in _series(fact).items()}


def _series(fact: str) -> dict[int, list[float]]:
    text = str(external().set_index("id").loc[fact, "value"])
    parts = re.findall(r"(\d{4}) (?:about )?([\d./]+)", text)
    return {int(year): [float(x) for x in numbers.split("/") if x] for year, numbers in parts}


def inflow_that_came(city: str) -> dict[int, float]:
    """Workers who came to a city by year: :func:`arrivals_that_came` times the region's share.

    Parameters
    ----------
    city : str
        Name of the city.
    """
    total = arrivals_that_came().sum(axis=1) * _share(city)
    return {int(year): float(x) for year, x in total.items()}


def _share(city: str) -> float:
    """Share of the country's foreign knowledge workers who live in the city's region."""
    region = city_of(city).region
    row = region.get("row")
    return float(external().set_index("id").loc[row, "value"] if row else region["percent"]) / 100


class Lives(NamedTuple):
    """What became of everybody who arrived in one draw; arrays of shape (adults,).

    Attributes
    ----------
    year : numpy.ndarray of int
        Calendar year of arrival.
    stay : numpy.ndarray of int
        Months from arrival to leaving the city; beyond the end for those still here.
    abroad : numpy.ndarray of bool
        Whether those who left went abroad.
    non_eu, worker : numpy.ndarray of bool
        From outside the EU; came for work, not as a partner.
    """

    year: np.ndarray
    stay: np.ndarray
    abroad: np.ndarray
    non_eu: np.ndarray
    worker: np.ndarray


@dataclasses.dataclass(frozen=True)
class Hindcast:
    """What the model says of the years since 2010.

    Attributes
    ----------
    years : pandas.DataFrame
        By ``city``, ``year`` and ``what`` (people at the end of the year, arrived, left): median
        and 90 % interval, with workers and partners.
    published : pandas.DataFrame
        One row for each published number: its ``subject``, year of arrival or period (``cohort``),
        ``source``, ``use`` in the calibration, the ``published`` number, the model's ``low``,
        ``median`` and ``high`` (90 % interval), and whether the interval holds it (``agrees``).
    """

    years: pd.DataFrame
    published: pd.DataFrame

    def sentences(self) -> list[str]:
        """For each subject a sentence that says whether the model agrees."""
        return [
            _sentence(str(subject), rows)
            for subject, rows in self.published.groupby("subject", sort=False)
        ]

    @drawing()
    def figure(self) -> Figure:
        """Plot of shares gone by year of arrival: the model's intervals and what is published."""
        figure, axes = new_figure(10, 4, 2)
        for axis, group in zip(axes, (EU, NON_EU), strict=True):
            for years, colour in ((2, "#0072B2"), (5, "#D55E00")):
                rows = self.published[self.published["subject"] == within(years, group)]
                x = rows["cohort"].astype(int)
                axis.fill_between(x, rows["low"], rows["high"], color=colour, alpha=0.2, lw=0)
                axis.plot(
                    x, rows["median"], color=colour, label=f"{years} years: model, 90% interval"
                )
                axis.plot(
                    x, rows["published"], "o", color=colour, label=f"{years} years: published"
                )
            axis.set_title(f"{group}; published: all motives", loc="left", fontsize=10)
            axis.set(xlabel="year of arrival", xlim=(FIRST - 0.5, LAST + 0.5), ylim=(0, 100))
        axes[0].set_ylabel("left the country, percent")
        axes[0].legend(fontsize=8, loc="upper left", ncols=2)
        return figure


def hindcast(
    scenarios: Sequence[ScenarioLike],
    *,
    draws: int | None = None,
    people: float = 1.0,
    seed: int | None = None,
    parameters: str | None = None,
    progress: Progress | None = None,
) -> Hindcast:
    """Return what the model says of the years since 2010, beside what is published.

    Parameters
    ----------
    scenarios : sequence of str, pathlib.Path or Scenario
        One for each city, with the arrivals and the climate that happened; they start in 2010.
    draws, seed, parameters, progress
        As for :func:`compare`.
    people : float
        Share of the people to run with: fewer take less time and bring more chance.

    Returns
    -------
    Hindcast
        Tables by year and of published numbers.

    Examples
    --------
    >>> both = ["rotterdam-hindcast", "den-haag-hindcast"]
    >>> said = hindcast(both, draws=2, people=0.02, parameters="prior")
    >>> sorted(set(said.published["use"]))[:2]
    ['an input', 'behind the prior of later arrivals']
    """
    import pandas as pd

    people = arguments.number("people", people, 0, 10, more=True)
    loaded = load_all(scenarios, draws=draws, seed=seed, parameters=parameters)
    ran = [_run(s.resized(people), progress) for s in loaded]
    lives = [_together(of_draw) for of_draw in zip(*(lives for lives, _ in ran), strict=True)]
    counts = {
        s.city: {name: x / people for name, x in counted.items()}
        for s, (_, counted) in zip(loaded, ran, strict=True)
    }
    rows = [*_inputs(loaded, lives, counts, people), *_departures(lives)]
    return Hindcast(_by_year(counts), pd.DataFrame(rows, columns=list(COLUMNS)))


def _followed(scenario: Scenario) -> Scenario:
    """The scenario with more months, in which nobody comes and the last arrivals are followed."""
    none = np.zeros(FOLLOWED)
    return dataclasses.replace(
        scenario,
        months=scenario.months + FOLLOWED,
        inflow=np.concatenate([scenario.inflow, none]),
        inflow_spread=np.concatenate([scenario.inflow_spread, none]),
        climate=np.concatenate([scenario.climate, none]),
    )


def _run(
    scenario: Scenario, progress: Progress | None
) -> tuple[list[Lives], dict[str, np.ndarray]]:
    """Lives of each draw, and people by indicator, draw and month of the scenario."""
    from expatsim.model.chance import run_keys
    from expatsim.model.packed import unpack
    from expatsim.model.rules import indicators
    from expatsim.runs.layout import assemble, slots_needed
    from expatsim.runs.prepare import people_of_draw, prepare, with_draws_of_now
    from expatsim.runs.windows import run_windows

    longer = with_draws_of_now(_followed(scenario))
    wanted = {name: k for k, name in enumerate(indicators()) if name in ("here", "arrived", "left")}
    lives: list[Lives] = []
    counts: dict[str, list[np.ndarray]] = {name: [] for name in wanted}
    slots = 0
    for start in range(0, longer.draws, SIDE_BY_SIDE):
        replicates = np.arange(start, min(start + SIDE_BY_SIDE, longer.draws))
        prepared = prepare(longer, replicates)
        people = [people_of_draw(longer, prepared, d) for d in range(len(replicates))]
        keys = np.stack([run_keys(longer.seed, int(r)) for r in replicates])
        slots = max(slots, slots_needed(max(len(a.id) for a in people)))
        end, _ = run_windows(assemble(people, keys, prepared.rates, slots, longer.rules))
        state = unpack(end.state.map(np.asarray))
        for name, k in wanted.items():
            counts[name] += list(np.asarray(end.counts)[: scenario.months, :, k].T)
        for d, adults in enumerate(people):
            lives.append(_lives(adults, state.leave_month[d], state.destination[d], longer.start))
        if progress:
            progress(scenario.name, len(replicates))
    return lives, {name: np.array(rows) for name, rows in counts.items()}


def _lives(adults: Adults, leave: Any, destination: Any, start: str) -> Lives:
    arrival = adults.people["arrival_month"].astype(int)
    came = arrival >= 0
    gone = np.asarray(leave)[: len(arrival)].astype(int)
    where = np.asarray(destination)[: len(arrival)]
    lives = Lives(
        year=(month_number(start) + arrival) // 12,
        stay=gone - arrival,
        abroad=where != ELSEWHERE_IN_THE_NETHERLANDS,
        non_eu=outside_eu(adults.origin),
        worker=adults.people["head"],
    )
    return Lives(*(x[came] for x in lives))


def _together(cities: Sequence[Lives]) -> Lives:
    """Lives of one draw in several cities."""
    return Lives(*(np.concatenate(columns) for columns in zip(*cities, strict=True)))


def gone(lives: Lives, chosen: np.ndarray, months: int) -> float:
    """Product-limit percentage who left the country within some months of arrival.

    Parameters
    ----------
    lives : Lives
        People of one draw; who moved elsewhere in the country is followed until then.
    chosen : numpy.ndarray of bool, shape (adults,)
        Those who are looked at.
    months : int
        Months since arrival.
    """
    stay = np.minimum(lives.stay[chosen], months)
    ended = np.bincount(stay, minlength=months + 1)
    left = np.bincount(stay[lives.abroad[chosen]], minlength=months + 1)[:months]
    followed = len(stay) - np.concatenate([[0], np.cumsum(ended)[: months - 1]])
    return float(100 * (1 - np.prod(1 - left / np.maximum(followed, 1)))) if len(stay) else np.nan


Row = tuple[Any, ...]  # a number for each of COLUMNS


def _row(subject: str, cohort: str, source: str, use: str, published: float, x: Any) -> Row:
    low, median, high = map(float, quantiles(x))
    return subject, cohort, source, use, published, low, median, high, low <= published <= high


def within(years: int, group: str) -> str:
    """Return the subject of departures of all motives, by year of arrival.

    Parameters
    ----------
    years : int
        Years since arrival.
    group : str
        From where: :data:`EU` or :data:`NON_EU`.
    """
    return f"left within {years} years, {group}, all motives"


def with_a_job(years: int) -> str:
    """Return the subject of departures of those who had a job at once.

    Parameters
    ----------
    years : int
        Years since arrival.
    """
    return f"left within {years} years, EU, with a job at once"


def _of_workers(lives: Sequence[Lives]) -> Iterator[Row]:
    """Rows of those with a job at once, who are all workers of the model."""
    shares = str(external().set_index("id").loc["EXT-32", "value"]).split(" and ")
    workers = [~x.non_eu & x.worker & (x.year >= FIRST) & (x.year <= LAST) for x in lives]
    for years, share in zip((2, 4), shares, strict=True):
        x = [gone(a, who, 12 * years) for a, who in zip(lives, workers, strict=True)]
        cohort = f"1999 to 2003 (the model: {FIRST} to {LAST})"
        yield _row(with_a_job(years), cohort, "EXT-32", LOWER_BOUND, float(share), x)


def _departures(lives: Sequence[Lives]) -> Iterator[Row]:
    """Rows of published departures by year of arrival, of both cities together."""
    facts = external().set_index("id")

    def of(group: str, year: int, months: int, workers: bool = False) -> list[float]:
        some = [(x.non_eu == (group == NON_EU)) & (x.year == year) for x in lives]
        some = [who & x.worker for who, x in zip(some, lives, strict=True)] if workers else some
        return [gone(x, who, months) for x, who in zip(lives, some, strict=True)]

    for fact, group in (("EXT-03", NON_EU), ("EXT-04", EU)):  # on average 66 months after arrival
        subject = f"left by the end of 2016, {group}, knowledge migrants"
        published = float(facts.loc[fact, "value"])
        yield _row(subject, "2011", fact, FITTED, published, of(group, 2011, 66, workers=True))
    for fact, group, years, place, use in (
        ("EXT-27", EU, 2, 0, FITTED),
        ("EXT-28", EU, 5, 0, KEPT_BACK),
        ("EXT-29", NON_EU, 2, 0, KEPT_BACK),
        ("EXT-29", NON_EU, 5, 1, KEPT_BACK),
    ):
        for year, numbers in _series(fact).items():
            if FIRST <= year <= LAST and len(numbers) > place:
                known = PRIOR if year >= LATER and use == KEPT_BACK else use
                x = of(group, year, 12 * years)
                yield _row(within(years, group), str(year), fact, known, numbers[place], x)
    yield from _of_workers(lives)
    subject = f"left by the end of 2021, {NON_EU}, with families (the model: 2010, after 11 years)"
    published = float(facts.loc["EXT-34", "value"])
    yield _row(subject, "1999 to 2010", "EXT-34", FITTED, published, of(NON_EU, 2010, 132))


def _inputs(
    scenarios: Sequence[Scenario],
    lives: Sequence[Lives],
    counts: dict[str, dict[str, np.ndarray]],
    people: float,
) -> Iterator[Row]:
    """Rows of published numbers on which the scenarios themselves rest."""
    facts = external().set_index("id")
    share = sum(_share(s.city) for s in scenarios)
    subject = f"workers from {NON_EU} who arrived (the country's, times the regions' share)"
    for fact, first, last in (("EXT-18", FIRST, 2012), ("EXT-19", 2013, 2016)):
        published = float(facts.loc[fact, "value"]) * (last - first + 1) / 4 * share
        some = [x.worker & x.non_eu & (x.year >= first) & (x.year <= last) for x in lives]
        came = [who.sum() / people for who in some]
        yield _row(subject, f"{first} to {last}", fact, INPUT, published, came)
    if len(scenarios) == 2:
        one, other = (s.city for s in scenarios)
        month = 12 * (2014 - FIRST) + 11
        ratio = counts[other]["here"][:, month] / counts[one]["here"][:, month]
        rows = [str(city_of(c).region.get("row", "")) for c in (one, other)]
        subject = f"people in {city_of(other).label} for each in {city_of(one).label}"
        published = _share(other) / _share(one)
        yield _row(subject, "end of 2014", " ".join(rows), INPUT, published, ratio)


def _by_year(counts: dict[str, dict[str, np.ndarray]]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for city, numbers in counts.items():
        for name, x in numbers.items():
            by_month = x.reshape(len(x), -1, 12)
            yearly = by_month[:, :, -1] if name == "here" else by_month.sum(axis=2)
            for k, three in enumerate(quantiles(yearly).T):
                rows.append((city_of(city).label, FIRST + k, name, *map(float, three)))
    return pd.DataFrame(rows, columns=["city", "year", "what", "low", "median", "high"])


def _sentence(subject: str, rows: pd.DataFrame) -> str:
    """Whether the model agrees with the published numbers of a subject."""
    inside, n = int(rows["agrees"].sum()), len(rows)
    gap = rows["median"] - rows["published"]
    points = f"{abs(gap.mean()):.0f}"
    size = f"{points} point{'' if points == '1' else 's'}"
    if not subject.startswith("left"):
        size = f"{100 * abs(gap.mean()) / rows['published'].mean():.0f} %"
    held = f"{inside} of {n}" if n > 1 else "it" if inside else "it not"
    verdict = "agrees" if inside == n else "does not agree" if inside == 0 else "agrees in part"
    sources, uses = (", ".join(dict.fromkeys(rows[c])) for c in ("source", "use"))
    text = (
        f"{subject[0].upper()}{subject[1:]} ({sources}; {uses}): the model {verdict} (its interval "
        f"holds {held}); its median is {size} {'above' if gap.mean() > 0 else 'below'}."
    )
    if n > 2:
        first, last = (rows[rows["cohort"].astype(int).between(*x)] for x in COHORTS)
        seen, said = (last[c].mean() - first[c].mean() for c in ("published", "median"))
        years = [f"{a} to {b}" for a, b in COHORTS]
        text += (
            f" From arrivals of {years[0]} to those of {years[1]} the published share changes "
            f"by {seen:+.0f} points, the model's by {said:+.0f}."
        )
    return text
