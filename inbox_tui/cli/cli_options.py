"""The values of a command's options, and the password or API key from the environment."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING, NamedTuple

from inbox_tui import API_KEY_VARIABLE, PASSWORD_VARIABLE
from inbox_tui.cli.failure import USAGE, fail
from inbox_tui.locale import _

if TYPE_CHECKING:
    from inbox_tui.credentials import Secret


class CliOptions(NamedTuple):
    """The options of a command; None for each that is left out."""

    login: str | None = None
    server: str | None = None
    to_phone: str | None = None
    hours: int | None = None
    password: Secret | None = None
    """The password or API key, removed from the environment: no child process inherits it."""

    @classmethod
    def of_environment(cls) -> CliOptions:
        """Take the password or API key out of the environment; end the program if both are set."""
        password = environ.pop(PASSWORD_VARIABLE, "")
        api_key = environ.pop(API_KEY_VARIABLE, "")
        if not (password or api_key):
            return cls()
        if password and api_key:
            fail(
                _("{environment} and {api_key_environment} are both set: keep one.").format(
                    environment=PASSWORD_VARIABLE, api_key_environment=API_KEY_VARIABLE
                ),
                USAGE,
            )
        if any("\ud800" <= sign <= "\udfff" for sign in password or api_key):
            variable = PASSWORD_VARIABLE if password else API_KEY_VARIABLE
            fail(_("{variable} is not UTF-8 text.").format(variable=variable), USAGE)
        from inbox_tui.credentials import Secret

        return cls(password=Secret(password) if password else Secret(api_key, "API key"))
