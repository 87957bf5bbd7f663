"""Only this machine, only this page, only small requests; and headers on every answer."""

from __future__ import annotations

import pytest

from expatsim.page.guard import HEADERS, MOST_BYTES
from live_page import HOST, ORIGIN, TOKEN


def refused(client, status, method="GET", where=f"/{TOKEN}/", **options) -> None:
    reply = client.request(method, where, follow_redirects=False, **options)
    assert reply.status_code == status, reply.text
    assert reply.text.strip() == str(status)
    for name, value in HEADERS.items():
        assert reply.headers[name] == value


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost.evil:8765", "", HOST + "."]
)
def test_another_host_is_refused(client, host) -> None:
    """As where another name was pointed at this machine (DNS rebinding)."""
    refused(client, 421, headers={"Host": host})


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "file://"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(client, page, method, origin) -> None:
    before = page.get("plan.yaml").text
    refused(
        client, 403, method, page.home + "move", headers={"Origin": origin}, json={"move": "reset"}
    )
    assert page.get("plan.yaml").text == before


def test_a_post_says_where_it_is_from(client, page) -> None:
    refused(client, 403, "POST", page.home + "move", json={"move": "reset"})
    cross = {**ORIGIN, "Sec-Fetch-Site": "cross-site"}
    refused(client, 403, "POST", page.home + "move", json={"move": "reset"}, headers=cross)


@pytest.mark.parametrize(
    "where",
    ["/", "//", "/x/", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/", "/%00/", f"/./{TOKEN[:5]}/", "/é/"],
)
def test_without_the_token_there_is_nothing(client, where) -> None:
    refused(client, 404, where=where)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(client, method) -> None:
    refused(client, 405, method)


def test_large_bodies_are_refused(client, page) -> None:
    large = b"x" * (MOST_BYTES + 1)
    refused(client, 413, "POST", page.home + "load", content=large, headers=ORIGIN)
    parts = (large[:50_000] for _ in range(100))  # its size is not said
    refused(client, 413, "POST", page.home + "load", content=parts, headers=ORIGIN)
    broken = {**ORIGIN, "Content-Length": "-5"}
    refused(client, 400, "POST", page.home + "load", content=b"x", headers=broken)
    assert page.get().status_code == 200


def test_there_are_no_web_sockets(client) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"/{TOKEN}/"):
        pass


def test_every_answer_has_the_headers(client, page) -> None:
    for where in ("", "plan.yaml", "answer?revision=0&after=0", "lost", "report/1"):
        reply = page.get(where)
        for name, value in HEADERS.items():
            assert reply.headers[name] == value, where
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
