"""What shows messages: the list or, in its place, the conversation with one sender."""

from __future__ import annotations

from inbox_tui.archive import AnyAccount, Listing, Row
from inbox_tui.screens.listings import ArchivedMessages, Spot
from inbox_tui.widgets.conversation import Conversation
from inbox_tui.widgets.message_list import MessageList


class ShownMessages:
    """The list and the conversation, of which one is shown, with a selected message."""

    def __init__(
        self, account: AnyAccount, messages: MessageList, conversation: Conversation
    ) -> None:
        self._account = account
        self._messages = messages
        self._conversation = conversation
        self.in_conversation = False
        """Whether the conversation is shown."""

    @property
    def widget(self) -> MessageList | Conversation:
        """What is shown."""
        return self._conversation if self.in_conversation else self._messages

    @property
    def row(self) -> Row | None:
        """The selected message."""
        return self.widget.row

    @property
    def following(self) -> bool:
        """Whether the newest message is selected as it comes."""
        return self._messages.following

    @following.setter
    def following(self, following: bool) -> None:
        self._messages.following = self._conversation.following = following

    def show(self, listing: Listing, *, keep: bool, at: Spot | None = None) -> None:
        """Show a list, or a conversation that is one with anything in it.

        With `keep` the cursor stays on its message, or goes to `at`.
        """
        source = ArchivedMessages(self._account, listing)
        self._turn_to(in_conversation=listing.oldest_first and bool(len(listing)))
        if self.in_conversation:
            self._conversation.show(source, None if at is None else at.row)
            return
        messages = self._messages
        if at is None and keep and messages.row is not None and not messages.has_focus:
            at = Spot(messages.row.row)
        messages.show(source, keep=keep)
        if at is not None:
            messages.seen = at.seen or messages.seen
            messages.move_to(at.row, at.line)

    def leave_conversation(self) -> None:
        """Show the list again, as it was."""
        self._turn_to(in_conversation=False)
        self._conversation.clear()

    def _turn_to(self, *, in_conversation: bool) -> None:
        if in_conversation == self.in_conversation:
            return
        had_focus = self.widget.has_focus
        self.in_conversation = in_conversation
        screen = self._messages.screen
        screen.set_class(in_conversation, "-conversation")
        if had_focus:
            screen.set_focus(self.widget)

    def select_newest(self) -> None:
        """Select the newest message."""
        if self.in_conversation:
            self._conversation.action_last()
        else:
            self._messages.action_first()

    def rewrite(self) -> None:
        """Write everything anew: time has passed, or numbers are written in another way."""
        self._messages.notify_style_update()
        self._conversation.refresh()
