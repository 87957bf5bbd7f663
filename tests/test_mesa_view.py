"""Mesa's browser view, rendered without a browser: its sliders, a reset, and steps."""

from __future__ import annotations

from typing import Any

import ipyvuetify
import numpy as np
import pytest
import solara

from expatsim import mesa_view
from expatsim.mesa_model import ExpatModel
from expatsim.model.levers import LEVERS
from expatsim.scenario import Scenario
from helpers import small

# of libraries that Solara uses
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The rendered page of a small city, and every model that it made."""
    made: list[ExpatModel] = []

    class Kept(mesa_view.LeverModel):
        def __init__(self, scenario: Scenario, replicate: int = 0, **kwargs: float) -> None:
            super().__init__(scenario, replicate, **kwargs)
            made.append(self)

    monkeypatch.setattr(mesa_view, "LeverModel", Kept)
    whole = solara.AppLayout(children=[mesa_view.Page(small("rotterdam", 0.05, 12))])
    _, shown = solara.render(whole, handle_error=False)
    yield shown, made
    shown.close()


def click(shown: Any, label: str) -> None:
    """Click on a button."""
    (button,) = (b for b in shown.find(ipyvuetify.Btn).widgets if b.children == [label])
    button.click()


def test_every_lever_has_its_slider(page: Any) -> None:
    shown, (model,) = page
    sliders = {w.label: w for w in shown.find(ipyvuetify.Slider).widgets}
    for name, lever in LEVERS.items():
        slider = sliders[name.replace("_", " ").capitalize()]
        assert (slider.min, slider.max) == (lever.low, lever.high)
        assert slider.v_model == mesa_view.level_at_start(model.scenario, name)
        steps = (slider.max - slider.min) / slider.step
        assert np.isclose(steps, round(steps))  # both ends can be reached


def test_a_reset_takes_the_levers_that_were_moved_and_no_other(page: Any) -> None:
    shown, made = page
    before = made[0].scenario
    (slider,) = (
        w for w in shown.find(ipyvuetify.Slider).widgets if w.label == "English information"
    )
    slider.v_model = 0.8
    click(shown, "Reset")
    after = made[-1].scenario
    assert after.policy["english_information"].at(0).value == 0.8
    same = set(LEVERS) - {"english_information"}
    assert {k: after.policy[k] for k in same} == {k: before.policy[k] for k in same}
    # the same life as of the same scenario without a page
    alone = ExpatModel(after)
    for month in (1, 2):
        click(shown, "Step")
        alone.step()
        assert made[-1].month == month
    expected = alone.datacollector.get_model_vars_dataframe()
    assert made[-1].datacollector.get_model_vars_dataframe().equals(expected)
