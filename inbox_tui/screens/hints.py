"""The keys that the status bar names where the user is."""

from __future__ import annotations

from inbox_tui.commands import CommandKeys
from inbox_tui.locale import _
from inbox_tui.screens.filters import Filters
from inbox_tui.widgets.message_view import MessageView


def searching_hints(keys: CommandKeys, *, signed_out: bool) -> str:
    """Return the keys while a search is typed."""
    enter = _("Enter keeps")
    if signed_out:
        enter = _("Enter, then {keys}").format(keys=keys.hints(["sign_in"]))
    return enter + "  " + _("Esc clears")


def usual_hints(keys: CommandKeys, *, signed_out: bool, away: bool) -> str:
    """Return the keys that are always of use; `away`: from the list, with a way back."""
    names = ["sign_in"] * signed_out + ["back"] * away + ["help", "search", "refresh"]
    return keys.hints(names)


def message_hints(
    keys: CommandKeys, view: MessageView, chosen: Filters, *, unread: bool, aside: bool
) -> str:
    """Return the keys for the message and the list that are shown, the most useful first.

    `unread`: whether anything is. `aside`: whether this is a conversation.
    """
    there_is_one = view.row is not None
    here = {
        "copy_code": view.has_code,
        "open_link": view.has_link,
        "clear_filters": bool(chosen.to_phone or chosen.search or chosen.state),
        "next_unread": unread,
        "conversation": there_is_one and not aside,
        "toggle_read": there_is_one,
        "copy_message": there_is_one,
        "export": there_is_one,
        "star": there_is_one,
        "done": there_is_one,
        "toggle_unread": chosen.state != "unread",
        "pick_number": True,
        "pick_window": True,
    }
    return keys.hints(name for name, matters in here.items() if matters)
