"""A server for one reader on this machine, and the browser that shows its page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import webbrowser
from collections.abc import Callable

from expatsim.errors import InputError
from expatsim.page.plan import Plan
from expatsim.page.server import application
from expatsim.page.session import Settings
from expatsim.page.worker import Worker

LOOPBACK = "127.0.0.1"
MOST_AT_ONCE = 100  # requests


def serve(settings: Settings, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page until the process is stopped.

    Parameters
    ----------
    settings : Settings
        What the page is started with.
    port : int
        Port; 0 for any that is free.
    ready : callable
        Called with the page's address as soon as it is answered.

    Raises
    ------
    InputError
        If the port is taken.
    """
    import uvicorn

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with contextlib.closing(listening):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
        except OSError as error:
            raise InputError(f"--port: {port} cannot be used: {error.strerror}") from error
        listening.listen()  # a browser that is quick waits until it is served
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        worker = Worker()
        worker.start()
        # compiled while the browser loads the page
        first = Plan.start(settings.city, settings.draws)
        worker.errand(lambda simulator: simulator.warm_up(first))
        hosts = frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost"))
        config = uvicorn.Config(
            application(settings, token, hosts, worker),
            log_level="critical",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        ready(f"http://{LOOPBACK}:{port}/{token}/")
        asyncio.run(server.serve(sockets=[listening]))


def show(address: str) -> None:
    """Open an address in a browser, if there is one.

    Parameters
    ----------
    address : str
        The page's address.
    """
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)
