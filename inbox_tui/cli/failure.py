"""How a command ends: exit statuses, and one or two lines on standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

from inbox_tui.locale import _, system_words

DONE, FAILED, USAGE, SIGN_IN_REFUSED, LIMITED, NO_CONNECTION = range(6)
"""Exit statuses."""


class Failure(Exception):  # noqa: N818
    """Ends the program with one or two lines on standard error and an exit status."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


def fail(message: str, status: int = FAILED) -> NoReturn:
    """End the program with a message and an exit status."""
    raise Failure(message, status)


def print_message(message: str) -> None:
    """Print a message on standard error, made safe for a terminal.

    The program goes on if standard error can't be written to.
    """
    from inbox_tui.text import sanitize

    try:
        print(sanitize(message, lines=True), file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        discard_the_rest(sys.stderr)


def output(text: str) -> None:
    """Print a line on standard output, with its colours only if that is a terminal."""
    import click

    with writing():
        click.echo(text)


@contextmanager
def writing() -> Iterator[None]:
    """Run a block that writes to standard output; end the program if it can't be written to."""
    require_output()
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        fail_to_write(error)


def require_output() -> None:
    """End the program if its standard output is closed."""
    if sys.stdout is None:
        fail(_("standard output is closed."))


def fail_to_write(error: OSError) -> NoReturn:
    """End the program because standard output can't be written to."""
    if sys.platform == "win32" and error.errno == errno.EINVAL:  # a pipe whose reader is gone
        raise BrokenPipeError from None
    discard_the_rest(sys.stdout)
    fail(_("standard output can't be written to: {strerror}.").format(strerror=system_words(error)))


def at_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; None stands for a closed stream."""
    if stream is None or not stream.isatty():
        return False
    if sys.platform == "win32":  # isatty() is also true for the null device there
        from inbox_tui.windows import is_console

        return is_console(stream.fileno())
    return True


def exit_after(run: Callable[[], object]) -> NoReturn:
    """Run the program, report the error that ended it, if any, and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
            if sys.platform == "win32":  # files and pipes would get a legacy code page there
                stream.reconfigure(encoding="utf-8", newline="\n")
    status: object = FAILED
    try:
        status = run()
    except Failure as failure:
        status = failure.status
        print_message(f"inbox-tui: {failure.message}")
    except KeyboardInterrupt:
        print_message(_("inbox-tui: interrupted."))
    except BrokenPipeError:
        discard_the_rest(sys.stdout)
    except Exception as error:
        from inbox_tui.cli.error_log import unexpected_failure

        print_message(f"inbox-tui: {unexpected_failure(error, None, debug=False).message}")
    sys.exit(status if isinstance(status, int) else DONE)


def discard_the_rest(stream: TextIO) -> None:
    """Redirect a stream to the null device, so that its buffer is not written again at exit."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
