"""What a city that is not of the study borrows from the city of its donors."""

from __future__ import annotations

from typing import NamedTuple

from expatsim.cities import GRADES, City
from expatsim.cities import city as city_of
from expatsim.cities.level import WIDENING
from expatsim.population.margins import population_margins
from expatsim.scenario.scenario import Scenario


class Borrowed(NamedTuple):
    """What a city borrows, and from which.

    Attributes
    ----------
    city, donors : str
        The city, and the one that lends.
    tables : tuple of str
        Names of tables about its people; in these it is as if fewer people had been asked.
    levels : tuple of str
        Levers whose level of 2009 it borrows, with a wider prior.
    fixed : tuple of str
        Levers whose level it borrows as it is: points of reference, without a prior anywhere.
    grades : bool
        Whether the ten grades are borrowed, as they are.
    region : bool
        Whether the share of the region is borrowed, as it is, and so the inflow and the stock.
    """

    city: str
    donors: str
    tables: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    grades: bool = False
    region: bool = False

    def __bool__(self) -> bool:
        return any(self[2:])

    def line(self) -> str:
        """One line for the terminal and the manifest."""
        wider = {"tables": self.tables, "levels of 2009": self.levels}
        parts = [f"{what} ({', '.join(names)})" for what, names in wider.items() if names]
        text = f"{' and '.join(parts)}, with a spread {WIDENING:g} times as wide" if parts else ""
        kept = [f"levels of 2009 ({', '.join(self.fixed)})"] if self.fixed else []
        kept += ["its ten grades"] if self.grades else []
        kept += ["the share of its region, so its inflow and stock"] if self.region else []
        same = f"{' and '.join(kept)}, as they are" if kept else ""
        what = "; ".join(filter(None, (text, same)))
        return f"{city_of(self.city).label} borrows from {city_of(self.donors).label}: {what}"


def borrowed(city: City) -> Borrowed:
    """All that a city borrows; empty for a city of the study."""
    if city.of_the_study:
        return Borrowed(city.name, city.donors)
    margins = population_margins(city.name, "survey")
    names = [t for t in city.borrowed_tables if t != GRADES]
    names += [m.name.split()[0] for m in margins if m.borrowed]
    return Borrowed(
        city.name,
        city.donors,
        tuple(dict.fromkeys(names)),
        tuple(x for x in city.borrowed_levels if city.levels_2009[x].prior),
        tuple(x for x in city.borrowed_levels if not city.levels_2009[x].prior),
        GRADES in city.borrowed_tables,
        city.borrowed_region,
    )


def borrowed_in(scenario: Scenario) -> list[Borrowed]:
    """What the cities of a scenario borrow, as far as it concerns the scenario."""
    lent = []
    for city in scenario.own_cities:
        whole = borrowed(city)
        steps = [level for path in scenario.policy.values() for _, level in path.steps]
        policy = city.name == scenario.policy_city or any(x.city == city.name for x in steps)
        at_home = city.name == scenario.city  # the stock is made under the policy of its city
        lent.append(
            whole._replace(
                tables=whole.tables if at_home else (),
                levels=whole.levels if policy or at_home else (),
                fixed=whole.fixed if policy or at_home else (),
                grades=whole.grades and city.name == scenario.quality_city,
                region=whole.region and at_home,
            )
        )
    return [x for x in lent if x]
