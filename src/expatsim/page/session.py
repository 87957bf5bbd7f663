"""One page in a browser: its plan, what can be undone, and its newest answer."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
import traceback
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expatsim.cities import city_names
from expatsim.errors import InputError
from expatsim.files import claim, writing
from expatsim.page.answer import answer
from expatsim.page.documents import BASELINE, PLAN, read_given
from expatsim.page.plan import MoveError, Plan, moved
from expatsim.page.simulation import Simulator
from expatsim.page.worker import Superseded, Worker
from expatsim.report.language import N_, Language

MOST_UNDONE = 200  # moves
MOST_SESSIONS = 16
MOST_REPORTS = 1000
PAINTING = 0.15  # seconds in which the browser has the cores, to paint the first picture
CLOSED_AFTER = 5.0  # seconds in which a page that is open has asked for its answer again


@dataclass(frozen=True)
class Settings:
    """What a page was started with.

    Attributes
    ----------
    city : str
        City with which it begins.
    lang : {"en", "nl"}
        Language with which it begins.
    draws : int
        Draws of the full answer.
    out : pathlib.Path
        Folder of results; nothing is written elsewhere.
    scenarios : pathlib.Path
        Folder of the scenarios that a loaded file may be based on.
    """

    city: str = field(default_factory=lambda: city_names()[0])
    lang: str = "en"
    draws: int = 100
    out: Path = Path("results/page")
    scenarios: Path = Path("scenarios")


@dataclass(frozen=True)
class Shown:
    """An answer, and of what it is one.

    Attributes
    ----------
    revision : int
        Number of the plan in its session.
    stage : int
        As of :class:`expatsim.page.answer.Answer`; 3 if there will be none.
    head, rest : str
        Parts of the page; empty if there is no answer.
    problem : str
        Why there is none.
    """

    revision: int
    stage: int
    head: str = ""
    rest: str = ""
    problem: str = ""


class Session:
    """A page: its plan, the plans before it and the newest answer.

    Parameters
    ----------
    name : str
        Its name in the address.
    settings : Settings
        With which it begins.
    worker : Worker
        Does its simulations.
    """

    def __init__(self, name: str, settings: Settings, worker: Worker) -> None:
        self.name = name
        self.settings = settings
        self.language = Language(settings.lang)
        self.plan = Plan.start(settings.city, settings.draws)
        self.revision = 0
        self.shown = Shown(0, 0)
        self.progress = (0, 1)
        self.reports: dict[int, Path] = {}
        self.seen = time.monotonic()
        self._dropped = False
        self._before: list[Plan] = []
        self._gesture: object = None
        self._worker = worker

    @property
    def can_undo(self) -> bool:
        """Whether there is a plan before this one."""
        return bool(self._before)

    def move(self, move: Mapping[str, Any]) -> None:
        """Make a move; moves of one gesture, such as a slider that is drawn, are undone together.

        Parameters
        ----------
        move : mapping
            See :func:`expatsim.page.plan.moved`; ``undo`` and ``reset`` are moves as well, and
            ``gesture`` numbers gestures.

        Raises
        ------
        InputError
            If it cannot be made.
        """
        kind, gesture = move.get("move"), move.get("gesture")
        if kind == "undo":
            if self._before:
                self.plan = self._before.pop()
            self._gesture = None
        elif kind == "reset":
            self._keep(Plan.start(self.settings.city, self.settings.draws), None)
        else:
            self._keep(moved(self.plan, move), gesture)
        self.ask()

    def load(self, data: bytes) -> None:
        """Take over the plan of a scenario file.

        Parameters
        ----------
        data : bytes
            Content of the file.

        Raises
        ------
        InputError
            If it has a problem, or the page cannot show it.
        """
        document = read_given(data, self.settings.scenarios)
        self._keep(Plan.of({**document, "draws": self.settings.draws}), None)
        self.ask()

    def copy_to(self, other: Session) -> None:
        """Give another session this one's plan, what can be undone, and its reports.

        Parameters
        ----------
        other : Session
            A new one; from then on neither moves the other.
        """
        other.plan, other.reports = self.plan, dict(self.reports)
        other._before = list(self._before)

    def _keep(self, plan: Plan, gesture: object) -> None:
        if gesture is None or gesture != self._gesture:
            self._before = [*self._before, self.plan][-MOST_UNDONE:]
        self._gesture, self.plan = gesture, plan

    def ask(self) -> None:
        """Have the plan simulated; what was being simulated before is dropped."""
        self.revision += 1
        self._simulate()

    def look(self) -> None:
        """Note that the page is open, and go on with what was dropped while nobody looked."""
        self.seen = time.monotonic()
        if self._dropped:
            self._simulate()

    def _simulate(self) -> None:
        self._dropped = False
        self.progress = (0, 1)
        self.seen = time.monotonic()
        revision, plan, language = self.revision, self.plan, self.language

        def go_on(done: int = 0, of: int = 1) -> None:
            if self.revision != revision or self._worker.closed:
                raise Superseded
            if time.monotonic() > self.seen + CLOSED_AFTER:
                self._dropped = True
                raise Superseded
            self.progress = (done, of)

        def job(simulator: Simulator) -> None:
            try:
                go_on()
                for result in simulator.answers(plan, go_on):
                    found = answer(result, self.settings.draws, language)
                    go_on(*self.progress)
                    self.shown = Shown(revision, *found)
                    if found.stage == 1:
                        time.sleep(PAINTING)
            except InputError as error:
                self.shown = Shown(revision, 3, problem="\n".join(error.problems))
            except Superseded:
                raise
            except Exception:
                if self._worker.closed:  # no thread may be started any more
                    return
                traceback.print_exc(file=sys.stderr)
                text = N_("This plan could not be simulated; the terminal says why.")
                self.shown = Shown(revision, 3, problem=language.say(text))

        self._worker.ask(self.name, job)

    def said(self, error: InputError) -> str:
        """Return an error as the page says it: in its language, where it is one of the page's.

        Parameters
        ----------
        error : InputError
            The error.
        """
        if isinstance(error, MoveError):
            return error.said(self.language)
        return "\n".join(error.problems)

    def save(self) -> Future[int]:
        """Have the plan written as a report, with both files; return its future number."""
        plan, language = self.plan, self.language

        def write(simulator: Simulator) -> int:
            *_, result = simulator.answers(plan)
            number = self._free_number()
            folder = self.settings.out / str(number)
            files = [str(folder / f"{name}.yaml") for name in (BASELINE, PLAN)]
            command = shlex.join(["expatsim", "report", *files, "--lang", language.code])
            with claim(folder / "report.html") as work:
                for name, text in plan.texts.items():
                    (work / f"{name}.yaml").write_text(text, encoding="utf-8")
                page = result.report(language.code, command=command)
                (work / "report.html").write_text(page, encoding="utf-8")
                work.publish(["baseline.yaml", "plan.yaml", "report.html"], lambda _: False)
            self.reports[number] = folder / "report.html"
            return number

        return self._worker.errand(write)

    def _free_number(self) -> int:
        """The first number of which there is no folder."""
        with writing(self.settings.out):  # a name that is too long, a folder that is closed
            for number in range(1, MOST_REPORTS + 1):
                if not (self.settings.out / str(number)).exists():
                    return number
        raise InputError(f"{self.settings.out}: holds {MOST_REPORTS} reports; move some away")


class Sessions:
    """The pages that are open; the one that was used longest ago goes when there are too many.

    Parameters
    ----------
    settings : Settings
        With which each begins.
    worker : Worker
        Does all simulations.
    """

    def __init__(self, settings: Settings, worker: Worker) -> None:
        self.settings = settings
        self._worker = worker
        self._open: OrderedDict[str, Session] = OrderedDict()

    def new(self, like: Session | None = None, lang: str = "") -> Session:
        """Return a new session, which is being simulated.

        Parameters
        ----------
        like : Session, optional
            One whose plan it takes over; by default it begins anew.
        lang : {"", "en", "nl"}
            Its language; by default that with which pages begin.
        """
        session = Session(secrets.token_urlsafe(9), self.settings, self._worker)
        if lang:
            session.language = Language(lang)
        if like is not None:
            like.copy_to(session)
        self._open[session.name] = session
        while len(self._open) > MOST_SESSIONS:
            self._open.popitem(last=False)[1].revision = -1
        session.ask()
        return session

    def get(self, name: str) -> Session | None:
        """Return a session by its name, if it is open.

        Parameters
        ----------
        name : str
            Its name in the address.
        """
        session = self._open.get(name)
        if session is not None:
            self._open.move_to_end(name)
        return session
