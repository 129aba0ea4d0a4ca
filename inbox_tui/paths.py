"""The paths of the settings, the archive and the log."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_APP = "inbox-tui"


class Paths(NamedTuple):
    """The paths of the program's files. None of them is created or checked."""

    config: Path
    """The settings, `config.toml`."""
    archive: Path
    """The archive, `inbox.db`."""
    log: Path
    """The log, `inbox-tui.log`."""

    @classmethod
    def default(cls) -> Paths:
        """Return the system's standard paths for a user's files (`XDG_*` honoured)."""
        import platformdirs

        return cls(
            config=platformdirs.user_config_path(_APP, appauthor=False) / "config.toml",
            archive=platformdirs.user_data_path(_APP, appauthor=False) / "inbox.db",
            log=platformdirs.user_state_path(_APP, appauthor=False) / "inbox-tui.log",
        )

    @classmethod
    def under(cls, folder: Path) -> Paths:
        """Return paths that are all in one folder, for the demo and the tests."""
        return cls(
            config=folder / "config.toml",
            archive=folder / "inbox.db",
            log=folder / "inbox-tui.log",
        )
