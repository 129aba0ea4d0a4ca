"""How to sign in to the hub: the address of the settings, and the password of the keyring."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from inbox_tui.credentials import Keyring, KeyringError, Secret
from inbox_tui.team.address import HubAddress, parse_hub

if TYPE_CHECKING:
    from inbox_tui.config import Settings


class HubSignIn(NamedTuple):
    """Where the hub is, who we are there, and by what name colleagues know us."""

    address: HubAddress
    password: Secret | None
    """None: PostgreSQL's own means give it, such as `~/.pgpass`, or none is needed."""
    name: str


async def hub_sign_in(settings: Settings, keyring: Keyring | None) -> HubSignIn:
    """Return how to sign in to the hub of the settings, which have one."""
    address = parse_hub(settings.team)
    password = None
    if keyring is not None:
        with suppress(KeyringError):  # there are other means
            password = await keyring.get(address.user, address.place)
    return HubSignIn(address, password, settings.team_name or _user_name())


def _user_name() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a user whom the system does not know
        return "somebody"
