"""Somebody who has the program installed and runs its commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from support.terminal import Terminal

from inbox_tui.demo.server import DemoServer

PASSWORD = "correct horse"


class Ended(NamedTuple):
    """What a command came to."""

    status: int
    output: str
    errors: str


class User:
    """Somebody with the program installed, an account, and a home of their own."""

    def __init__(self, program: Path, environment: dict[str, str], server: DemoServer) -> None:
        self.program = program
        self.environment = {
            **environment,
            "INBOX_TUI_LOGIN": "alex",
            "INBOX_TUI_SERVER": server.url,
            "PATH": f"{program.parent}{os.pathsep}{environment['PATH']}",
        }

    @property
    def home(self) -> Path:
        return Path(self.environment["HOME"])

    @property
    def archive(self) -> Path:
        return self.home / "data" / "inbox-tui" / "inbox.db"

    @property
    def settings(self) -> Path:
        return self.home / "config" / "inbox-tui" / "config.toml"

    def configure(self, text: str) -> None:
        self.settings.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings.write_text(text, encoding="utf-8")

    def run(self, *words: str | Path, stdin: str = "") -> Ended:
        """Run a command; whatever it came to, it said so in a few words, and plainly in a pipe."""
        done = subprocess.run(
            [self.program, *words],
            env=self.environment,
            input=stdin.encode(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        ended = Ended(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ended.output + ended.errors
        assert len(ended.errors.splitlines()) <= 2, ended.errors
        assert PASSWORD not in ended.output + ended.errors
        assert "\x1b" not in ended.output + ended.errors
        assert "\r" not in ended.errors
        return ended

    def shell(self, script: str) -> Ended:
        """Run a line of shell, in which the program is `inbox-tui`."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, shell: str | None = None) -> subprocess.Popen[bytes]:
        """Start a command that goes on, or a line of shell."""
        return subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", shell] if shell else [self.program, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def inbox(self, *words: str) -> Terminal:
        """Open the inbox."""
        return Terminal([str(self.program), *words], environment=self.environment)
