"""Lines for the terminal about numbers of people: behind shares of newcomers, and their growth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from expatsim.model.levers import SHARE_OF_NEWCOMERS, SHARES_OF_ARRIVALS
from expatsim.model.policy import arrivals
from expatsim.report.facts import stock_paths
from expatsim.scenario import Scenario
from expatsim.scenario.scenario import month_name
from expatsim.text import labels


def people_lines(scenarios: Sequence[Scenario]) -> list[str]:
    """A line for each scenario: newcomers a year at the start, and those whom levers reach.

    A lever is named if it is above zero at any time and differs from the first scenario. Numbers
    are those at the defaults of all parameters; draws have their own.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The baseline first.
    """
    lines: dict[str, None] = {}
    titles = labels({s.name: s.title for s in scenarios})
    for scenario in scenarios:
        newcomers = scenario.newcomers()[:, 0]
        parts = [f"about {newcomers[0]:,.0f} newcomers a year (workers and partners)"]
        for name, lever in scenario.levers.items():
            if lever.reaches not in SHARES_OF_ARRIVALS:
                continue
            changed = scenario is scenarios[0] or (
                scenario.policy[name] != scenarios[0].policy.get(name)
            )
            path = scenario.central(name)
            if changed and path.max() > 0:
                month = int(np.argmax(path))
                arrive = arrivals(lever, scenario.newcomers())[month, 0]
                then = "then " if newcomers[month] != newcomers[0] else ""
                of = f"of the {then}{arrive:,.0f}"
                if lever.reaches != SHARE_OF_NEWCOMERS:
                    of += " partners"
                elif not then:
                    of = "of them"
                when = f" (from {month_name(scenario.start, month)})" if month else ""
                share, people = path[month], path[month] * arrive
                what = f"“{lever.label}” at {share:.0%}"
                parts.append(f"{what} is about {people:,.0f} {of} a year{when}")
        lines[f"{titles[scenario.name]}: {'; '.join(parts)}."] = None
    return list(lines)


def growth_lines(dataset: xr.Dataset, baseline: Scenario) -> list[str]:
    """A line that says why a baseline has more people at its end; none if it has not.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`expatsim.compare`.
    baseline : Scenario
        The first of its scenarios.
    """
    _, _, middle, *_ = stock_paths(dataset, baseline.start).quantiles[baseline.name]
    first, last = middle[0], middle[-1]
    if last <= first:
        return []
    title = labels({baseline.name: baseline.title})[baseline.name]
    moved = f"Expats in the city go from {first:,.0f} to {last:,.0f} in “{title}”"
    why = "that follows from an inflow that is assumed or was typed in"
    return [f"{moved}: {why}, and does not show that a policy works."]
