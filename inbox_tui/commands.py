"""One table of all commands, with their names, keys and descriptions.

Bindings, help, palette, the status bar's hints and the README's table of keys come from it. To add
a command, add a row here and a handler to `InboxScreen.handlers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from inbox_tui.locale import _, mark

if TYPE_CHECKING:
    from textual.binding import Binding

Group = Literal["Move", "Find", "Do", "Program"]
GROUPS: Final[tuple[Group, ...]] = ("Move", "Find", "Do", "Program")
"""The headings of the help screen, in order."""


class Command(NamedTuple):
    """A command of the inbox."""

    name: str
    """Its name in settings and code."""
    keys: tuple[str, ...]
    """Its keys, each as one character or by Textual's name for it (`up`, `ctrl+z`)."""
    description: str
    """What it does, in lower case, for help, palette and README."""
    group: Group
    hint: str = ""
    """A word or two for the status bar; empty if it is never shown there."""
    action: str = ""
    """A Textual action, in which `{key}` is replaced by the key; empty for a command with a
    handler in `InboxScreen.handlers`."""
    place: Literal["screen", "widgets", "textual"] = "screen"
    """Where its keys are bound: on the inbox screen, on each widget that it moves in, or by
    Textual itself."""
    in_palette: bool = True
    """Whether the palette offers it."""
    also: str = ""
    """Other words by which the palette finds it, separated by commas."""

    @property
    def textual_action(self) -> str:
        """The Textual action that its keys and the palette run."""
        return self.action or f"command('{self.name}')"


class Hint(NamedTuple):
    """A key and what it does, for the status bar."""

    text: str
    """The label of the key, a space, and a word or two."""
    key: str
    """The key, as written in the table."""


def after_search(keys: str, *, searching: bool = True) -> str:
    """Return a hint that Enter must come first, as keys are text while a search is typed."""
    return _("Enter, then {keys}").format(keys=keys) if searching else keys


def _move(name: str, keys: tuple[str, ...], description: str) -> Command:
    return Command(name, keys, description, "Move", place="widgets", in_palette=False)


def _by_textual(
    name: str, keys: tuple[str, ...], description: str, group: Group, action: str = ""
) -> Command:
    return Command(name, keys, description, group, action=action, place="textual", in_palette=False)


COMMANDS: Final = (
    _move("up", ("up", "k"), "one message up"),
    _move("down", ("down", "j"), "one message down"),
    _move("page_up", ("pageup",), "one page up"),
    _move("page_down", ("pagedown",), "one page down"),
    _move("first", ("home", "g"), "to the newest message"),
    _move("last", ("end", "G"), "to the oldest message"),
    Command("next_unread", ("n",), "go to the next unread", "Move", "next unread"),
    Command("previous_unread", ("N",), "go to the previous unread", "Move"),
    Command("jump", ("J",), "jump to a date", "Move", "date", also="day, time"),
    _move("open", ("enter",), "open the message"),
    Command("follow", ("F",), "follow the newest, or stay on the message", "Move"),
    Command("back", ("escape",), "back, clear the search", "Move", "back", in_palette=False),
    _by_textual("next_side", ("tab",), "from the list to the message, and back", "Move"),
    Command("search", ("/",), "search text, sender and code as you type", "Find", "search"),
    Command("pick_number", ("p",), "choose the receiving number", "Find", "number"),
    Command("pick_window", ("w",), "choose the hour window", "Find", "window"),
    Command("pick_state", ("f",), "choose the state: unread, starred, done", "Find", "state"),
    Command("toggle_unread", ("u",), "show unread only, or all", "Find", "unread only"),
    Command(
        "view",
        tuple("123456789"),
        "one of your views, from [views]",
        "Find",
        action="view({key})",
        in_palette=False,
    ),
    Command("clear_filters", ("x",), "clear all filters", "Find", "clear", also="reset, filter"),
    Command("toggle_read", ("m",), "mark read or unread", "Do", "mark"),
    Command("mark_all_read", ("M",), "mark all listed messages read", "Do"),
    Command("star", ("s",), "star, or remove the star", "Do", "star", also="favourite"),
    Command("done", ("d",), "mark done, or to do", "Do", "done"),
    Command("mute", ("z",), "mute or unmute this sender", "Do"),
    Command("take", ("T",), "take the message, or give it back (team)", "Do"),
    Command("undo", ("ctrl+z",), "undo the last change", "Do", also="revert"),
    Command("copy_code", ("c",), "copy the code", "Do", "code"),
    Command("copy_newest_code", ("C",), "copy the newest code", "Do"),
    Command("copy_message", ("y",), "copy the text", "Do", "text"),
    _by_textual("copy_selection", ("ctrl+c",), "copy what is selected with the mouse", "Do"),
    Command("open_link", ("o",), "open the link", "Do", "link"),
    Command(
        "conversation",
        ("t",),
        "the conversation with this sender",
        "Do",
        "conversation",
        also="chat",
    ),
    Command("export", ("e",), "export what is shown", "Do", "export", also="save, file"),
    Command(
        "refresh", ("r",), "refresh, as the server's limit allows", "Do", "refresh", also="update"
    ),
    Command("pick_account", ("a",), "choose the account, or all in one list", "Do", "account"),
    Command("sign_in", ("S",), "sign in to this account or another", "Do", "sign in", also="login"),
    Command("smaller_list", ("<",), "make the list smaller", "Program"),
    Command("larger_list", (">",), "make the list larger", "Program"),
    Command("help", ("?",), "help: all keys", "Program", "help", also="keys"),
    _by_textual("palette", ("ctrl+p",), "find a command by name", "Program", "app.command_palette"),
    Command("name_sender", (), "name the sender of this message", "Do", also="rename"),
    Command("name_receiver", (), "name the receiving number of this message", "Do", also="rename"),
    Command(
        "theme",
        (),
        "choose the theme",
        "Program",
        action="app.change_theme",
        also="colours, dark, light",
    ),
    Command("quit", ("q", "ctrl+q"), "quit", "Program", action="app.quit", also="exit, close"),
)
"""All commands, in the order of help, palette and README."""

