"""Errors of the hub. Each is an `ArchiveError`: the stored data can't be accessed."""

from __future__ import annotations

from inbox_tui.archive import ArchiveBusy, ArchiveError


class HubError(ArchiveError):
    """The hub did not do what was asked; `str(error)` says why, safe to draw after `sanitize`."""

    sign_in = False
    """Whether another password may help."""


class HubAway(HubError, ArchiveBusy):  # noqa: N818
    """The hub can't be reached, or the connection was lost; a later try may succeed."""


class HubRefused(HubError):  # noqa: N818
    """The hub can't be used: because of the sign-in, role or version, or because it is no hub."""

    def __init__(self, reason: str, *, sign_in: bool = False) -> None:
        super().__init__(reason)
        self.sign_in = sign_in
