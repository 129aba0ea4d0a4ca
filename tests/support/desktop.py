"""A desktop session: a D-Bus session bus with GNOME Keyring."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.systems import skip_exception

PACKAGES = {"dbus-run-session": "dbus", "gnome-keyring-daemon": "gnome-keyring"}
"""The Debian packages of programs with a different name."""
UNLOCKED = "printf word | gnome-keyring-daemon --unlock"
NEVER_ANSWERS = '/bin/sh -c "exec sleep 60 >/dev/null 2>&1"'
"""A command for `prompter` that never answers."""


def need(*programs: str) -> None:
    """Skip the test if a program is missing; fail it in CI, where all are installed."""
    skip_exception("tests/support/desktop.py")
    missing = [PACKAGES.get(name, name) for name in programs if shutil.which(name) is None]
    if not missing:
        return
    reason = f"install the Debian packages {', '.join(missing)}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def desktop(home: Path, *, locked: bool = False, prompter: str = "") -> Iterator[dict[str, str]]:
    """Run a session with a keyring for the block; yields the environment variables to reach it.

    The keyring is stored under `home`. If it is `locked`, the command `prompter` is run to ask the
    user for its password.
    """
    need("dbus-run-session", "gnome-keyring-daemon")
    runtime, data = home / "run", home / "keyring"
    services = data / "dbus-1" / "services"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    services.mkdir(parents=True, exist_ok=True)
    name = "org.gnome.keyring.SystemPrompter"
    if prompter:
        service = f"[D-BUS Service]\nName={name}\nExec={prompter}\n"
        (services / f"{name}.service").write_text(service)
    variables = {"XDG_RUNTIME_DIR": str(runtime)}
    begin = "gnome-keyring-daemon --start" if locked else UNLOCKED
    script = (
        f'{begin} --components=secrets >/dev/null && echo "$DBUS_SESSION_BUS_ADDRESS" && exec cat'
    )
    with subprocess.Popen(
        ["dbus-run-session", "--", "bash", "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(data),
            "LC_ALL": "C.UTF-8",
            **variables,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as session:
        assert session.stdout is not None
        address = session.stdout.readline().strip()
        assert address, "the session did not start"
        yield {**variables, "DBUS_SESSION_BUS_ADDRESS": address}
        session.communicate()
