"""The page's addresses: what a browser asks, and what it gets."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from expatsim.errors import InputError
from expatsim.page.controls import controls, lever_control
from expatsim.page.documents import BASELINE, PLAN
from expatsim.page.guard import REPORT_POLICY, Guard
from expatsim.page.plan import MoveError
from expatsim.page.session import Session, Sessions, Settings, Shown
from expatsim.page.templates import rendered
from expatsim.page.worker import Worker
from expatsim.report.language import LANGUAGES, N_
from expatsim.report.template import style

MOST_OF_A_MOVE = 5_000  # bytes
LONGEST_WAIT = 1.0  # seconds until a page hears how far a simulation is
LOOKS = 0.01  # seconds between looks whether there is an answer
KINDS = {"live.js": "text/javascript", "live.css": "text/css", "page.css": "text/css"}
CLOSED = N_("This page was closed meanwhile. Open it again.")


def application(
    settings: Settings, token: str, hosts: frozenset[str], worker: Worker | None = None
) -> Guard:
    """Return the page as an ASGI application.

    Parameters
    ----------
    settings : Settings
        What the page is started with.
    token : str
        First part of every address; who does not know it gets nothing.
    hosts : frozenset of str
        Names under which it is reached, with the port.
    worker : Worker, optional
        A thread that is running; by default one is started.
    """
    if worker is None:
        worker = Worker()
        worker.start()
    pages = _Pages(Sessions(settings, worker), token)
    at = f"/{token}/{{session}}"
    routes = [
        Route(f"/{token}/", pages.open),
        Route(f"/{token}/static/{{name}}", pages.static),
        Route(f"{at}/", pages.of_session(pages.page)),
        Route(f"{at}/answer", pages.of_session(pages.answer)),
        Route(f"{at}/plan.yaml", pages.of_session(pages.plan)),
        Route(f"{at}/baseline.yaml", pages.of_session(pages.baseline)),
        Route(f"{at}/move", pages.of_session(pages.move), methods=["POST"]),
        Route(f"{at}/load", pages.of_session(pages.load), methods=["POST"]),
        Route(f"{at}/report", pages.of_session(pages.save), methods=["POST"]),
        Route(f"{at}/report/{{number:int}}", pages.of_session(pages.report)),
    ]
    return Guard(Starlette(routes=routes), token, hosts)


Handler = Callable[[Request, Session], Awaitable[Response]]


class _Pages:
    """Handlers of requests."""

    def __init__(self, sessions: Sessions, token: str) -> None:
        self._sessions = sessions
        self._home = f"/{token}/"

    async def open(self, request: Request) -> Response:
        """Begin a session, and go to its page."""
        return RedirectResponse(f"{self._home}{self._sessions.new().name}/", 303)

    async def static(self, request: Request) -> Response:
        """Return a style sheet or the script."""
        name = request.path_params["name"]
        if name not in KINDS:
            return PlainTextResponse("404\n", 404)
        if name == "page.css":
            return Response(style(), media_type=KINDS[name])
        text = resources.files("expatsim.page").joinpath(name).read_text("utf-8")
        return Response(text, media_type=KINDS[name])

    def of_session(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that is given the session of the address."""

        async def handle(request: Request) -> Response:
            session = self._sessions.get(request.path_params["session"])
            if session is not None:
                return await handler(request, session)
            if request.method == "GET" and request.url.path.endswith("/"):
                return RedirectResponse(self._home, 303)
            return JSONResponse({"problem": CLOSED}, 410)

        return handle

    async def page(self, request: Request, session: Session) -> Response:
        """Return the whole page; in another language it is a page of its own."""
        lang = request.query_params.get("lang", "")
        if lang in LANGUAGES and lang != session.language.code:
            # not the same one: a window that is open in the old language would then mix both
            return RedirectResponse(f"{self._home}{self._sessions.new(session, lang).name}/", 303)
        html = rendered(
            "live.html.j2",
            session.language,
            home=self._home,
            languages=list(LANGUAGES),
            revision=session.revision,
            controls=_controls(session),
            draws=session.settings.draws,
        )
        return HTMLResponse(html)

    async def answer(self, request: Request, session: Session) -> Response:
        """Return the newest answer as soon as it is newer than the one that the page has."""
        try:
            revision, after = (int(request.query_params[k]) for k in ("revision", "after"))
        except (KeyError, ValueError):
            return JSONResponse({"problem": "revision, after: whole numbers"}, 400)
        session.look()
        until = time.monotonic() + LONGEST_WAIT
        while True:
            shown = session.shown
            if session.revision != revision:
                # moved in another window: this one shows other controls than it is an answer to
                told = {"state": "superseded", "controls": _controls(session)}
                return JSONResponse({**told, "revision": session.revision})
            if shown.revision == revision and shown.stage > after:
                return JSONResponse(_told(shown))
            if time.monotonic() > until:
                done, of = session.progress
                return JSONResponse({"state": "working", "done": done, "of": of})
            await asyncio.sleep(LOOKS)

    async def move(self, request: Request, session: Session) -> Response:
        """Make a move."""
        data = await request.body()
        try:
            move = json.loads(data) if len(data) <= MOST_OF_A_MOVE else None
        except (ValueError, RecursionError):
            move = None
        if not isinstance(move, dict):
            text = N_("A move is a JSON object of at most %(most)s bytes.")
            return _refusal(session, MoveError(text, most=MOST_OF_A_MOVE))
        try:
            session.move(move)
        except InputError as error:
            # with the controls as they are: they may show what was refused
            told = {"problem": session.said(error), "controls": _controls(session)}
            return JSONResponse(told, 400)
        return JSONResponse(_changed(session, move))

    async def load(self, request: Request, session: Session) -> Response:
        """Take over a scenario file."""
        try:
            session.load(await request.body())
        except InputError as error:
            return _refusal(session, error)
        return JSONResponse(_changed(session, {}))

    async def plan(self, request: Request, session: Session) -> Response:
        """Return the plan as a scenario file."""
        return _file(session, PLAN)

    async def baseline(self, request: Request, session: Session) -> Response:
        """Return the baseline as a scenario file."""
        return _file(session, BASELINE)

    async def save(self, request: Request, session: Session) -> Response:
        """Write a report; return its address and where it is."""
        say = session.language.say
        try:
            number = await asyncio.wrap_future(session.save())
        except InputError as error:
            return _refusal(session, error)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            text = N_("This report could not be written; the terminal says why.")
            return JSONResponse({"problem": say(text)}, 500)
        text = say(N_("Saved: %(file)s"), file=session.reports[number])
        told = {"href": f"report/{number}", "text": text, "open": say(N_("Open it"))}
        return JSONResponse(told)

    async def report(self, request: Request, session: Session) -> Response:
        """Return a report that this session wrote."""
        file = session.reports.get(request.path_params["number"])
        if file is None:
            return PlainTextResponse("404\n", 404)
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError):  # moved, removed or changed since
            gone = N_("%(file)s: was moved, changed or removed meanwhile; save it again.")
            return PlainTextResponse(f"{session.language.say(gone, file=file)}\n", 404)
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return HTMLResponse(text, headers=headers)


def _file(session: Session, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return Response(session.plan.texts[name], media_type="application/yaml", headers=headers)


def _refusal(session: Session, error: InputError) -> Response:
    return JSONResponse({"problem": session.said(error)}, 400)


def _told(shown: Shown) -> dict[str, Any]:
    if shown.problem:
        return {"state": "problem", "problem": shown.problem, "stage": shown.stage}
    return {
        "state": "answer",
        "stage": shown.stage,
        "head": shown.head,
        "rest": shown.rest,
    }


def _controls(session: Session) -> str:
    return rendered(
        "controls.html.j2",
        session.language,
        can_undo=session.can_undo,
        **controls(session.plan, session.language),
    )


def _changed(session: Session, move: dict[str, Any]) -> dict[str, Any]:
    """What a page needs after a move: while a slider is drawn only its text, else all controls."""
    told: dict[str, Any] = {"revision": session.revision}
    if move.get("move") == "lever" and move.get("drawing"):
        return told | {
            "text": lever_control(session.plan, str(move["lever"]), session.language)["text"]
        }
    return told | {"controls": _controls(session)}
