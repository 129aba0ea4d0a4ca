"""Signing in, with every kind of keyring and every answer of the service."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from support.app_harness import Opener, message, never, state_is, until
from support.inbox_screen import fill_in, in_words, signing_in
from support.keyrings import LockedBackend, MemoryBackend, SilentBackend, keyring
from support.sizes import at_every_size
from support.widgets import screen_text
from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input

from inbox_tui.archive import Archive
from inbox_tui.archive.records import ADDRESS
from inbox_tui.credentials import Keyring
from inbox_tui.locale import _
from inbox_tui.screens.inbox import InboxScreen
from inbox_tui.smsc.errors import (
    AddressBlocked,
    ApiKeyRefused,
    NotReached,
    ParameterError,
    SignInRefused,
    SmscError,
    TooManyRequests,
)
from inbox_tui.smsc.message import Answer
from inbox_tui.widgets.search_input import SearchInput
from inbox_tui.widgets.status_bar import StatusBar

PARAMETERS = ParameterError(1, "parameters error")
REFUSED = SignInRefused(2, "authorise error")
BLOCKED = AddressBlocked(4, "ip is blocked")
KEY_REFUSED = ApiKeyRefused(2, "authorise error")
GOOD = Answer([message(1, "Hello")], [])
USER = "alex@smscentre.com"
REASON = "#sign-in-reason"


def text_of(pilot: Pilot[None], selector: str) -> str:
    found = pilot.app.screen.query(selector)
    return str(found.first().render()) if found and found.first().display else ""


async def open_sign_in(pilot: Pilot[None]) -> None:
    """Open the sign-in screen with the key named in the status bar."""
    await state_is(pilot, "Sign in")
    assert "S " + _("sign in") in in_words(pilot.app.screen.query_one(StatusBar).hints)
    await pilot.press("S")
    await until(pilot, lambda: signing_in(pilot))


def reason(pilot: Pilot[None]) -> str:
    """Return the problem shown in the status bar."""
    return pilot.app.screen_stack[0].query_one(StatusBar).reason


async def inbox_shown(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, InboxScreen))
    await until(pilot, lambda: bool(pilot.app.screen.query(StatusBar)))


async def test_sign_in_is_the_first_screen_without_an_account(opened: Opener) -> None:
    kept = MemoryBackend()
    async with opened(GOOD, login=None, keyring=keyring(kept)) as pilot:
        await fill_in(pilot, login="alex", password="correct horse")
        await inbox_shown(pilot)
        bar = pilot.app.screen.query_one(StatusBar)
        await until(pilot, lambda: (bar.state, bar.next_in) == ("Live", 20))
        assert len(pilot.app.scripted.asked) == 1
        assert kept.kept == {("inbox-tui", USER): "correct horse"}


async def test_api_key_signs_in_under_a_name_chosen_by_the_user(opened: Opener) -> None:
    kept = MemoryBackend()
    async with opened(GOOD, login=None, keyring=keyring(kept)) as pilot:
        await until(pilot, lambda: signing_in(pilot))
        pilot.app.screen.query_one("#password", Input).value = "typed as a password"
        pilot.app.screen.query_one("#api-key").focus()
        await pilot.press("space")
        await until(pilot, lambda: text_of(pilot, "#login-label") == "Name for the account")
        assert text_of(pilot, "#password-label") == "API key"
        assert "revoked separately" in text_of(pilot, "#api-key-advice")
        assert pilot.app.screen.query_one("#password", Input).value == ""
        await fill_in(pilot, login="shop", password="7f3a")
        await inbox_shown(pilot)
        assert kept.kept == {("inbox-tui", "shop@smscentre.com (API key)"): "7f3a"}


@pytest.mark.parametrize("language", ["en", "ru"], indirect=True)
async def test_sign_in_asks_for_an_api_key_after_one_was_refused(
    opened: Opener, language: str
) -> None:
    kept = MemoryBackend(**{f"{USER} (API key)": "7f3a"})
    async with opened(KEY_REFUSED, GOOD, password=None, keyring=keyring(kept)) as pilot:
        await until(pilot, lambda: _("the API key was refused") in reason(pilot))
        await open_sign_in(pilot)
        assert text_of(pilot, "#password-label") == {"en": "API key", "ru": "Ключ API"}[language]
        assert pilot.app.screen.query_one("#api-key", Checkbox).value
        await fill_in(pilot, password="another")
        await inbox_shown(pilot)
        assert kept.kept == {("inbox-tui", f"{USER} (API key)"): "another"}


async def test_full_server_address_is_remembered(opened: Opener, tmp_path: Path) -> None:
    async with opened(GOOD, login=None) as pilot:
        address = "https://gate.example/sms/get.php"
        await fill_in(pilot, server=address, login="alex", password="correct horse")
        await inbox_shown(pilot)
    with Archive.open(tmp_path / "inbox.db") as archive:
        assert archive.account("alex", "gate.example").notes.get(ADDRESS) == address


async def test_a_password_in_the_keyring_needs_no_sign_in(opened: Opener) -> None:
    ring = keyring(MemoryBackend(**{USER: "correct horse"}))
    async with opened(GOOD, password=None, keyring=ring) as pilot:
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 1)
        await inbox_shown(pilot)
        assert pilot.app.passwords == ["correct horse"]


async def test_password_is_not_stored_if_remember_is_unticked(opened: Opener) -> None:
    kept = MemoryBackend()
    async with opened(GOOD, login=None, keyring=keyring(kept)) as pilot:
        await until(pilot, lambda: signing_in(pilot))
        pilot.app.screen.query_one("#remember", Checkbox).value = False
        await fill_in(pilot, login="alex", password="correct horse")
        await inbox_shown(pilot)
        assert kept.kept == {}


async def test_refused_password_is_not_stored_and_resent_only_if_the_user_insists(
    opened: Opener,
) -> None:
    kept = MemoryBackend()
    async with opened(REFUSED, REFUSED, GOOD, login=None, keyring=keyring(kept)) as pilot:
        for told in ("authorise error", "once more to send it"):
            await fill_in(pilot, login="alex", password="wrong")
            await until(pilot, partial(lambda told: told in text_of(pilot, REASON), told))
            assert len(pilot.app.scripted.asked) == 1
            assert pilot.app.screen.query_one("#password", Input).value == ""
        await fill_in(pilot, password="wrong")
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 2)
        await until(pilot, lambda: not pilot.app.screen.query_one("#submit", Button).disabled)
        assert kept.kept == {}
        await fill_in(pilot, password="correct horse")
        await inbox_shown(pilot)
        assert pilot.app.passwords == ["wrong", "wrong", "correct horse"]
        assert kept.kept == {("inbox-tui", USER): "correct horse"}


async def test_mistyped_password_does_not_stop_a_live_account(live: Opener) -> None:
    kept = MemoryBackend(**{USER: "correct horse"})
    async with live(GOOD, REFUSED, GOOD, password=None, keyring=keyring(kept)) as pilot:
        await pilot.press("S")
        await fill_in(pilot, password="mistyped")
        await until(pilot, lambda: "authorise error" in text_of(pilot, REASON))
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 3)
        await pilot.pause()
        assert "authorise error" in text_of(pilot, REASON)
        await pilot.press("escape")
        await inbox_shown(pilot)
        await state_is(pilot, "Live")
        pilot.app.clock.move(62)
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 4)
        assert pilot.app.passwords == ["correct horse", "mistyped", "correct horse"]
        assert kept.kept == {("inbox-tui", USER): "correct horse"}


async def test_late_answer_to_the_old_password_does_not_accept_the_new_one(
    opened: Opener,
) -> None:
    late = asyncio.Event()

    async def answer_late() -> Answer:
        await late.wait()
        return GOOD

    kept = MemoryBackend(**{USER: "correct horse"})
    async with opened(answer_late, REFUSED, GOOD, password=None, keyring=keyring(kept)) as pilot:
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 1)
        await pilot.press("S")
        await fill_in(pilot, password="mistyped")
        await until(pilot, lambda: pilot.app.screen.query_one("#submit", Button).disabled)
        late.set()
        await until(pilot, lambda: "authorise error" in text_of(pilot, REASON))
        assert kept.kept == {("inbox-tui", USER): "correct horse"}


async def test_sign_in_finishing_during_shutdown_opens_no_screen(live: Opener) -> None:
    async with live(GOOD) as pilot:
        (session,) = pilot.app._accounts.sessions
    await pilot.app._show_inbox(session)
    assert pilot.app.screen_stack == []


async def test_password_refused_before_a_restart_is_not_sent_again(opened: Opener) -> None:
    async with opened(REFUSED, password="wrong") as pilot:
        await state_is(pilot, "Sign in")
    async with opened(GOOD, password="wrong") as pilot:
        await open_sign_in(pilot)
        await until(pilot, lambda: "authorise error" in text_of(pilot, REASON))
        assert pilot.app.scripted.asked == []
        await fill_in(pilot, password="correct horse")
        await inbox_shown(pilot)
        assert len(pilot.app.scripted.asked) == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotReached("smscentre.com refused the connection"), "refused the connection"),
        (BLOCKED, "ip is blocked"),
    ],
)
async def test_failed_sign_in_shows_the_reason_and_stores_no_password(
    opened: Opener, error: SmscError, told: str
) -> None:
    kept = MemoryBackend()
    async with opened(error, login=None, keyring=keyring(kept)) as pilot:
        await fill_in(pilot, login="alex", password="correct horse")
        await until(pilot, lambda: told in text_of(pilot, REASON))
        assert kept.kept == {}


async def test_sign_in_shows_how_long_the_request_limit_makes_it_wait(opened: Opener) -> None:
    error = TooManyRequests(9, "duplicate request, wait a minute")
    async with opened(error, GOOD, login=None) as pilot:
        await fill_in(pilot, login="alex", password="correct horse")
        await until(pilot, lambda: "Waiting 61 s" in text_of(pilot, REASON))
        pilot.app.clock.move(62)
        await inbox_shown(pilot)


async def test_plain_http_is_refused_before_anything_is_sent(opened: Opener) -> None:
    async with opened(GOOD, login=None) as pilot:
        await fill_in(pilot, server="http://smscentre.com", login="alex", password="correct horse")
        await until(pilot, lambda: bool(text_of(pilot, REASON)))
        assert pilot.app.scripted.asked == []


async def test_sign_in_without_a_keyring_says_the_password_is_for_this_run_only(
    opened: Opener,
) -> None:
    async with opened(GOOD, login=None, keyring=keyring(fail_backend())) as pilot:
        await until(pilot, lambda: signing_in(pilot))
        await until(pilot, lambda: "this run only" in text_of(pilot, "#keyring-note"))
        assert pilot.app.screen.query_one("#remember", Checkbox).disabled


def fail_backend() -> KeyringBackend:
    """Return the backend of a system without a keyring."""
    return fail.Keyring()  # type: ignore[no-untyped-call] # of the library


async def test_locked_keyring_is_reported_and_the_password_asked_for(opened: Opener) -> None:
    async with opened(GOOD, password=None, keyring=keyring(LockedBackend())) as pilot:
        await until(pilot, lambda: "locked" in reason(pilot))
        await open_sign_in(pilot)
        await until(pilot, lambda: "locked" in text_of(pilot, REASON))
        await fill_in(pilot, password="correct horse")
        await inbox_shown(pilot)


async def test_late_keyring_answer_makes_signing_in_unnecessary(opened: Opener) -> None:
    silent = SilentBackend(**{USER: "correct horse"})
    async with opened(GOOD, password=None, keyring=keyring(silent)) as pilot:
        await until(pilot, lambda: "did not answer" in reason(pilot))
        assert pilot.app.scripted.asked == []
        silent.may_answer.set()
        await state_is(pilot, "Live")
        assert pilot.app.passwords == ["correct horse"]


async def test_late_keyring_answer_leaves_the_sign_in_form_open(opened: Opener) -> None:
    silent = SilentBackend(**{USER: "correct horse"})
    async with opened(GOOD, password=None, keyring=keyring(silent)) as pilot:
        await until(pilot, lambda: "did not answer" in reason(pilot))
        await open_sign_in(pilot)
        await pilot.press(*"corr")
        silent.may_answer.set()
        await until(pilot, lambda: "Esc goes back" in text_of(pilot, REASON))
        await pilot.press(*"ect")
        assert pilot.app.screen.query_one("#password", Input).value == "correct"
        await pilot.press("escape")
        await inbox_shown(pilot)
        await state_is(pilot, "Live")


async def test_signing_in_while_the_keyring_is_silent_uses_the_typed_password(
    opened: Opener,
) -> None:
    silent = SilentBackend(**{USER: "stored"})
    ring = Keyring(backend=silent, timeout=20)
    async with opened(GOOD, password=None, keyring=ring) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: signing_in(pilot))
        pilot.app.screen.query_one("#remember", Checkbox).value = False
        await fill_in(pilot, password="typed")
        await inbox_shown(pilot)
        silent.may_answer.set()
        bar = pilot.app.screen.query_one(StatusBar)
        await until(pilot, lambda: (bar.state, bar.next_in) == ("Live", 20))
        pilot.app.clock.move(21)
        await until(pilot, lambda: len(pilot.app.scripted.asked) == 2)
        assert pilot.app.passwords == ["typed"]


@pytest.mark.parametrize("error", [REFUSED, BLOCKED, PARAMETERS])
async def test_error_during_a_search_does_not_interrupt_typing(
    opened: Opener, error: SmscError
) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def fail_later() -> Answer:
        asked.set()
        await answer.wait()
        raise error

    async with opened(fail_later, messages=[message(1, "Hello")]) as pilot:
        await until(pilot, asked.is_set)
        await pilot.press("slash", *"Hel")
        answer.set()
        await until(pilot, lambda: str(error) in reason(pilot))
        await pilot.press(*"lo")
        assert isinstance(pilot.app.screen, InboxScreen)
        assert pilot.app.screen.query_one(SearchInput).value == "Hello"
        told = str(pilot.app.screen.query_one(StatusBar).render())
        assert ("S sign in" in told) == (error is REFUSED)


async def test_spaces_around_the_login_are_dropped(opened: Opener, tmp_path: Path) -> None:
    async with opened(GOOD, login=None) as pilot:
        await fill_in(pilot, login="  alex ", password=" correct horse ")
        await inbox_shown(pilot)
        assert pilot.app.passwords == [" correct horse "]
    with Archive.open(tmp_path / "inbox.db") as archive:
        assert [account.login for account in archive.accounts()] == ["alex"]


async def test_escape_leaves_the_sign_in_and_the_archive_is_readable(opened: Opener) -> None:
    async with opened(messages=[message(1, "Kept")], password=None) as pilot:
        await open_sign_in(pilot)
        await pilot.press("escape")
        await inbox_shown(pilot)
        assert "no password or API key is kept" in reason(pilot)
        assert "Kept" in screen_text(pilot.app)
        await pilot.press("r")
        await until(pilot, lambda: signing_in(pilot))


async def test_two_accounts_are_kept_apart(opened: Opener) -> None:
    kept = MemoryBackend()
    async with opened(GOOD, messages=[message(7, "Of alex")], keyring=keyring(kept)) as pilot:
        await state_is(pilot, "Live")
    async with opened(GOOD, login="boris", password="b", keyring=keyring(kept)) as pilot:
        await until(pilot, lambda: "Hello" in screen_text(pilot.app))
        assert "Of alex" not in screen_text(pilot.app)


async def test_signing_in_to_another_account_shows_its_inbox(opened: Opener) -> None:
    async with opened(REFUSED, GOOD, messages=[message(7, "Of alex")], password="wrong") as pilot:
        await open_sign_in(pilot)
        await fill_in(pilot, login="boris", password="b")
        await inbox_shown(pilot)
        await until(pilot, lambda: "boris@smscentre.com" in screen_text(pilot.app))
        assert "Of alex" not in screen_text(pilot.app)


async def test_archive_is_shown_while_the_first_request_is_running(live: Opener) -> None:
    async with live(never, messages=[message(1, "Kept")], state="Checking") as pilot:
        assert "Kept" in screen_text(pilot.app)


@at_every_size
async def test_empty_sign_in_field_is_named_and_focused(opened: Opener) -> None:
    async with opened(GOOD, login=None) as pilot:
        await until(pilot, lambda: signing_in(pilot))
        await fill_in(pilot, password="correct horse")
        await until(pilot, lambda: text_of(pilot, REASON) == "The login is empty.")
        assert pilot.app.screen.query_one("#login").has_focus
        await pilot.press(*"alex")
        await until(pilot, lambda: text_of(pilot, REASON) == "")
        await fill_in(pilot, password="")
        await until(pilot, lambda: text_of(pilot, REASON) == "The password is empty.")
        assert pilot.app.scripted.asked == []
        await fill_in(pilot, password="correct horse")
        await inbox_shown(pilot)


async def test_focused_field_stays_visible_when_the_terminal_shrinks(opened: Opener) -> None:
    async with opened(GOOD, login=None, size=(100, 30)) as pilot:
        await until(pilot, lambda: signing_in(pilot))
        password = pilot.app.screen.query_one("#password")
        password.focus()
        await pilot.press(*"abc")
        await pilot.resize_terminal(40, 12)
        box = pilot.app.screen.query_one(".dialog")
        await until(pilot, lambda: box.content_region.contains_region(password.region))
        assert password.has_focus


@at_every_size
async def test_refusal_and_password_field_are_visible_together(opened: Opener) -> None:
    async with opened(REFUSED, login=None, keyring=keyring(fail_backend())) as pilot:
        await fill_in(pilot, login="alex", password="wrong")
        told = "The login or password was refused (authorise error)."
        await until(pilot, lambda: told in text_of(pilot, REASON))
        await pilot.pause()
        box = pilot.app.screen.query_one(".dialog").content_region
        for part in ("#sign-in-reason", "#password"):
            assert box.contains_region(pilot.app.screen.query_one(part).region)
