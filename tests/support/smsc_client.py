"""Helpers for tests of the client, and checks that its errors don't contain the password."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest
from support import answers
from support.loopback import Server

from inbox_tui.smsc.client import InboxClient
from inbox_tui.smsc.limit import Limit

TESTS = Path(__file__).parents[1]
PASSWORD = "s3cr3t&Пароль=ö"
MESSAGE = answers.MESSAGE._replace(message="Ваш код 481516")
ENTRY = answers.fields(MESSAGE)
GOOD = json.dumps([ENTRY], ensure_ascii=False).encode()


class Hidden:
    """A password or API key; see `inbox_tui.smsc.client.Password`."""

    kind = "password"

    def __init__(self, text: str = PASSWORD) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text


def held(value: object, depth: int = 6, seen: set[int] | None = None) -> Iterator[str]:
    """Yield every text that is reachable from a value, except through a `Hidden` object."""
    seen = set() if seen is None else seen
    if depth == 0 or id(value) in seen or isinstance(value, Hidden | type | types.ModuleType):
        return
    seen.add(id(value))
    yield repr(value)
    if isinstance(value, bytes | bytearray):
        yield value.decode("utf-8", "replace")
    inner = list(getattr(value, "__dict__", {}).values())
    if isinstance(value, dict):
        inner += [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner += value
    for one in inner:
        yield from held(one, depth - 1, seen)


def assert_holds_no_password(error: BaseException) -> None:
    """Check that nothing reachable from an exception, its traceback included, has the password."""
    assert error.__cause__ is None
    assert error.__context__ is None
    texts = [str(error), repr(error), *held(error.args), *held(vars(error))]
    trace, frames = error.__traceback__, 0
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(str(TESTS)):
            frames += 1
            for value in trace.tb_frame.f_locals.values():
                texts += held(value)
        trace = trace.tb_next
    assert frames == 1, "only the frame of fetch() is to be seen"
    for written in (PASSWORD, quote_plus(PASSWORD)):
        assert not any(written in text for text in texts)


async def failure_of(client: InboxClient) -> BaseException:
    """Send a request that must fail; return its exception, checked not to hold the password."""
    try:
        await client.fetch(cnt=10, hour=24)
    except BaseException as error:
        assert_holds_no_password(error)
        return error
    finally:
        await client.aclose()
    pytest.fail("the request went well")


def at(server: Server, request_timeout: float = 5.0) -> InboxClient:
    return InboxClient(server.url, "alex", Hidden(), limit=Limit(request_timeout=request_timeout))


def refusing(error: BaseException) -> httpx.MockTransport:
    """Return a transport that raises `error`."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)
