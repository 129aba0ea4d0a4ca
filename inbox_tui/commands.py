"""One table of all commands: what they are called, their keys, and what is said of them.

Bindings, help, palette, the status bar's hints and the README's table of keys come from it. To add
a command, add a row, and what it does to `InboxScreen.handlers`.
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
"""The headings of the help, in their order."""


class Command(NamedTuple):
    """A command of the inbox."""

    name: str
    """What settings and code call it."""
    keys: tuple[str, ...]
    """Its keys: one character each, or Textual's name (`up`, `ctrl+z`)."""
    description: str
    """What it does, in lower case, as help, palette and README say it."""
    group: Group
    hint: str = ""
    """A word or two for the status bar; empty where it is never named there."""
    action: str = ""
    """Textual's action, `{key}` in it for the key; empty for a handler of the inbox screen."""
    place: Literal["screen", "widgets", "textual"] = "screen"
    """Where its keys are bound: on the inbox screen, on each widget that it moves in, or by
    Textual itself."""
    in_palette: bool = True
    """Whether the palette offers it."""
    also: str = ""
    """Other words that the palette finds it by, with commas between them."""

    @property
    def textual_action(self) -> str:
        """What its keys and the palette run, as Textual writes actions."""
        return self.action or f"command('{self.name}')"


class Hint(NamedTuple):
    """What a key does, as the status bar says it."""

    text: str
    """The key as it is written for people, a space, and a word or two."""
    key: str
    """The key, as the table writes it."""


def after_search(keys: str) -> str:
    """Return what keys do as it is said while a search is typed, which takes them for text."""
    return _("Enter, then {keys}").format(keys=keys)


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
        "a view of yours, from [views]",
        "Find",
        action="view({key})",
        in_palette=False,
    ),
    Command("clear_filters", ("x",), "clear all filters", "Find", "clear", also="reset, filter"),
    Command("toggle_read", ("m",), "mark read or unread", "Do", "mark"),
    Command("mark_all_read", ("M",), "mark all shown read", "Do"),
    Command("star", ("s",), "star, or take the star off", "Do", "star", also="favourite"),
    Command("done", ("d",), "mark done, or to do", "Do", "done"),
    Command("mute", ("z",), "mute this sender, or no longer", "Do"),
    Command("take", ("T",), "take it, or give it back (team)", "Do"),
    Command("undo", ("ctrl+z",), "undo the last change", "Do", also="revert"),
    Command("copy_code", ("c",), "copy the code", "Do", "code"),
    Command("copy_newest_code", ("C",), "copy the newest code there is", "Do"),
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
    Command(
        "sign_in", ("S",), "sign in, to this account or another", "Do", "sign in", also="login"
    ),
    Command("smaller_list", ("<",), "make the list smaller", "Program"),
    Command("larger_list", (">",), "make the list larger", "Program"),
    Command("help", ("?",), "help: all keys", "Program", "help", also="keys"),
    _by_textual(
        "palette", ("ctrl+p",), "all commands, to find by name", "Program", "app.command_palette"
    ),
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
"""Every command, in the order in which help, palette and README list them."""

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
    """Return a key as it is written for people: `Ctrl+Z`, `PgUp`, `/`."""
    modifiers, plus, last = key.rpartition("+")
    if plus and modifiers:
        return f"{modifiers.title()}+{last.upper()}"
    return _KEY_LABELS.get(key, key)


def bindings(actions: Mapping[str, str], *, priority: bool = True) -> list[Binding]:
    """Bind the keys of commands to Textual's actions, by name of the command.

    With priority a key has done all that it does, and what it opened has the focus, before the next
    one is looked at: over a slow connection several arrive at once, and none may go astray. A
    command without keys is bound to its name, which no key has, for `CommandKeys` to give it one.
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
    """Bind the keys of all commands that are bound on the inbox screen."""
    return bindings(
        {command.name: command.textual_action for command in COMMANDS if command.place == "screen"}
    )


_RUSSIAN: Final = "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,№"
_LATIN: Final = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?#"
SAME_PLACE: Final = dict(zip(_RUSSIAN, _LATIN, strict=True))
"""What the Latin layout gives at the place of each character of the Russian one, where no other
place of the Latin one gives it. No command has such a character for a key: a full stop is the key
of the slash on one of them, and one cannot know on which it was pressed."""


def latin_key(key: str) -> str:
    """Return the key of the Latin layout at the same place: `j` for `о`, `ctrl+p` for `ctrl+з`."""
    modifiers, plus, last = key.rpartition("+")
    return modifiers + plus + SAME_PLACE.get(last, last)


def textual_key(key: str) -> str:
    """Return Textual's name of a key: `slash` for `/`."""
    from textual.keys import _character_to_key

    return _character_to_key(key) if len(key) == 1 else key


