"""The backup server of a main server: asked where that one can't be reached (api.md, Also known).

Imported late, as the client is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from inbox_tui.locale import mark
from inbox_tui.smsc.errors import NotReached

if TYPE_CHECKING:
    from inbox_tui.smsc.client import InboxClient
    from inbox_tui.smsc.message import Answer

BACK_TO_MAIN_SECONDS = 300.0
"""For so long after the main server could not be reached the backup is tried first."""


class BackupClient:
    """Asks a main server, and its backup where nothing could be sent to it.

    Whatever is known to have left, or may have, is not sent to the other server: so both together
    count as one request of the log. Nor is anything where a certificate does not fit. Both servers
    share the time that one request is given. `seconds` is a clock that counts while the machine
    sleeps.
    """

    def __init__(
        self,
        main: InboxClient,
        backup: InboxClient,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._main = main
        self._backup = backup
        self._seconds = seconds
        self._backup_first_until = 0.0

    async def fetch(
        self, *, cnt: int, hour: int, after_id: int | None = None, to_phone: str | None = None
    ) -> Answer:
        """Send one request and return its answer, as `InboxClient.fetch` does.

        `Answer.via` names the backup server where the answer is its.
        """
        began = self._seconds()
        failure = ""
        servers = [self._main, self._backup]
        if began < self._backup_first_until:
            servers.reverse()
        for server in servers:
            is_main = server is self._main
            try:
                answer = await server.fetch(
                    cnt=cnt, hour=hour, after_id=after_id, to_phone=to_phone, began=began
                )
            except NotReached as error:
                if is_main:
                    failure = error.message
                    self._backup_first_until = began + BACK_TO_MAIN_SECONDS
                continue
            if is_main:
                self._backup_first_until = 0.0
                return answer
            return answer._replace(via=self._backup.host)
        raise NotReached(
            mark("{failure}, nor could {backup} be reached"),
            failure=failure,
            backup=self._backup.host,
        )

    async def aclose(self) -> None:
        """Close what is open; the client may still be used afterwards."""
        await self._main.aclose()
        await self._backup.aclose()
