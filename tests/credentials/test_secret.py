"""A password is never shown by code that prints, copies or stores the object that holds it."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import pprint
import traceback

import msgspec
import pytest
import rich
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from inbox_tui.credentials import Secret

TEXT = "hunter2-пароль"


@dataclasses.dataclass
class Account:
    """An object that holds a password."""

    login: str
    password: Secret


def printed(what: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(st.text(alphabet=st.characters(codec=None)))
def test_a_password_is_revealed_exactly(text: str) -> None:
    assert Secret(text).reveal() == text


def test_a_password_does_not_appear_in_printed_or_formatted_text() -> None:
    secret = Secret(TEXT)
    account = Account("alex", secret)
    for shown in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>40}",
        "%s %r" % (secret, secret),  # noqa: UP031
        pretty_repr(secret),
        pretty_repr({"a": [secret]}, expand_all=True),
        pprint.pformat([secret]),
        printed(secret),
        repr(account),
        pretty_repr(account),
        printed(account),
        str(dataclasses.asdict(account)),
        str(vars(account)),
    ):
        assert "Secret(…)" in shown
        assert "hunter" not in shown


def test_a_password_cannot_be_found_by_inspecting_the_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = Secret(TEXT)
    rich.inspect(secret, all=True)
    shown = capsys.readouterr().out + str(dir(secret))
    shown += str([getattr(secret, name, None) for name in (*dir(secret), *Secret.__slots__)])
    assert "hunter" not in shown
    with pytest.raises(TypeError):
        vars(secret)


def test_a_password_does_not_appear_in_tracebacks_with_variables() -> None:
    account = Account("alex", Secret(TEXT))
    secret = account.password
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        report = printed(Traceback.from_exception(type(error), error, None, show_locals=True))
        report += printed(
            Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True)
        )
        report += "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "Secret(…)" in report
    assert "hunter" not in report.replace('TEXT = "hunter2-пароль"', "")


def test_a_password_cannot_be_pickled_or_encoded() -> None:
    secret = Secret(TEXT)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
            pickle.dumps(secret, protocol)
        assert "hunter" not in repr(caught.value)
    for encode in (json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError):
            encode(secret)


def test_a_password_cannot_be_iterated_measured_or_hashed() -> None:
    for use in (iter, len, hash, list):
        with pytest.raises(TypeError):
            use(Secret(TEXT))  # type: ignore[call-overload, arg-type]


@given(st.text(alphabet=st.characters(codec=None)), st.text())
def test_passwords_are_equal_only_if_their_texts_are(one: str, other: str) -> None:
    assert Secret(one) == Secret(one)
    assert (Secret(one) == Secret(other)) == (one == other)
    assert Secret(one) != one