_FIXED_KEYS: Final = {
    *("up", "down", "pageup", "pagedown", "home", "end", "enter", "escape", "tab"),
    *("ctrl+c", "ctrl+q"),
}
"""The keys that no setting takes away: whatever is set, the inbox can be worked and left."""
_NO_KEY: Final = "no_command"
_MOST_LABELS: Final = 4
"""Of more keys of one command the first and the last are named."""
# Terminals send the same for ctrl with c, h, i, j and m as for other keys; ctrl+q is fixed.
_SENDABLE: Final = re.compile(r"ctrl\+[abd-gk-lnopr-z]|f[1-9]|f1[0-2]")
_ALLOWED_KEYS: Final = mark(
    'single characters but ".", "," and the space, "ctrl+" and a letter but c, h, i, j, m and q, '
    'and "f1" to "f12", alone or in a list'
)


class KeyRefused(ValueError):  # noqa: N818
    """A key that the command `name` can't have."""

    def __init__(self, name: str, problem: str, allowed: str) -> None:
        super().__init__(problem + _(": allowed are {allowed}").format(allowed=allowed))
        self.name = name


class CommandKeys:
    """The keys in force: the table's defaults, overridden by the settings."""

    def __init__(self, chosen: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        """Take over the keys chosen, by the name of their command.

        They replace those of the table but the arrows and the like; no key leaves a command
        without. Raises KeyRefused for an unknown command, a key that a terminal can't send or that
        would not be known on both layouts, and one that two commands would have.
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
                    problem = _('[keys] {name} = "{key}", which is a key of {other}').format(
                        name=name, key=key_label(key), other=other
                    )
                    raise KeyRefused(name, problem, _("keys that no other command has"))

    def of(self, name: str) -> tuple[str, ...]:
        """Return the keys of a command, as the table writes them."""
        return self._keys[name]

    def label(self, name: str) -> str:
        """Return the first key of a command as it is written for people; its name without one."""
        return key_label((*self._keys[name], name)[0])

    def labels(self, name: str) -> str:
        """Return all keys of a command as they are written for people: `Home g`, `1–9`."""
        labels = [key_label(key) for key in self._keys[name]]
        return f"{labels[0]}–{labels[-1]}" if len(labels) > _MOST_LABELS else " ".join(labels)

    def hints(self, names: Iterable[str]) -> tuple[Hint, ...]:
        """Return the first keys of commands that have any, each with a word on it."""
        return tuple(
            Hint(f"{key_label(keys[0])} {_(_BY_NAME[name].hint)}", keys[0])
            for name in names
            if (keys := self._keys[name])
        )

    def usual(self, key: str) -> str:
        """Return the key that is bound to what this one is for now."""
        return self._usual.get(key, key)


def _shown(written: str) -> str:
    """Return what somebody wrote for an error: short, and without control characters."""
    return repr(written)[1:-1][:60]


def _parse_key(name: str, written: str) -> str:
    """Return a key as the table writes it, from how a person wrote it in the settings."""
    key = written if len(written) == 1 else written.strip().lower()
    key = key if key in SAME_PLACE and not key.isalpha() else latin_key(key)
    single = len(key) == 1 and key.isprintable() and not key.isspace() and key not in SAME_PLACE
    if not single and not _SENDABLE.fullmatch(key):
        raise KeyRefused(name, f'[keys] {name} = "{_shown(written)}"', _(_ALLOWED_KEYS))
    return key
