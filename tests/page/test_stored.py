"""The file of surfaces is read as it was written, and the packaged one is of today's model."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim.errors import InputError
from expatsim.page import stored
from made_up_surfaces import CITIES, levels
from made_up_surfaces import stored as made_up


def test_read_as_written(tmp_path) -> None:
    one = made_up(6)
    two = stored.read(stored.write(one, tmp_path / "some.npz"))
    assert two.record == one.record
    assert two.is_current
    assert list(two.surfaces) == list(CITIES)
    mix = levels(mentor_projects=0.4, safety=1.0), 2
    for city, sources in one.surfaces.items():
        for source, surface in sources.items():
            ours = two.surfaces[city][source].differences(*mix)
            np.testing.assert_array_equal(ours, surface.differences(*mix))


def test_a_model_that_changed_is_noticed() -> None:
    one = made_up(6)
    assert not stored.Stored(one.surfaces, {**one.record, "model": "another"}).is_current


def test_what_is_no_such_file(tmp_path) -> None:
    with pytest.raises(InputError, match="make_surfaces"):
        stored.read(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no surfaces", encoding="utf-8")
    with pytest.raises(InputError, match="holds no response surfaces"):
        stored.read(tmp_path / "text.npz")