_BY_NAME: Final = {command.name: command for command in COMMANDS}

_KEY_LABELS: Final = {
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "space": "Space",
}


def key_label(key: str) -> str:
    """Return the label of a key: `Ctrl+Z`, `PgUp`, `/`."""
    modifiers, plus, last = key.rpartition("+")
    if plus and modifiers:
        return f"{modifiers.title()}+{last.upper()}"
    return _KEY_LABELS.get(key, key)


def bindings(actions: Mapping[str, str], *, priority: bool = True) -> list[Binding]:
    """Return bindings for commands, from a mapping of their names to Textual actions.

    With priority, a key is handled completely, and what it opened has the focus, before the next
    key is looked at. Over a slow connection several keys arrive at once, and each must reach the
    right place. A command without keys is bound to its name, which is not a key, so that
    `CommandKeys` can map a key from the settings to it.
    """
    from textual.binding import Binding

    return [
        Binding(
            key,
            action.replace("{key}", key),
            _BY_NAME[name].description,
            show=False,
            priority=priority,
        )
        for name, action in actions.items()
        for key in _BY_NAME[name].keys or (name,)
    ]


def screen_bindings() -> list[Binding]:
    """Return the bindings of all commands that are bound on the inbox screen."""
    return bindings(
        {command.name: command.textual_action for command in COMMANDS if command.place == "screen"}
    )


_RUSSIAN: Final = "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,№"
_LATIN: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?#"
SAME_PLACE: Final = dict(zip(_RUSSIAN, _LATIN, strict=True))
"""The Latin character at the place of each character of the Russian layout.

Other characters that the two layouts have at different places are left out. No command can have a
character of the Russian layout as its key: a full stop, for example, may come from its own key or,
on the Russian layout, from that of the slash.
"""


def latin_key(key: str) -> str:
    """Return the key of the Latin layout at the same place: `j` for `о`, `ctrl+p` for `ctrl+з`."""
    modifiers, plus, last = key.rpartition("+")
    return modifiers + plus + SAME_PLACE.get(last, last)


def textual_key(key: str) -> str:
    """Return Textual's name for a key: `slash` for `/`."""
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key


_FIXED_KEYS: Final = {
    *("up", "down", "pageup", "pagedown", "home", "end", "enter", "escape", "tab"),
    *("ctrl+c", "ctrl+q"),
}
"""Keys that settings can't take away, so that the inbox can always be used and quit."""
_NO_KEY: Final = "no_command"
_MOST_LABELS: Final = 4
"""If a command has more keys than this, only the first and the last are shown."""
# Ctrl with h, i, j or m is the same as another key to terminals; ctrl+c and ctrl+q are fixed.
_SENDABLE: Final = re.compile(r"ctrl\+[abd-gk-lnopr-z]|f[1-9]|f1[0-2]")
_ALLOWED_KEYS: Final = mark(
    'single characters except ".", "," and the space, "ctrl+" and a letter except c, h, i, '
    'j, m and q, and "f1" to "f12", alone or in a list'
)


