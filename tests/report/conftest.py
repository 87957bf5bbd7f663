"""What tests of the report share."""

from __future__ import annotations

import dataclasses

import pytest

import expatsim as xs
from expatsim.report.language import LANGUAGES
from helpers import small


@pytest.fixture(scope="session")
def result() -> xs.Result:
    base = small("rotterdam", 0.05, 72)
    costs = {"mentor_projects": {"per_year": 50_000.0, "per_participant": 300.0}}
    others = [
        dataclasses.replace(
            small("rotterdam-all-recommendations", 0.05, 72), costs=costs, value_per_expat_year=1e4
        ),
        small("den-haag", 0.05, 72),
    ]
    return xs.compare([base, *others], draws=6)


@pytest.fixture(scope="session", params=sorted(LANGUAGES))
def page(request, result) -> tuple[str, str]:
    return request.param, result.report(request.param, command="expatsim report a.yaml")
