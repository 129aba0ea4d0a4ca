"""What can go wrong with a reply, as values for `DemoService.fault`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inbox_tui.demo.service import Fault, Reply, Request


def status(number: int, body: bytes = b"") -> Fault:
    """An HTTP status in place of the answer."""
    return lambda request, reply: replace(reply, status=number, body=body)


def redirect(location: str) -> Fault:
    """A pointer to another place."""
    return lambda request, reply: replace(
        reply, status=302, body=b"", headers={"Location": location}
    )


def body(content: bytes, kind: str = "text/html") -> Fault:
    """These bytes in place of the answer, as if all were well."""
    return lambda request, reply: replace(reply, body=content, headers={"Content-Type": kind})


web_page = body(b"<!DOCTYPE html><html><title>Sign in</title><body>Hotel</body></html>")
"""The page of a network that wants a sign-in first."""
empty = body(b"")
"""An answer of no bytes."""


def shortened(request: Request, reply: Reply) -> Reply:
    """The first half of an answer, as if it were the whole."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def truncated(request: Request, reply: Reply) -> Reply:
    """The connection ends halfway through the answer."""
    whole = {"Content-Length": str(len(reply.body))}
    return replace(shortened(request, reply), headers=whole)


def windows_1251(request: Request, reply: Reply) -> Reply:
    """A utf-8 answer sent as windows-1251, with question marks for what that lacks."""
    text = reply.body.decode("utf-8")
    return replace(reply, body=text.encode("windows-1251", "replace"))


def delay(seconds: float) -> Fault:
    """The answer takes so long."""

    def wait(request: Request, reply: Reply) -> Reply:
        time.sleep(seconds)
        return reply

    return wait
