"""What tests of sweeps share."""

from __future__ import annotations

import pytest

from expatsim.sweeps import Store, execute, sweep
from sweep_files import file


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Store:
    folder = tmp_path_factory.mktemp("sweep")
    return sweep(file(folder), folder / "runs")


@pytest.fixture
def short_chunks(monkeypatch) -> None:
    monkeypatch.setattr(execute, "CHUNK", 2)
