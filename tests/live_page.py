"""What tests of the live page share: a visitor without a browser, and few people."""

from __future__ import annotations

import time
from pathlib import Path

from starlette.testclient import TestClient

from expatsim.page.documents import BASELINE, PLAN
from expatsim.page.plan import Plan

TOKEN = "a-token-of-tests"
HOST = "127.0.0.1:8765"
ORIGIN = {"Origin": f"http://{HOST}"}
# the city with so few people that a draw takes some milliseconds
FEW = {"stock": 150, "inflow": 60}


class Page:
    """A page that a test visits without a browser."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.home = str(client.get(f"/{TOKEN}/", follow_redirects=False).headers["location"])

    def get(self, where: str = "", **options):
        return self.client.get(self.home + where, **options)

    def speak(self, lang: str) -> str:
        """Follow the link to a language; return the page as it is there."""
        reply = self.get(f"?lang={lang}")
        self.home = reply.url.path
        return reply.text

    def post(self, where: str, content: bytes | str = b""):
        return self.client.post(self.home + where, content=content, headers=ORIGIN)

    def move(self, **move):
        return self.client.post(self.home + "move", json=move, headers=ORIGIN)

    def answer(self, revision: int, after: int = 2, seconds: float = 240) -> dict:
        """The answer of a revision, as the script of the page waits for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            told = self.get(f"answer?revision={revision}&after={after}").json()
            if told["state"] != "working":
                return told
        raise AssertionError("no answer")


def write(plan: Plan, folder: Path) -> list[Path]:
    """The two files that a reader downloads, the baseline first."""
    files = [folder / f"{name}.yaml" for name in (BASELINE, PLAN)]
    for file in files:
        file.write_text(plan.texts[file.stem], encoding="utf-8")
    return files
