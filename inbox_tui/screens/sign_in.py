"""The sign-in screen: server, login and password or API key, checked with one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Final, NamedTuple

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Checkbox, Input, Label, Static

from inbox_tui.credentials import Kind, Secret
from inbox_tui.locale import _, mark
from inbox_tui.session import SignInResult
from inbox_tui.sync import State
from inbox_tui.text import sanitize
from inbox_tui.widgets.presentation import capital
from inbox_tui.widgets.symbols import PLAIN, symbols

SHORT = 30
"""In a terminal of fewer lines, the empty lines between the fields are left out."""
API_KEY_ADVICE = mark(
    "A key can be revoked separately on the service's site, where you can also set a "
    "password for the API alone."
)
LABELS: Final[dict[Kind, tuple[str, str]]] = {
    "password": (mark("Login"), mark("Password")),
    "API key": (mark("Name for the account"), mark("API key")),
}
"""The labels of the two fields."""


class Credentials(NamedTuple):
    """What was filled in."""

    server: str
    login: str
    password: Secret
    remember: bool
    insist: bool
    """Whether to send a password even though it was refused before."""


class PasswordInput(Input):
    """An input for a password or an API key, from which nothing can be copied."""

    def __init__(self) -> None:
        super().__init__(password=True, id="password")

    def action_copy(self) -> None:
        """Leave the clipboard as it is."""

    def action_cut(self) -> None:
        """Delete what is selected, without copying it."""
        self.delete_selection()


class TickBox(Checkbox):
    """A checkbox without a tick while it is off: Textual only changes the tick's colour."""

    def __init__(self, label: str, *, value: bool, id: str) -> None:  # noqa: A002 - as Textual has it
        if symbols() is PLAIN:
            self.BUTTON_LEFT, self.BUTTON_RIGHT = "[", "]"
        self.BUTTON_INNER = "X" if value else " "
        super().__init__(label, value=value, id=id)

    def key_space(self, event: events.Key) -> None:
        """Toggle the box at once: a binding would be looked up wherever the focus is by then."""
        event.stop()
        self.toggle()

    def watch_value(self) -> None:
        """Show or hide the tick."""
        self.BUTTON_INNER = "X" if self.value else " "
        super().watch_value()


