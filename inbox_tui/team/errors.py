"""What can be wrong with the hub. Each is an `ArchiveError`: what is kept can't be got at."""

from __future__ import annotations

from inbox_tui.archive import ArchiveBusy, ArchiveError


class HubError(ArchiveError):
    """The hub did not do what was asked; `str(error)` says why, safe to draw after `sanitize`."""

    sign_in = False
    """Whether another password may help."""


class HubAway(HubError, ArchiveBusy):  # noqa: N818
    """It can't be reached, or the connection was lost: it may be there again in a moment."""


class HubRefused(HubError):  # noqa: N818
    """It is there but can't be used: the sign-in, the role, the version, or what it is."""

    def __init__(self, reason: str, *, sign_in: bool = False) -> None:
        super().__init__(reason)
        self.sign_in = sign_in
