"""A worker that keeps what it compiled, and a page with few draws and few people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from expatsim.page.server import application
from expatsim.page.session import Settings
from expatsim.page.worker import Worker
from helpers import ROOT
from live_page import FEW, HOST, TOKEN, Page


@pytest.fixture(scope="session")
def worker() -> Worker:
    worker = Worker()
    worker.start()
    return worker


@pytest.fixture
def client(worker, tmp_path) -> Iterator[TestClient]:
    settings = Settings(draws=4, out=tmp_path / "results", scenarios=ROOT / "scenarios")
    app = application(settings, TOKEN, frozenset({HOST}), worker)
    with TestClient(app, base_url=f"http://{HOST}") as client:
        yield client


@pytest.fixture
def page(client) -> Page:
    """A page whose plan is that of a city with few people."""
    page = Page(client)
    for what, people in FEW.items():
        assert page.move(move="people", what=what, people=people).status_code == 200
    return page
