"""The keys that the status bar shows, depending on what the user is doing."""

from __future__ import annotations

from inbox_tui.commands import CommandKeys, Hint, after_search
from inbox_tui.locale import _
from inbox_tui.screens.filters import Filters
from inbox_tui.widgets.message_view import MessageView


def hints(
    keys: CommandKeys,
    view: MessageView,
    chosen: Filters,
    *,
    searching: bool,
    signed_out: bool,
    reading: bool,
    aside: bool,
    unread: bool,
) -> tuple[tuple[Hint, ...], tuple[Hint, ...]]:
    """Return hints that are always useful, and hints for what is shown, the most useful first.

    `searching`: a search is being typed. `reading`: the message is shown without the list.
    `aside`: a conversation is shown. `unread`: there are unread messages.
    """
    if searching:
        enter = _("Enter keeps")
        for hint in keys.hints(["sign_in"] * signed_out):
            enter = after_search(hint.text)
        return (Hint(enter, "enter"), Hint(_("Esc clears"), "escape")), ()
    away = aside or reading
    names = ["sign_in"] * signed_out + ["back"] * away + ["help", "search", "refresh"]
    there_is_one = view.row is not None
    here = {
        "copy_code": view.has_code,
        "open_link": view.has_link,
        "clear_filters": chosen._replace(phone=None).any,
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
    return keys.hints(names), keys.hints(name for name, matters in here.items() if matters)
