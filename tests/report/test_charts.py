"""Charts say what their numbers are: labels of ticks, whole texts, and one start."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise

import numpy as np
import pytest
from babel.numbers import parse_decimal
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

import expatsim as xs
from expatsim.posterior.record import calibration_of
from expatsim.report import charts, fit, plots
from expatsim.report.facts import observed_and_simulated
from expatsim.report.language import LANGUAGES, MINUS, Language, supported
from expatsim.report.ticks import Labels
from helpers import small

LANGUAGE = st.sampled_from(sorted(LANGUAGES)).map(Language)
SIZE = st.floats(1e-9, 1e9)


def _read(label: str, language: Language) -> float:
    plain = label.replace(MINUS, "-").removesuffix("%")
    if "e" in plain:
        return float(plain)
    return float(parse_decimal(plain, locale=language.locale, strict=True))


def _check(labels: list[str], ticks: np.ndarray, language: Language, scale: float = 1.0) -> None:
    """Labels are the ticks: read again, they are as far apart, and as far from zero."""
    read = np.array([_read(label, language) for label in labels]) / scale
    step = np.diff(ticks).min() if len(ticks) > 1 else abs(ticks[0])
    assert np.abs(read - ticks).max() <= 0.01 * step
    assert len(set(labels)) == len(labels)


@pytest.fixture(scope="module")
def drawn() -> list[Figure]:
    return []


@pytest.fixture
def keep(monkeypatch, drawn) -> list[Figure]:
    """Figures as they are drawn."""
    drawn.clear()
    fit.picture.cache_clear()  # as if nothing had been drawn before
    whole = charts.as_chart

    def chart(figure: Figure, alt: str, *others: object) -> charts.Chart:
        drawn.append(figure)
        return whole(figure, alt, *others)

    monkeypatch.setattr(charts, "as_chart", chart)
    return drawn


@settings(max_examples=200, deadline=None)
@given(
    LANGUAGE, st.floats(-1e3, 1e3), SIZE, st.booleans(), st.sampled_from([1, 2, 2.5, 5]),
    st.integers(2, 12),
)  # fmt: skip
def test_labels_are_their_ticks(language, middle, size, share, kind, number) -> None:
    """Whatever the step and the place of the axis."""
    step = kind * 10.0 ** np.floor(np.log10(size))
    ticks = (np.round(middle / step) + np.arange(number)) * step
    assume(step > 1e-12 * np.abs(ticks).max())  # numbers that a computer tells apart
    show, scale = (language.percent, 100.0) if share else (language.number, 1.0)
    _check(Labels(show, scale).format_ticks(list(ticks)), ticks, language, scale)


@settings(max_examples=25, deadline=None)
@given(LANGUAGE, SIZE, st.booleans(), st.booleans())
def test_axes_of_intervals_say_what_they_are(language, size, share, below) -> None:
    """On the axis that is drawn, also where all is the same or nothing is known."""
    figures: list[Figure] = []
    bar = charts.Bar("a", -size if below else 0.0, size, size / 2, "x")
    missing = charts.Bar("b", np.nan, np.nan, np.nan, "–")
    ends = charts.limits([bar, missing])
    assert np.isfinite(ends).all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "as_chart", lambda figure, *_: figures.append(figure))
        charts.intervals([bar, missing], "", "x", ends, language, share=share)
    axis = figures[0].axes[0].xaxis
    ticks = axis.get_majorticklocs()
    labels = axis.get_major_formatter().format_ticks(ticks)
    _check(labels, ticks, language, 100.0 if share else 1.0)


def test_the_headline_axis_of_a_small_effect() -> None:
    """It was once labelled 0,0 0,0 0,1 0,2."""
    labels = Labels(Language("nl").number).format_ticks([0, 0.05, 0.1, 0.15])
    assert labels == ["0,00", "0,05", "0,10", "0,15"]
    shares = Labels(Language("en").percent, 100).format_ticks([0, 0.005, 0.01])
    assert shares == ["0.0%", "0.5%", "1.0%"]
    assert Labels(Language("en").number).format_ticks([0, 2000, 4000]) == ["0", "2,000", "4,000"]


@pytest.fixture(scope="module")
def result() -> xs.Result:
    names = ("rotterdam", "rotterdam-mentor-projects", "den-haag")
    return xs.compare([small(n, 0.05, 72) for n in names], draws=4)


def _cut_off(figure: Figure) -> list[str]:
    """Texts of a figure that do not lie wholly inside it."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    page, found = figure.bbox, []
    beyond = {  # ticks that an axis does not reach are not drawn
        label
        for ax in figure.axes
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }
    for text in set(figure.findobj(Text)) - beyond:
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent(canvas.get_renderer())
            inside = page.x0 - 1 <= box.x0 <= box.x1 <= page.x1 + 1
            if not (inside and page.y0 - 1 <= box.y0 <= box.y1 <= page.y1 + 1):
                found.append(text.get_text())
    return found


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_no_text_is_cut_off(keep, result, lang) -> None:
    result.report(lang)
    assert len(keep) > 10
    assert [_cut_off(figure) for figure in keep] == [[]] * len(keep)


def _bars(numbers: list[float], language: Language) -> list[charts.Bar]:
    """Rows as the live page has them: two labels, each with a number beside it."""
    labels = ["Newcomers still here 5 years after arrival", "People here at the start"]
    middle, other = numbers
    return [
        charts.Bar(label, x - 1.5, x + 1.5, x, language.number(x, 1, sign=True), (x - 0.5, x + 0.5))
        for label, x in zip(labels, (middle, other), strict=True)
    ]


