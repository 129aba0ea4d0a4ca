"""Failover to the backup server when the main server can't be reached (api.md, Also known).

Imported lazily, because the client brings httpx along.
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
"""How long the backup is tried first after the main server could not be reached."""


class BackupClient:
    """Sends requests to a main server, or to its backup if the main one can't be reached.

    The second server is tried only if no connection could be made to the first, which has then
    received nothing, so that one call counts as one request in the log. It is not tried after a
    certificate error, nor if the machine slept meanwhile. Both attempts share the timeout of one
    request. `seconds` is a clock that keeps counting while the machine sleeps.
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

        `Answer.via` is the backup's host if the backup answered.
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
            mark("{failure}; the backup {backup} could not be reached either"),
            failure=failure,
            backup=self._backup.host,
        )

    async def aclose(self) -> None:
        """Close open connections; the client may still be used afterwards."""
        await self._main.aclose()
        await self._backup.aclose()
