"""What can go wrong with a reply, as values for `DemoService.fault`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inbox_tui.demo.service import Fault, Reply, Request


def status(number: int, body: bytes = b"") -> Fault:
    """An HTTP status in place of the answer."""
    return lambda request, reply: replace(reply, status=number, body=body)


def redirect(location: str, number: int = 302) -> Fault:
    """A pointer to another place."""
    return lambda request, reply: replace(
        reply, status=number, body=b"", headers={"Location": location}
    )


def body(content: bytes, kind: str = "text/html") -> Fault:
    """These bytes in place of the answer, as if all were well."""
    return lambda request, reply: replace(reply, body=content, headers={"Content-Type": kind})


def web_page(request: Request, reply: Reply) -> Reply:
    """The page of a network that wants a sign-in first."""
    page = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hotel</body></html>"
    return replace(reply, body=page, headers={"Content-Type": "text/html"})


def empty(request: Request, reply: Reply) -> Reply:
    """An answer of no bytes."""
    return replace(reply, body=b"")


def shortened(request: Request, reply: Reply) -> Reply:
    """The first half of an answer, as if it were the whole."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def truncated(request: Request, reply: Reply) -> Reply:
    """The connection ends halfway through the answer."""
    return replace(reply, end="cut")


def closed(request: Request, reply: Reply) -> Reply:
    """The connection ends without an answer."""
    return replace(reply, end="closed")


def reset(request: Request, reply: Reply) -> Reply:
    """The connection breaks without an answer."""
    return replace(reply, end="reset")


def windows_1251(request: Request, reply: Reply) -> Reply:
    """A utf-8 answer sent as windows-1251, with question marks for what that lacks."""
    text = reply.body.decode("utf-8")
    return replace(reply, body=text.encode("windows-1251", "replace"))


def delay(seconds: float) -> Fault:
    """The answer takes so long."""
    return lambda request, reply: replace(reply, delay=seconds)


def trickle(pause: float) -> Fault:
    """The answer comes byte by byte, with a pause of so many seconds after each."""
    return lambda request, reply: replace(reply, pause=pause)


def in_turn(*faults: Fault | None) -> Fault:
    """One fault a request, None for none; after the last of them all is well."""
    left = iter(faults)

    def fault(request: Request, reply: Reply) -> Reply | None:
        chosen = next(left, None)
        return None if chosen is None else chosen(request, reply)

    return fault
