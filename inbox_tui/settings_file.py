"""Changes to the settings file: one setting at a time, all else as it stands."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inbox_tui.config import MOST_BYTES, SettingsError, load_settings
from inbox_tui.locale import _, system_words
from inbox_tui.private_files import PathRefused, open_private, private_folder, read_trusted
from inbox_tui.text.phones import NotAPhoneNumber, format_phone, parse_sender, phone_key

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_BYTE_ORDER_MARK = "\ufeff"


def write_theme(path: Path, theme: str) -> None:
    """Write the theme into a settings file, which is made where there is none.

    Comments and order stay. Raises SettingsError, the file untouched, where it is damaged or can't
    be written.
    """

    def change(document: TOMLDocument) -> None:
        document["theme"] = theme

    _change(path, change, lambda: load_settings(path)._replace(theme=theme))


def write_team(path: Path, url: str) -> None:
    """Write a team's hub into a settings file; an empty one takes it away. See `write_theme`."""

    def change(document: TOMLDocument) -> None:
        if url:
            document["team"] = url
        else:
            document.remove("team")

    _change(path, change, lambda: load_settings(path)._replace(team=url))


def write_name(path: Path, phone: str, name: str) -> None:
    """Write the name of a number or sender; an empty one takes it away. See `write_theme`.

    Args:
        path: The settings file.
        phone: The number or sender as the service writes it.
        name: Its name.

    Raises:
        NotAPhoneNumber: `[names]` can't have what the service wrote.
        SettingsError: The file is damaged, or can't be written.

    """
    key = name_key(phone)

    def change(document: TOMLDocument) -> None:
        import tomlkit

        if "names" not in document:
            if name:
                document["names"] = tomlkit.table()
            else:
                return
        names: Any = document["names"]
        same = [
            written for written in names if phone_key(parse_sender(written)) == phone_key(phone)
        ]
        if name:
            names[same[0] if same else key] = name
        elif same:
            del names[same[0]]

    def expected() -> Any:
        settings = load_settings(path)
        names = {
            known: given
            for known, given in settings.names.items()
            if phone_key(known) != phone_key(phone)
        }
        return settings._replace(names=names | ({parse_sender(key): name} if name else {}))

    _change(path, change, expected)


def name_key(phone: str) -> str:
    """Return how `[names]` writes a number or sender; raises NotAPhoneNumber where it can't."""
    for written in (format_phone(phone), phone):
        with suppress(NotAPhoneNumber):
            if phone_key(parse_sender(written)) == phone_key(phone):
                return written
    parse_sender(phone)  # which says why, as a rule
    raise NotAPhoneNumber(_("it is not what a person can write"))


def _change(
    path: Path, change: Callable[[TOMLDocument], None], expected: Callable[[], Any]
) -> None:
    """Write a changed settings file in the place of the old one, once it says what is expected."""
    path = path.resolve()
    wanted = expected()  # raises for what is damaged
    fresh = path.with_name(f"{path.name}.new")
    try:
        source = read_trusted(path, MOST_BYTES).decode() if path.exists() else ""
        content = source.removeprefix(_BYTE_ORDER_MARK)
        mark = source[: len(source) - len(content)]
        changed = mark + _changed(path, content, change)
        if not path.parent.exists():
            private_folder(path.parent)
        try:
            with open_private(fresh, "replace") as file:
                file.write(changed.encode())
                file.flush()
                os.fsync(file.fileno())
            if load_settings(fresh) != wanted:
                raise _unchangeable(path)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except PathRefused as refused:
        problem = f"{refused.reason}; {refused.remedy}"
        raise SettingsError(refused.path, None, None, problem) from None
    except OSError as error:
        problem = _("can't be written: {strerror}").format(strerror=system_words(error))
        raise SettingsError(path, None, None, problem) from None


def _changed(path: Path, content: str, change: Callable[[TOMLDocument], None]) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(content)
        change(document)
        return tomlkit.dumps(document)
    except TOMLKitError:
        raise _unchangeable(path) from None


def _unchangeable(path: Path) -> SettingsError:
    return SettingsError(path, None, None, _("is written in a way that only you can change"))
