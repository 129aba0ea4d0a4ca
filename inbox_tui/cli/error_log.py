"""The log: where an error was raised, without any data that the program was working on."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from inbox_tui import __version__
from inbox_tui.cli.failure import Failure
from inbox_tui.locale import _, system_words
from inbox_tui.paths import Paths
from inbox_tui.private_files import open_private, private_folder


def unexpected_failure(error: Exception, command: str | None, *, debug: bool) -> Failure:
    """Return the Failure for an unexpected error; with `debug`, log the error first."""
    what = _("stopped by an internal error ({name})").format(name=type(error).__name__)
    path = Paths.default().log
    if not debug:
        name = f" {command}" if command else ""
        return Failure(
            _("{what}; run 'inbox-tui --debug{name}' to log where it was raised in {path}.").format(
                what=what, name=name, path=path
            )
        )
    try:
        log(error, command)
    except OSError as refused:
        trouble = f"{refused.filename}: {system_words(refused)}"
        return Failure(
            _("{what}, and the log can't be written: {trouble}.").format(what=what, trouble=trouble)
        )
    return Failure(
        _("{what}; the log says where it was raised: {path}.").format(what=what, path=path)
    )


def log(error: BaseException, command: str | None) -> None:
    """Add to the log where an error was raised.

    Only types of errors and places in the code are written: the messages of errors and the values
    of variables may hold a password or the text of a message. Raises OSError.
    """
    path = Paths.default().log
    private_folder(path.parent)
    head = (
        f"{datetime.now().astimezone().isoformat(timespec='seconds')} inbox-tui {__version__}"
        f" {command or ''} (Python {platform.python_version()}, {platform.system()})"
    )
    with open_private(path, "append") as file:
        file.write("\n".join([head, *_places(error), "", ""]).encode("utf-8", "backslashreplace"))


def _places(error: BaseException) -> Iterator[str]:
    """Yield the log's lines for an error and the errors that led to it, the first one first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    for one in reversed(chain):
        for frame in traceback.extract_tb(one.__traceback__):
            yield f"  {Path(frame.filename)}:{frame.lineno} in {frame.name}"
        yield f"  {type(one).__module__}.{type(one).__qualname__}"
        if isinstance(one, BaseExceptionGroup):
            for inner in one.exceptions:
                yield from _places(inner)
