"""Changing single settings in the settings file, with everything else left unchanged."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from inbox_tui.config import Settings, SettingsError, parse_settings, path_error, read_source
from inbox_tui.locale import _, system_words
from inbox_tui.private_files import PathRefused, private_folder, write_file
from inbox_tui.text.phones import NotAPhoneNumber, format_phone, parse_sender, phone_key

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def write_theme(path: Path, theme: str) -> None:
    """Write the theme to a settings file, which is created if it is missing.

    Comments and the order of lines are kept. Raises SettingsError, and leaves the file untouched,
    if it is damaged or can't be written.
    """

    def change(document: TOMLDocument) -> None:
        document["theme"] = theme

    _change(path, change, lambda settings: settings._replace(theme=theme))


def write_team(path: Path, url: str) -> None:
    """Write the URL of a team's hub to a settings file, like `write_theme`; "" removes it."""

    def change(document: TOMLDocument) -> None:
        if url:
            document["team"] = url
        else:
            document.remove("team")

    _change(path, change, lambda settings: settings._replace(team=url))


def write_name(path: Path, phone: str, name: str) -> None:
    """Write the name of a number or sender to `[names]`, like `write_theme`.

    Args:
        path: The settings file.
        phone: The number or sender, as the service writes it.
        name: The name; "" removes it.

    Raises:
        NotAPhoneNumber: The number or sender can't be written in `[names]`.
        SettingsError: The file is damaged or can't be written.

    """
    key = name_key(phone)

    def is_same(written: str) -> bool:
        return phone_key(parse_sender(written)) == phone_key(phone)

    def change(document: TOMLDocument) -> None:
        import tomlkit

        if name and "names" not in document:
            document["names"] = tomlkit.table()
        names: Any = document.get("names", {})
        before = next(filter(is_same, names), None)
        if name:
            names[before or key] = name
        elif before is not None:
            del names[before]

    def changed(settings: Settings) -> Settings:
        names = {known: given for known, given in settings.names.items() if not is_same(known)}
        return settings._replace(names=names | ({parse_sender(key): name} if name else {}))

    _change(path, change, changed)


def name_key(phone: str) -> str:
    """Return a number or sender as written in `[names]`; raise NotAPhoneNumber if it can't be."""
    for written in (format_phone(phone), phone):
        with suppress(NotAPhoneNumber):
            if phone_key(parse_sender(written)) == phone_key(phone):
                return written
    parse_sender(phone)  # usually raises an error with the reason
    raise NotAPhoneNumber(_("it can't be written as a number or a name"))


def _change(
    path: Path,
    change: Callable[[TOMLDocument], None],
    changed: Callable[[Settings], Settings],
) -> None:
    """Change a settings file, unless the result would not be the intended settings.

    `change` edits the document; `changed` returns the settings that it must then contain.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = path.resolve()
    source = read_source(path)
    wanted = changed(parse_settings(path, source))
    problem = _("can only be changed by hand")
    unchangeable = SettingsError(path, None, None, problem)
    try:
        document = tomlkit.parse(source)
        change(document)
        content = tomlkit.dumps(document)
    except TOMLKitError:
        raise unchangeable from None
    if parse_settings(path, content) != wanted:
        raise unchangeable

    def write(file: BinaryIO) -> None:
        file.write(content.encode())
        file.flush()
        os.fsync(file.fileno())

    try:
        if not path.parent.exists():
            private_folder(path.parent)
        write_file(path, write, replace=True)
    except PathRefused as refused:
        raise path_error(refused) from None
    except OSError as error:
        problem = _("can't be written: {strerror}").format(strerror=system_words(error))
        raise SettingsError(path, None, None, problem) from None
