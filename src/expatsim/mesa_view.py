"""Mesa's browser view of one draw: ``solara run expatsim.mesa_view``, with a slider a lever.

Reset makes a new model with the levels of the sliders, from the start on. Levers that were not
moved stay as they are in the scenario, also where each draw has its own level.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import solara

from expatsim.mesa_model import DEFAULT, ExpatModel
from expatsim.model.levers import LEVERS, Lever, level_2009
from expatsim.scenario import Scenario, load

with warnings.catch_warnings():  # Mesa 3.3 uses a hook as Solara would not, which warns of it
    warnings.simplefilter("ignore")
    import mesa.visualization as view

MOST_DRAWS = 100  # of the slider that chooses one
#: Indicators that are plotted, one plot each.
PLOTTED = ("here", "wish_yes", "feels_welcome", "knows_desk")


class LeverModel(ExpatModel):
    """A model whose levers are given as sliders give them: all of them, moved or not.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        As for :class:`expatsim.ExpatModel`.
    replicate : int
        Number of the draw.
    **kwargs : float
        Levels by lever, from the start on; those at which a lever stands already change nothing.
    """

    def __init__(
        self, scenario: str | Path | Scenario = DEFAULT, replicate: int = 0, **kwargs: float
    ) -> None:
        loaded = scenario if isinstance(scenario, Scenario) else load(scenario)
        moved: dict[str, Any] = {
            k: float(x) for k, x in kwargs.items() if x != level_at_start(loaded, k)
        }
        super().__init__(loaded, replicate, **moved)


def level_at_start(scenario: Scenario, lever: str) -> float:
    """Return the level of a lever in the first month; the city's of 2009 where draws differ.

    Parameters
    ----------
    scenario : Scenario
        A loaded scenario.
    lever : str
        Name of a lever of the package.
    """
    level = scenario.policy[lever].at(0).value
    return float(level_2009(lever, scenario.policy_city).level if level is None else level)


def sliders(scenario: Scenario) -> dict[str, Any]:
    """Return Mesa's sliders for the number of the draw and for every lever, by name.

    Parameters
    ----------
    scenario : Scenario
        Its levels are where the sliders stand.
    """
    # the names of levers, since their labels leave a slider no room
    chosen: dict[str, Any] = {"replicate": view.Slider("Draw", 0, 0, MOST_DRAWS - 1, 1)}
    for name, lever in LEVERS.items():
        at = level_at_start(scenario, name)
        chosen[name] = view.Slider(_words(name), at, lever.low, lever.high, _step(lever), float)
    return chosen


def _words(lever: str) -> str:
    return lever.replace("_", " ").capitalize()


def _step(lever: Lever) -> float:
    """A hundredth of a share; a tenth of a point; whole events and places."""
    width = lever.high - lever.low
    return 0.01 if width <= 1 else 0.1 if width < 10 else 1.0


@solara.component
def Page(scenario: str | Path | Scenario = DEFAULT) -> None:  # noqa: N802 - Solara's word
    """Show a scenario with Mesa's controls, its sliders, and a plot of each main indicator.

    Parameters
    ----------
    scenario : str, pathlib.Path or Scenario
        As for :class:`LeverModel`.
    """
    model = solara.use_memo(lambda: LeverModel(scenario), [])
    params = solara.use_memo(lambda: sliders(model.scenario), [])
    plots = solara.use_memo(lambda: [view.make_plot_component(x) for x in PLOTTED], [])
    view.SolaraViz(
        model,
        components=plots,
        model_params={"scenario": model.scenario, **params},
        name=model.scenario.title,
    )
