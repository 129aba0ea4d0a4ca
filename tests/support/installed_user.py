"""A user with the program installed, who runs its commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from support.command import PASSWORD, Ended, Files
from support.terminal import Terminal

from inbox_tui.demo.server import DemoServer

SHELL = ("bash", "-o", "pipefail", "-c")


class User:
    """A user with the program installed, an account, and a home folder."""

    def __init__(self, program: Path, environment: dict[str, str], server: DemoServer) -> None:
        self.program = program
        self.environment = {
            **environment,
            "INBOX_TUI_LOGIN": "alex",
            "INBOX_TUI_SERVER": server.url,
            "PATH": f"{program.parent}{os.pathsep}{environment['PATH']}",
        }
        self.files = Files(Path(environment["HOME"]))

    def run(self, *words: str | Path, stdin: str = "") -> Ended:
        """Run a command; checks that its errors are short and that it prints no escape sequences.

        Nor may it print the password or a traceback.
        """
        ended = self._run([self.program, *words], stdin)
        assert len(ended.errors.splitlines()) <= 2, ended.errors
        assert PASSWORD not in ended.output + ended.errors
        assert "\x1b" not in ended.output + ended.errors
        assert "\r" not in ended.errors
        return ended

    def shell(self, script: str) -> Ended:
        """Run a shell script, in which the program is `inbox-tui`."""
        return self._run([*SHELL, script])

    def _run(self, command: list[str | Path], stdin: str = "") -> Ended:
        done = subprocess.run(
            command,
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.output + ended.errors
        return ended

    def start(self, script: str) -> subprocess.Popen[bytes]:
        """Start a shell script without waiting for it."""
        return subprocess.Popen(
            [*SHELL, script],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def inbox(self, *words: str, **terminal: Any) -> Terminal:
        """Open the inbox, or run another command, in a terminal."""
        return Terminal([str(self.program), *words], environment=self.environment, **terminal)
