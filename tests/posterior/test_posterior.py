"""Draws of the parameters: posterior, prior or a file."""

from __future__ import annotations

import numpy as np
import pytest

from expatsim import posterior
from expatsim.errors import InputError

BAD_FILES = {
    "wish_level\n0.1\n": "parameter 'women_share' is missing",
    "wish_levle\n0.1\n": "unknown parameter 'wish_levle'; did you mean 'wish_level'?",
    "women_share\n7\n": "women_share: 7 in row 1 is out of range (allowed: 0.05 to 0.6, share)",
    "women_share\nmany\n": "women_share: 'many' in row 1 is out of range",
    "women_share\n": "no draws",
}


@pytest.mark.parametrize("text", BAD_FILES)
def test_one_clear_line_about_a_file_of_draws(text: str, tmp_path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        posterior.read_draws(str(path))
    assert any(BAD_FILES[text] in line for line in error.value.problems)
    with pytest.raises(InputError, match="did you mean 'posterior'"):
        posterior.read_draws("posterio")


@pytest.mark.parametrize("name", ["scenario.yaml", "draws", "empty.csv", "cut_off.parquet"])
def test_what_holds_no_draws_is_told_what_a_file_of_draws_is(name: str, tmp_path) -> None:
    whole = {"empty": b"", "cut_off": posterior.folder().joinpath(posterior.DRAWS).read_bytes()}
    path = tmp_path / name
    path.write_bytes(whole.get(path.stem, b"city: rotterdam\n")[:1000])
    with pytest.raises(InputError, match=r"a file of draws is posterior\.parquet, as a") as error:
        posterior.read_draws(str(path))
    assert "magic" not in str(error.value)


@pytest.mark.parametrize("source", ["prior", "posterior", "file"])
def test_projections_use_the_parameters_they_are_given(source: str, tmp_path) -> None:
    import expatsim as xs
    from helpers import small

    scenario = small("rotterdam", 0.02, 12)
    if source == "file":
        source = str(tmp_path / "draws.csv")
        posterior.read_draws("posterior").iloc[:7].to_csv(source, index=False)
    result = xs.run(scenario, draws=4, parameters=source)
    expected = posterior.sample(source, scenario.seed, np.arange(4))
    for name in ("wish_level", "rotterdam_desk_visibility"):
        found = result.dataset["parameter_value"].sel(parameter=name).isel(scenario=0)
        assert np.array_equal(found, expected[name]), name
    assert result.provenance["parameters"] == source
