from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_tui.smsc import errors
from inbox_tui.smsc.errors import SmscError, service_error


def tree(kind: type[SmscError] = SmscError) -> Iterator[type[SmscError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (1, errors.ParameterError, "the service found an error in the request"),
        (2, errors.SignInRefused, "the login or password was refused"),
        (4, errors.AddressBlocked, "the service has blocked this address for a while"),
        (9, errors.TooManyRequests, "the service received too many requests"),
        (17, errors.UnknownServiceError, "the service answered with error 17"),
    ],
)
def test_a_service_error_is_a_sentence_with_the_services_description(
    code: int, kind: type[SmscError], sentence: str
) -> None:
    error = service_error(code, "authorise error")
    assert type(error) is kind
    assert isinstance(error, errors.ServiceError)
    assert (error.code, error.description) == (code, "authorise error")
    assert str(error) == f"{sentence} (authorise error)"
    assert str(service_error(code)) == str(service_error(code, " \n")) == sentence


@given(st.integers(0, 999_999_999), st.text() | st.text("a \n\r\u2028", min_size=300))
def test_the_services_description_stays_on_one_short_line(code: int, description: str) -> None:
    error = service_error(code, description)
    assert error.description == description
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 300


def test_the_module_docstring_lists_every_error() -> None:
    told = inspect.getdoc(errors) or ""
    assert set(re.findall(r"\b[A-Z]\w+[a-z]\b", told)) - {"Everything"} == {
        kind.__name__ for kind in tree()
    }


def test_only_requests_that_were_certainly_not_sent_count_as_undelivered() -> None:
    assert {kind for kind in tree() if not kind.delivered} == {
        errors.NotReached,
        errors.NotSent,
        errors.TlsFailed,
    }


def test_a_request_the_server_may_still_be_working_on_is_not_finished() -> None:
    assert {kind for kind in tree() if not kind.finished} == {
        errors.AnswerTimedOut,
        errors.ClientFault,
    }
    assert not errors.ConnectionLost(finished=False).finished
