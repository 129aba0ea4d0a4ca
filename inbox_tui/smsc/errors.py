"""Everything that can go wrong with a request, as one tree under `SmscError`.

* SmscError
  * ServiceError: ParameterError, SignInRefused (ApiKeyRefused), AddressBlocked, TooManyRequests,
    UnknownServiceError
  * ConnectionFailed: NotReached, NotSent, TlsFailed, AnswerTimedOut, ConnectionLost
  * BadAnswer: HttpStatus, Redirected, NotAnAnswer, AnswerTooLarge
  * ClientFault
"""

# ruff: noqa: N818 - the names say what happened

from __future__ import annotations

from inbox_tui.locale import _, filled, mark

_LONGEST_QUOTE = 200
"""The largest number of characters of the service's description that `str()` quotes."""

_CERTIFICATE_FAULTS = {
    code: fault
    for fault, codes in {
        mark("its certificate is not valid yet (is the clock right?)"): (9, -67819),
        mark("its certificate has expired (is the clock right?)"): (10, -67818, 0x800B0101),
        mark("its certificate is self-signed"): (18,),
        mark("its certificate is signed by an authority that this machine does not trust"): (
            *(19, 20, 21),
            *(-67843, -25318),
            *(0x800B0109, 0x800B010A),
        ),
        mark("its certificate is for another name"): (62, -67602, 0x800B010F),
        mark("its certificate is for another address"): (64,),
        mark("its certificate has been revoked"): (23, -67820, 0x800B010C),
    }.items()
    for code in codes
}
"""Sentences by error code: OpenSSL (X509_V_ERR_*), macOS (errSec*) and Windows (CERT_E_*).

The operating system verifies certificates; only OpenSSL has a code for each of these faults.
"""


def certificate_fault(error: Exception) -> str:
    """Return what is wrong with a certificate, as a sentence that `locale._` translates."""
    code = getattr(error, "verify_code", 0)
    return _CERTIFICATE_FAULTS.get(code, mark("its certificate could not be verified"))


class SmscError(Exception):
    """Base class: a request brought no messages. `str()` is one sentence for the status bar."""

    sentence = ""
    """The default sentence of the class."""
    delivered: bool = True
    """Whether the server may have received the request; False only if it certainly did not."""
    finished: bool = True
    """Whether the server has certainly finished with the request."""

    def __init__(self, sentence: str = "", **facts: object) -> None:
        self.message = filled(sentence or self.sentence, **facts)
        """The untranslated sentence, which `str()` passes to `locale._`."""
        super().__init__(self.message)

    def __str__(self) -> str:
        return _(self.message)


class ServiceError(SmscError):
    """The service answered with one of its errors (api.md, Failure).

    `str()` quotes the beginning of the service's description, which is untrusted text: sanitize it
    before drawing.
    """

    def __init__(self, code: int, description: str = "") -> None:
        self.code = code
        self.description = description
        """The service's description, raw and complete."""
        quoted = " ".join(description[:_LONGEST_QUOTE].split())
        if quoted:
            super().__init__("{said} {quoted}", said=self.sentence, quoted=f"({quoted})")
        else:
            super().__init__()


class ParameterError(ServiceError):
    """Error 1: the service found an error in the parameters (api.md, Failure)."""

    sentence = mark("the service found an error in the request")


class SignInRefused(ServiceError):
    """Error 2: wrong login or password, or an address not allowed (api.md, Failure)."""

    sentence = mark("the login or password was refused")


class ApiKeyRefused(SignInRefused):
    """Error 2 in answer to a request with an API key (api.md, Also known)."""

    sentence = mark("the API key was refused")


class AddressBlocked(ServiceError):
    """Error 4: this machine's address is temporarily blocked (api.md, Failure)."""

    sentence = mark("the service has blocked this address for a while")


class TooManyRequests(ServiceError):
    """Error 9: over the limit of identical or simultaneous requests (api.md, Failure)."""

    sentence = mark("the service received too many requests")


class UnknownServiceError(ServiceError):
    """An error whose number api.md does not list."""

    def __init__(self, code: int, description: str = "") -> None:
        self.sentence = filled(mark("the service answered with error {code}"), code=code)
        super().__init__(code, description)


_BY_CODE: dict[int, type[ServiceError]] = {
    1: ParameterError,
    2: SignInRefused,
    4: AddressBlocked,
    9: TooManyRequests,
}


def service_error(code: int, description: str = "") -> ServiceError:
    """Return an exception for an error number of the service (api.md, Failure)."""
    return _BY_CODE.get(code, UnknownServiceError)(code, description)


class ConnectionFailed(SmscError):
    """The network or the server failed, and no answer came."""


class NotReached(ConnectionFailed):
    """No connection was made: unknown host name, refused, no route, or a timeout."""

    delivered = False


class NotSent(ConnectionFailed):
    """Too much time passed before the request was sent, as when the machine slept meanwhile."""

    sentence = mark("the request could not be sent in time")
    delivered = False


class TlsFailed(ConnectionFailed):
    """The server's certificate was not trusted, or TLS failed; the request was not sent."""

    delivered = False


class AnswerTimedOut(ConnectionFailed):
    """No answer came within `seconds`; the request may have arrived."""

    finished = False

    def __init__(self, seconds: float) -> None:
        super().__init__(mark("no answer within {seconds} s"), seconds=f"{seconds:g}")


class ConnectionLost(ConnectionFailed):
    """The connection broke after it was made.

    `finished` is True if the server or a proxy closed it, and False if the network failed and the
    server may not know.
    """

    sentence = mark("the connection was cut off")

    def __init__(self, *, finished: bool = True) -> None:
        super().__init__()
        self.finished = finished


class BadAnswer(SmscError):
    """The response holds neither messages nor an error of the service."""


class HttpStatus(BadAnswer):
    """The HTTP status is 400 or above, and the body holds no error of the service."""

    def __init__(self, status: int) -> None:
        super().__init__(mark("the server answered with HTTP status {status}"), status=status)


class Redirected(BadAnswer):
    """The server sent a redirect, which is not followed.

    The sentence names the target's host only. The host is the server's text and may be empty.
    """

    def __init__(self, location_host: str = "") -> None:
        super().__init__(
            mark("the server redirects to {place}; redirects are not followed"),
            place=location_host or mark("another address"),
        )


class NotAnAnswer(BadAnswer):
    """The body is a web page, empty, or otherwise not an answer of the service."""

    sentence = mark("the answer could not be read")


class AnswerTooLarge(BadAnswer):
    """The body is larger than any answer of the service can be; the rest was not read."""

    sentence = mark("the answer is too large to be one of the service's")


class ClientFault(SmscError):
    """A bug in the client; the sentence names the exception's type only, to leak no secret."""

    finished = False

    def __init__(self, raised: BaseException) -> None:
        super().__init__(
            mark("unexpected error in the client ({name})"), name=type(raised).__name__
        )