class SignInScreen(Screen[bool]):
    """Asks for an account until the service accepts it.

    `attempt` checks the account with one request. `keyring_note` returns what is wrong with the
    keyring, or an empty string. The screen is dismissed with True after signing in, and with False
    when the user goes back to the inbox; `can_leave` says whether there is one.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "sign_in.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back to the inbox"),
        Binding("ctrl+q", "app.quit", "Quit"),
        # With priority: otherwise a password typed ahead would land, readable, in another field.
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("enter", "next_field", show=False, priority=True),
    ]

    def __init__(
        self,
        *,
        server: str,
        login: str,
        attempt: Callable[[Credentials], Awaitable[SignInResult]],
        keyring_note: Callable[[], Awaitable[str]],
        kind: Kind = "password",
        reason: str = "",
        can_leave: bool = False,
    ) -> None:
        super().__init__()
        self._server = server
        self._login = login
        self._attempt = attempt
        self._keyring_note = keyring_note
        self._kind: Kind = kind
        self._reason = reason
        self._can_leave = can_leave
        self.checking = False
        """Whether an attempt is under way."""
        self._withheld: Secret | None = None
        self._empty = ""

    def compose(self) -> ComposeResult:
        """Yield three inputs, two checkboxes, and a line for what went wrong."""
        with VerticalScroll(classes="dialog"):
            yield Static(Content("inbox-tui"), classes="dialog-title")
            yield Static(
                Content(_("Sign in to SMS Centre. One request checks the account.")),
                id="sign-in-words",
            )
            yield Label(_("Server"), classes="field")
            yield Input(self._server, id="server", placeholder="smscentre.com")
            yield TickBox(_("Use an API key"), value=self._kind == "API key", id="api-key")
            yield Static(Content(_(API_KEY_ADVICE)), id="api-key-advice")
            yield Label(id="login-label", classes="field")
            yield Input(self._login, id="login")
            yield Label(id="password-label", classes="field")
            yield PasswordInput()
            yield TickBox(_("Remember in the OS keyring"), value=True, id="remember")
            yield Static(id="keyring-note")
            yield Static(id="sign-in-reason")
            with Horizontal(id="sign-in-buttons"):
                yield Button(capital(_("sign in")), variant="primary", id="submit")
                yield Static(
                    Content(
                        _("Enter signs in · Esc back to the inbox")
                        if self._can_leave
                        else _("Enter signs in · Ctrl+Q quits")
                    ),
                    id="sign-in-hint",
                )

    def on_mount(self) -> None:
        """Focus the first empty field, or else the password."""
        self.on_resize()
        self._name_fields()
        self.show_reason(self._reason)
        empty = next((field for field in self.query(Input) if not field.value), None)
        (empty or self.query_one("#password", Input)).focus()
        self.run_worker(self._look_at_keyring())

    def on_resize(self) -> None:
        """Leave out empty lines in a short terminal, and keep the focused field in sight."""
        self.set_class(self.app.size.height < SHORT, "-short")
        if self.focused is not None:
            self.call_after_refresh(self.scroll_to_center, self.focused, animate=False)

    @on(Checkbox.Changed, "#api-key")
    def _choose_kind(self, event: Checkbox.Changed) -> None:
        """Switch between password and API key; neither is ever sent as the other."""
        kind: Kind = "API key" if event.value else "password"
        if kind != self._kind:
            self._kind = kind
            self.query_one(PasswordInput).value = ""
            self.show_reason("")
            self._name_fields()

    def _name_fields(self) -> None:
        for field, label in zip(("login", "password"), LABELS[self._kind], strict=True):
            self.query_one(f"#{field}-label", Label).update(Content(capital(_(label))))

    async def _look_at_keyring(self) -> None:
        note = await self._keyring_note()
        line = self.query_one("#keyring-note", Static)
        line.update(Content(sanitize(note)))
        line.display = bool(note)
        if note:
            remember = self.query_one("#remember", Checkbox)
            remember.value = False
            remember.disabled = True

    def show_reason(self, reason: str) -> None:
        """Show why signing in fails or waits; the words may come from the server."""
        self._empty = ""
        line = self.query_one("#sign-in-reason", Static)
        line.update(Content(sanitize(_sentence(reason))))
        line.display = bool(reason)
        if reason:
            self.call_after_refresh(line.scroll_visible, animate=False)

    def show_signed_in(self) -> None:
        """Say that a keyring that was slow to answer has signed the account in.

        The form stays open: whoever is typing into it would otherwise type into the inbox.
        """
        if self._reason and not self.checking:
            self._reason = ""
            self.show_reason(_("Signed in from the keyring. Esc goes back to the inbox."))

    def _show_empty(self, field: Input) -> None:
        """Focus a field that must be filled in, and say so until something is typed."""
        self.set_focus(field)
        names = dict(zip(("login", "password"), LABELS[self._kind], strict=True))
        name = _(names.get(field.id or "", "Server"))
        name = name if name.startswith("API") else name[:1].lower() + name[1:]
        self.show_reason(_("The {field} is empty.").format(field=name))
        self._empty = field.id or ""

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input.id == self._empty:
            self.show_reason("")

    def action_next_field(self) -> None:
        """Go to the next field from one above the password, while the password is empty."""
        password = self.query_one(PasswordInput)
        if not isinstance(self.focused, Input) or self.focused is password or password.value:
            raise SkipAction
        self.focus_next(Input)

    @on(Input.Submitted)
    @on(Button.Pressed, "#submit")
    def _submit(self) -> None:
        for name in ("server", "login", "password"):
            field = self.query_one(f"#{name}", Input)
            if not field.value.strip():
                self._show_empty(field)
                return
        self.run_worker(self._check(), exclusive=True, group="sign-in")

    async def _check(self) -> None:
        fields = {field.id: field for field in self.query(Input)}
        password = Secret(fields["password"].value, self._kind)
        button = self.query_one("#submit", Button)
        button.disabled = self.checking = True
        button.label = _("Checking")
        self.show_reason("")
        try:
            result = await self._attempt(
                Credentials(
                    server=fields["server"].value.strip(),
                    login=fields["login"].value.strip(),
                    password=password,
                    remember=self.query_one("#remember", Checkbox).value,
                    insist=password == self._withheld,
                )
            )
        finally:
            button.disabled = self.checking = False
            button.label = capital(_("sign in"))
        status, refused = result.status, result.status.state is State.SIGN_IN
        if refused or status.state is State.LIVE:
            fields["password"].value = ""
        if status.state is State.LIVE:
            self.dismiss(True)
            return
        self._withheld = password if result.withheld else None
        reason = _(status.reason) + "." * refused
        if result.withheld:
            reason += _(" It was not sent again: enter it once more to send it anyway.")
        self.show_reason(reason)
        fields["password"].focus()

    def action_leave(self) -> None:
        """Go back to the inbox, if there is one."""
        if self._can_leave:
            self.dismiss(False)


def _sentence(reason: str) -> str:
    """Return a reason with a capital letter, unless it begins with a host name."""
    first = reason.partition(" ")[0]
    return reason if "." in first else capital(reason)
