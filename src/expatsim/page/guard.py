"""What stands before the page: only this machine, only this page, only small requests."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 200_000  # of a body
SECONDS = 10  # for a body to arrive
METHODS = {"GET", "HEAD", "POST"}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# of a report that was saved: its style sheet is inside, and it has no script
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets a request through if it is from this page on this machine, and small.

    Parameters
    ----------
    app : ASGI application
        The page.
    token : str
        First part of every address.
    hosts : collection of str
        Values of ``Host`` that are answered, such as ``127.0.0.1:8765``. An address that another
        name was given for (DNS rebinding) has another one.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on with its whole body."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks over a web socket
            await send({"type": "websocket.close", "code": 1008})
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        status, body = self._refused(scope), b""
        if not status and scope["method"] == "POST":
            status, body = await _body(Headers(scope=scope), receive)
        if status:
            await PlainTextResponse(f"{status}\n", status)(scope, receive, with_headers)
            return
        sent = False

        async def whole() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, whole, with_headers)

    def _refused(self, scope: Scope) -> int:
        """Status of a refusal; zero if the request may pass."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421
        if scope["method"] not in METHODS:
            return 405
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return 403
        if scope["method"] == "POST" and not origins:  # browsers say where a request is from
            return 403
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return 403
        first = scope["path"].split("/")[1] if "/" in scope["path"] else ""
        if not secrets.compare_digest(first.encode(), self._token):
            return 404
        return 0


async def _body(headers: Headers, receive: Receive) -> tuple[int, bytes]:
    """Status of a refusal, or zero, and the body of a request."""
    size = headers.get("content-length", "0")
    if not size.isdecimal():
        return 400, b""
    if int(size) > MOST_BYTES:
        return 413, b""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return 400, b""
                parts.append(message.get("body", b""))
                if sum(map(len, parts)) > MOST_BYTES:
                    return 413, b""
                if not message.get("more_body"):
                    return 0, b"".join(parts)
    except TimeoutError:
        return 408, b""
