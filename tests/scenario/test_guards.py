"""Cautions by name."""

from __future__ import annotations

import dataclasses

from expatsim.scenario import guards
from helpers import small


def test_warnings_name_what_no_data_stand_behind() -> None:
    assert guards.warnings(small("rotterdam", 1.0)) == []
    assert guards.warnings(small("rotterdam-with-den-haag-policy", 1.0)) == []
    (line,) = guards.warnings(small("rotterdam-mentor-projects", 1.0))
    assert line.startswith("outside what the cities did in 2009: mentor_projects (")
    assert guards.warnings(small("rotterdam", 0.1)) == []  # a part of the city is no small city
    tiny = dataclasses.replace(small("rotterdam", 1.0), stock=283)
    assert "is far from the" in guards.warnings(tiny)[0]
    national = dataclasses.replace(small("rotterdam", 1.0), weights="national")
    assert "Indian" in guards.warnings(national)[0]
    long = dataclasses.replace(small("rotterdam", 1.0), months=192)
    assert guards.warnings(long)[0].startswith("beyond 15 years")
