"""Everything that can go wrong with a request, as one tree under `SmscError`.

* SmscError
  * ServiceError: ParameterError, SignInRefused (ApiKeyRefused), AddressBlocked, TooManyRequests,
    UnknownServiceError
  * ConnectionFailed: NotReached, TlsFailed, AnswerTimedOut, ConnectionLost
  * BadAnswer: HttpStatus, Redirected, NotAnAnswer, AnswerTooLarge
  * ClientFault
"""

# ruff: noqa: N818 - the names say what happened

from __future__ import annotations

from inbox_tui.locale import _, filled, mark

_LONGEST_QUOTE = 200
"""How many characters of the service's own description `str()` quotes."""

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
"""Plain words for codes of OpenSSL (X509_V_ERR_*), macOS (errSec*) and Windows (CERT_E_*).

The system checks certificates; only OpenSSL has a code for every fault.
"""


def certificate_fault(error: Exception) -> str:
    """Return what is wrong with a certificate, in plain words that `locale._` translates."""
    code = getattr(error, "verify_code", 0)
    return _CERTIFICATE_FAULTS.get(code, mark("its certificate could not be verified"))


class SmscError(Exception):
    """The request did not bring messages; `str()` is one plain sentence for the status bar."""

    sentence = ""
    """What it says where it is given no sentence of its own."""
    delivered: bool = True
    """False only where the request certainly never left this machine."""
    finished: bool = True
    """True where the server is certainly no longer at work on the request."""

    def __init__(self, sentence: str = "", **facts: object) -> None:
        self.message = filled(sentence or self.sentence, **facts)
        """The sentence, to be said by `locale._` in any language."""
        super().__init__(self.message)

    def __str__(self) -> str:
        return _(self.message)


class ServiceError(SmscError):
    """The service answered with one of its errors (api.md, Failure).

    `str()` quotes the beginning of what the service wrote: whoever draws it makes it safe.
    """

    def __init__(self, code: int, description: str = "") -> None:
        self.code = code
        self.description = description
        """What the service wrote, raw and whole."""
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
    """Error 2, where an API key was sent (api.md, Also known)."""

    sentence = mark("the API key was refused")


class AddressBlocked(ServiceError):
    """Error 4: this address is temporarily blocked (api.md, Failure)."""

    sentence = mark("the service has blocked this address for a while")


class TooManyRequests(ServiceError):
    """Error 9: over the limit of identical or simultaneous requests (api.md, Failure)."""

    sentence = mark("the service counted too many requests")


class UnknownServiceError(ServiceError):
    """An error with a number that api.md does not list."""

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
    """Return the error that stands for `code` (api.md, Failure), not raised."""
    return _BY_CODE.get(code, UnknownServiceError)(code, description)


class ConnectionFailed(SmscError):
    """No answer came, by a fault of the network or of the other side."""


class NotReached(ConnectionFailed):
    """No connection was made: no such name, refused, no way there, or not in time."""

    sentence = mark("the server could not be reached in time")
    delivered = False


class TlsFailed(ConnectionFailed):
    """The server could not prove who it is, or does not speak TLS; nothing was sent to it."""

    delivered = False


class AnswerTimedOut(ConnectionFailed):
    """The request may have arrived, and its answer did not come in time, in seconds."""

    finished = False

    def __init__(self, seconds: float) -> None:
        super().__init__(mark("no answer within {seconds} s"), seconds=f"{seconds:g}")


class ConnectionLost(ConnectionFailed):
    """The connection broke after it was made.

    `finished` is True where the other side ended it, and False where it died under us (the
    network went away) and the server may not know.
    """

    sentence = mark("the connection was cut off")

    def __init__(self, *, finished: bool = True) -> None:
        super().__init__()
        self.finished = finished


class BadAnswer(SmscError):
    """Something came that is neither messages nor an error of the service."""


class HttpStatus(BadAnswer):
    """The server answered with HTTP status 400 or above, and no error of the service."""

    def __init__(self, status: int) -> None:
        super().__init__(mark("the server answered with HTTP status {status}"), status=status)


class Redirected(BadAnswer):
    """The server pointed elsewhere, where the request is not sent.

    Told is no more of the place than its host; that is the server's own text and may be empty.
    """

    def __init__(self, location_host: str = "") -> None:
        super().__init__(
            mark("the server points to {place}, and nothing is sent there"),
            place=location_host or mark("another place"),
        )


class NotAnAnswer(BadAnswer):
    """A web page, an empty body or junk came in place of an answer."""

    sentence = mark("an answer came that could not be read")


class AnswerTooLarge(BadAnswer):
    """The answer is larger than any answer of the service can be; reading was broken off."""

    sentence = mark("the answer is too large to be one of the service's")


class ClientFault(SmscError):
    """A bug on our side, told by the type of what was raised so that no secret is with it."""

    finished = False

    def __init__(self, raised: BaseException) -> None:
        super().__init__(
            mark("the client failed in an unexpected way ({name})"), name=type(raised).__name__
        )
