"""Faults in replies, for `DemoService.fault`."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inbox_tui.demo.service import Fault, Reply, Request


def status(number: int, body: bytes = b"") -> Fault:
    """Replace the answer with an HTTP status."""
    return lambda request, reply: replace(reply, status=number, body=body)


def redirect(location: str) -> Fault:
    """Replace the answer with a redirect."""
    return lambda request, reply: replace(
        reply, status=302, body=b"", headers={"Location": location}
    )


def body(content: bytes, kind: str = "text/html") -> Fault:
    """Replace the answer with these bytes, with HTTP status 200."""
    return lambda request, reply: replace(reply, body=content, headers={"Content-Type": kind})


web_page = body(b"<!DOCTYPE html><html><title>Sign in</title><body>Hotel</body></html>")
"""The sign-in page of a captive portal."""
empty = body(b"")
"""An empty body."""


def shortened(request: Request, reply: Reply) -> Reply:
    """Send the first half of the answer as if it were all of it."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def truncated(request: Request, reply: Reply) -> Reply:
    """End the connection halfway through the answer."""
    whole = {"Content-Length": str(len(reply.body))}
    return replace(shortened(request, reply), headers=whole)


def windows_1251(request: Request, reply: Reply) -> Reply:
    """Encode a utf-8 answer as windows-1251, with question marks for missing characters."""
    text = reply.body.decode("utf-8")
    return replace(reply, body=text.encode("windows-1251", "replace"))


def delay(seconds: float) -> Fault:
    """Delay the answer."""

    def wait(request: Request, reply: Reply) -> Reply:
        time.sleep(seconds)
        return reply

    return wait
