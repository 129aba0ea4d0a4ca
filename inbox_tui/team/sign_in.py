"""Signing in to the hub: the address from the settings, the password from the keyring."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.credentials import Keyring, KeyringError, Secret
from inbox_tui.team.address import HubAddress, parse_hub

if TYPE_CHECKING:
    from inbox_tui.config import Settings


class HubSignIn(NamedTuple):
    """The hub's address, our password there, and the name that colleagues see."""

    address: HubAddress
    password: Secret | None
    """None if PostgreSQL finds it by other means, such as `~/.pgpass`, or needs none."""
    name: str


async def hub_sign_in(settings: Settings, keyring: Keyring | None) -> HubSignIn:
    """Return how to sign in to the hub that `settings.team` names."""
    address = parse_hub(settings.team)
    password = None
    if keyring is not None:
        with suppress(KeyringError):  # PostgreSQL may find it elsewhere
            password = await keyring.get(address.user, address.place)
    return HubSignIn(address, password, settings.team_name or _user_name())


def _user_name() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a user id that the system does not know
        return "somebody"