class KeyRefused(ValueError):  # noqa: N818
    """The settings give the command `name` a key that it can't have, or there is no such command.

    `str()` says what is wrong and what is allowed.
    """

    def __init__(self, name: str, problem: str, allowed: str) -> None:
        super().__init__(problem + _(": allowed values: {allowed}").format(allowed=allowed))
        self.name = name


class CommandKeys:
    """The keys in force: the table's defaults, overridden by the settings."""

    def __init__(self, chosen: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        """Override the default keys with those chosen, by the names of their commands.

        Fixed keys such as the arrows are kept; an empty list leaves a command only those. Raises
        KeyRefused for an unknown command, for a key that a terminal can't send or that is
        ambiguous between the two layouts, and for a key that two commands would share.
        """
        self._keys = {command.name: command.keys for command in COMMANDS}
        for name, keys in chosen.items():
            if name not in _BY_NAME:
                from difflib import get_close_matches

                near = get_close_matches(name, _BY_NAME, n=1)
                meant = _(" (did you mean {near}?)").format(near=near[0]) if near else ""
                problem = _("there is no command {name}").format(name=_shown(name)) + meant
                raise KeyRefused(name, problem, ", ".join(_BY_NAME))
            fixed = (key for key in _BY_NAME[name].keys if key in _FIXED_KEYS)
            chosen_keys = (_parse_key(name, written) for written in keys)
            self._keys[name] = tuple(dict.fromkeys((*fixed, *chosen_keys)))
        self._usual: dict[str, str] = {}
        self._refuse_shared(chosen)
        for name in chosen:
            self._usual |= dict.fromkeys(_BY_NAME[name].keys, _NO_KEY)
        for name in chosen:
            usual = _BY_NAME[name].keys or (name,)
            for place, key in enumerate(self._keys[name]):
                self._usual[key] = usual[min(place, len(usual) - 1)]

    def _refuse_shared(self, chosen: Mapping[str, Sequence[str]]) -> None:
        owners: dict[str, str] = {}
        for name, keys in self._keys.items():
            for key in keys:
                other = owners.setdefault(key, name)
                if other != name:
                    name, other = (name, other) if name in chosen else (other, name)
                    problem = _('[keys] {name} = "{key}" is already a key of {other}').format(
                        name=name, key=key_label(key), other=other
                    )
                    raise KeyRefused(name, problem, _("keys that no other command has"))

    def of(self, name: str) -> tuple[str, ...]:
        """Return the keys of a command, as written in the table."""
        return self._keys[name]

    def label(self, name: str) -> str:
        """Return the label of a command's first key, or the command's name if it has no key."""
        return key_label((*self._keys[name], name)[0])

    def labels(self, name: str) -> str:
        """Return the labels of all keys of a command: `Home g`, `1–9`."""
        labels = [key_label(key) for key in self._keys[name]]
        return f"{labels[0]}–{labels[-1]}" if len(labels) > _MOST_LABELS else " ".join(labels)

    def hints(self, names: Iterable[str]) -> tuple[Hint, ...]:
        """Return hints with the first keys of these commands, without those that have no key."""
        return tuple(
            Hint(f"{key_label(keys[0])} {_(_BY_NAME[name].hint)}", keys[0])
            for name in names
            if (keys := self._keys[name])
        )

    def usual(self, key: str) -> str:
        """Return the default key of the command that `key` runs, as bindings are made for that.

        A key that its command has lost gives a name that is not bound; any other is unchanged.
        """
        return self._usual.get(key, key)


def _shown(written: str) -> str:
    """Return what the user wrote in a form fit for an error: short, without control characters."""
    return repr(written)[1:-1][:60]


def _parse_key(name: str, written: str) -> str:
    """Return a key from the settings in the form used by the table; raise KeyRefused."""
    key = written if len(written) == 1 else written.strip().lower()
    key = key if key in SAME_PLACE and not key.isalpha() else latin_key(key)
    single = len(key) == 1 and key.isprintable() and not key.isspace() and key not in SAME_PLACE
    if not single and not _SENDABLE.fullmatch(key):
        raise KeyRefused(name, f'[keys] {name} = "{_shown(written)}"', _(_ALLOWED_KEYS))
    return key