@settings(max_examples=8, deadline=None, phases=[Phase.generate])  # slow to make smaller
@given(LANGUAGE, *[st.lists(st.floats(-40, 40), min_size=2, max_size=2)] * 2)
def test_a_hasty_chart_has_room_for_its_texts(language, before, now) -> None:
    """It takes over the layout of other numbers, where there is as much room as in its own."""
    places: list[np.ndarray] = []

    def draw(numbers: list[float]) -> None:
        bars = _bars(numbers, language)
        charts.intervals(bars, "", "difference", charts.limits(bars), language)

    with pytest.MonkeyPatch.context() as patch:
        whole = Figure.savefig

        def keep(self: Figure, *args: object, **named: object) -> None:
            whole(self, *args, **named)
            places.append(self.axes[0].get_position().extents)

        patch.setattr(Figure, "savefig", keep)
        draw(before)
        with charts.hasty():
            draw(now)
        draw(now)
    assert np.abs(places[1] - places[2]).max() < 0.02


def test_a_hasty_chart_of_the_same_is_the_same() -> None:
    """The search for room and the file of numbers are left out; and only within the context."""
    language, x = Language("en"), np.arange(1, 5) / 2
    paths = {title: np.linspace(0.9, 0.5, 20).reshape(5, 4) for title in ("as it is", "a plan")}

    def drawn() -> charts.Chart:
        return charts.lines(x, paths, "", language, xlabel="years", top=1.0, share=True)

    first = drawn()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.layout_engine.ConstrainedLayoutEngine.execute", None)
        with charts.hasty():
            assert drawn() == dataclasses.replace(first, figures="")
        with pytest.raises(TypeError):
            drawn()


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_a_page_has_one_start(result, lang) -> None:
    """The number of people at the start is the same in the table and in the chart."""
    language, text = Language(lang), result.report(lang)
    start = language.number(result.provenance["scenarios"][0]["stock"])
    named = {"en": "Expats at the start", "nl": "Expats bij het begin"}[lang]
    assert re.search(rf"<th[^>]*>{named}</th>\s*<td[^>]*>([^<]*)", text)[1] == start
    alts = re.findall(r'alt="(?:Expats in the city|Expats in de stad)[^"]*', text)
    assert len(alts) == 1  # one chart of all scenarios
    assert alts[0].count("“") == 3
    first, last = language.month("2010-01", 0), language.month("2010-01", 71)
    assert f": {first}: {start} (" in alts[0]
    assert f"; {last}: " in alts[0]


def test_plots_have_labels_that_tell_ticks_apart(result) -> None:
    for draw in plots.PLOTS.values():
        figure = draw(result)
        FigureCanvasAgg(figure).draw()
        for ax in figure.axes:
            for axis in (ax.xaxis, ax.yaxis):
                ticks = axis.get_majorticklocs()
                labels = axis.get_major_formatter().format_ticks(ticks)
                assert all(a != b for a, b in pairwise(labels) if a), labels


@pytest.mark.parametrize("months", [1, 8, 30])
def test_short_runs_have_months_or_whole_years_on_their_axis(months) -> None:
    """They once had ticks at tenths of a year, and an offset of 2,010 years in a corner."""
    short = xs.compare([small(n, 0.05, months) for n in ("rotterdam", "den-haag")], draws=4)
    for draw in (plots.stock, plots.awareness):
        figure = draw(short)
        FigureCanvasAgg(figure).draw()
        for ax in figure.axes:
            labels = [text.get_text() for text in ax.get_xticklabels()]
            years = {str(2009 + k) for k in range(6)}  # those beyond the axis are not shown
            assert set(labels) <= years | set(short.dataset["month"].values)
            assert labels
            assert not ax.xaxis.get_offset_text().get_text()
            assert len(ax.containers if months == 1 else ax.lines) == 2
        assert not _cut_off(figure)


def test_pictures_of_the_fit_are_whole(keep) -> None:
    for lang in LANGUAGES:
        cells = fit.with_words(observed_and_simulated(calibration_of("posterior").fit))
        fit.pictures(cells, Language(lang))
    assert [_cut_off(figure) for figure in keep] == [[]] * 4


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12), st.floats(0, 1e12))
def test_numbers_have_the_digits_that_their_interval_supports(x, below, above) -> None:
    low, high = x - below, x + above
    shown = supported(x, low, high)
    width = high - low
    assert abs(shown - x) <= max(0.051 * width, 1e-9 * abs(x))  # nothing that matters is lost
    assert abs(shown - x) <= 0.051 * abs(x)
    if x and width:  # no digits beyond two of the width and two of its own
        unit = 10 ** (np.floor(np.log10(min(abs(x), width))) - 1)
        assert abs(shown / unit - round(shown / unit)) < 1e-3 or abs(shown / unit) > 1e12


def test_digits_of_costs() -> None:
    assert supported(64_286, 12_345, np.inf) == 64_000
    assert supported(64_286, 60_100, 68_200) == 64_300
    assert [supported(x, 23.4, 3012) for x in (56.2, 23.4, 3012)] == [56, 23, 3000]
    assert supported(1_234_567, 1_234_567, 1_234_567) == 1_234_567
    assert np.isinf(supported(np.inf, 1, np.inf))
    assert np.isnan(supported(np.nan, np.nan, np.nan))


def test_no_line_ends_between_the_euro_sign_and_its_number() -> None:
    for lang in LANGUAGES:
        for x in (-1.2e6, 0, 3, 450_000):
            assert not re.search(r"[ \t]", Language(lang).euros(x))
    assert Language("nl").euros(450_000) == "€\N{NO-BREAK SPACE}450.000"
