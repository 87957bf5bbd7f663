"""Extreme files that are valid: everything that can be asked of a result gets an answer."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import expatsim as xs
from expatsim.model.levers import LEVERS
from expatsim.report.language import LANGUAGES, Language, supported

LOW = {name: float(x.low) for name, x in LEVERS.items()}
HIGH = {name: float(x.high) for name, x in LEVERS.items()}
DEAR = {name: {"per_year": 1e9, "per_participant": 1e6} for name in LEVERS}
FREE = {name: {"per_year": 0.0, "per_participant": 0.0} for name in LEVERS}
NOBODY = {"stock": 1, "inflow": 0.0}
FEW = {"stock": 2, "inflow": 3.0}
COMING = {"stock": 1, "inflow": 400.0}
ENDS = [{"date": "2010-06", "inflow": 0.0, "climate": 3.0}]
LONG = "Een heel lange titel " * 9

FILES = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["T", LONG]),
        "city": st.sampled_from(["rotterdam", "den_haag"]),
        "years": st.sampled_from([1, 2]),
        "population": st.sampled_from([NOBODY, FEW, COMING]),
        "climate": st.sampled_from([-3.0, 0.0, 3.0]),
        "changes": st.sampled_from([[], ENDS]),
        "start": st.sampled_from(["1900-12", "2010-01"]),
    }
).filter(lambda x: not x["changes"] or x["start"] == "2010-01")
OTHERS = st.fixed_dictionaries(
    {
        "policy": st.sampled_from([LOW, HIGH]),
        "costs": st.sampled_from([{}, FREE, DEAR]),
        "value_per_expat_year": st.sampled_from([None, 1e-300, 1.0, 1e9]),
    }
)


def _file(**values: object) -> dict[str, object]:
    plain = {"title": "T", "city": "rotterdam", "years": 1, "climate": 0.0, "start": "2010-01"}
    return {**plain, "changes": [], **values}


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(FILES, OTHERS, st.integers(2, 4))
@example(
    _file(title=LONG, population=NOBODY),
    {"policy": HIGH, "costs": FREE, "value_per_expat_year": None},
    2,
)
@example(
    _file(population=NOBODY, climate=-3.0),
    {"policy": LOW, "costs": DEAR, "value_per_expat_year": 1e-300},
    3,
)
@example(
    _file(population=COMING, climate=-3.0, changes=ENDS),
    {"policy": HIGH, "costs": DEAR, "value_per_expat_year": 1e-300}, 2,
)  # fmt: skip
def test_everything_that_can_be_asked_is_answered(tmp_path_factory, file, other, draws) -> None:
    folder: Path = tmp_path_factory.mktemp("extreme")
    (folder / "base.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    other = {"title": "Other", "based_on": "base", **{k: v for k, v in other.items() if v}}
    (folder / "other.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a number that is not one is meant to be
        alone = xs.run(folder / "base.yaml", draws=draws)
        pair = xs.compare([folder / "base.yaml", folder / "other.yaml"], draws=draws)
        for result in (alone, pair):
            result.save(folder / f"result_{len(result.titles)}")
            for lang in LANGUAGES:
                page = result.report(lang)
                shown = re.sub(r"<[^>]*>", " ", page[page.index("<body>") :])
                assert not re.search(r"\b(nan|inf|None|-0\.0)\b", shown)
        assert len(pair.effects())
        assert pair.costs() is not None


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
@pytest.mark.parametrize("x", [0.0, -0.0, 1e-300, 1e15, -1e17, 1e306, float("inf"), float("nan")])
def test_every_number_can_be_written(lang, x) -> None:
    language = Language(lang)
    for text in (language.number(x), language.number(x, 3), language.percent(x), language.euros(x)):
        assert 0 < len(text) < 30
        assert "nan" not in text
        assert "inf" not in text
    for end in (x, 1e306, float("inf"), float("nan")):
        language.euros(supported(x, x, end))
