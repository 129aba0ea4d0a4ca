"""The README's ways to install the program, each from scratch; they need the network."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import CONTRIBUTING, ROOT, lines
from support.terminal import Terminal

from inbox_tui import __version__

pytestmark = pytest.mark.e2e


def line(begin: str, end: str = "") -> str:
    """Return the only command in README and CONTRIBUTING with this beginning and end."""
    commands = lines("sh") + lines("sh", CONTRIBUTING)
    (found,) = {line for line in commands if line.startswith(begin) and line.endswith(end)}
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository of this tree, newly made if the tree is not one."""
    if (ROOT / ".git").exists():
        return ROOT
    repository = tmp_path_factory.mktemp("repository") / "inbox-tui"
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(".venv", "*_cache", "dist"))
    who = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "Add everything")):
        subprocess.run(["git", *command], cwd=repository, check=True)
    return repository


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> dict[str, str]:
    """The environment of a new user, in which git clones this tree instead of GitHub's."""
    try:
        socket.create_connection(("pypi.org", 443), 5).close()
    except OSError:
        if os.environ.get("CI"):
            pytest.fail("there is no network")
        pytest.skip("there is no network")
    home = tmp_path_factory.mktemp("newcomer")
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XDG_", "INBOX_TUI_", "PYTEST_", "PIPX_", "VIRTUAL_ENV"))
    }
    return {
        **kept,
        "HOME": str(home),
        "XDG_CACHE_HOME": caches,
        "PATH": os.pathsep.join(
            (str(home / ".local" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        ),
        "TERM": "xterm-256color",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/inbox-tui/inbox-tui.git",
        "GIT_CONFIG_KEY_1": "safe.directory",
        "GIT_CONFIG_VALUE_1": "*",
    }


@pytest.fixture
def clone(newcomer: dict[str, str], tmp_path: Path) -> Path:
    """The clone that the README's first command makes and enters."""
    done(f"{line('git clone')} && pwd >../where", tmp_path, newcomer)
    return Path((tmp_path / "where").read_text().strip())


def done(line: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a line in a shell, and return its output."""
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def assert_demo(line: str, folder: Path, environment: dict[str, str]) -> None:
    """Check that the line opens the demo."""
    command = ["bash", "-c", f"cd {folder} && {line}"]
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for("next in", seconds=180)
        assert "DEMO" in terminal.text
        terminal.quit()


def test_demo_runs_from_a_clone(clone: Path, newcomer: dict[str, str]) -> None:
    assert_demo(line("python3 -m venv", "inbox-tui --demo"), clone, newcomer)


def assert_installs(
    install: str, uninstall: str, folder: Path, environment: dict[str, str]
) -> None:
    """Check that one command installs `inbox-tui` for the user and the other removes it."""
    done(install, folder, environment)
    installed = Path(environment["HOME"], ".local", "bin", "inbox-tui")
    assert done("command -v inbox-tui", folder, environment).strip() == str(installed)
    told = done("inbox-tui --version", folder, environment)
    assert told == f"inbox-tui, version {__version__}\n"
    if install.startswith("pipx"):
        assert Path(environment["HOME"], ".local/share/man/man1/inbox-tui.1").is_file()
    done(uninstall, folder, environment)
    assert not installed.is_symlink()


def test_pipx_installs_and_uninstalls_a_clone(clone: Path, newcomer: dict[str, str]) -> None:
    assert_installs(line("pipx install", "."), line("pipx uninstall"), clone, newcomer)


def test_published_package_installs_by_name(
    clone: Path, newcomer: dict[str, str], tmp_path: Path
) -> None:
    done(f"python3 -m build --no-isolation --outdir {tmp_path / 'published'}", clone, newcomer)
    published = str(tmp_path / "published")
    reader = {**newcomer, "PIP_FIND_LINKS": published, "UV_FIND_LINKS": published}
    pipx, uv = line("pipx install", "inbox-tui"), line("uv tool install")
    assert_installs(pipx, line("pipx uninstall"), tmp_path, reader)
    assert_installs(uv, uv.replace("install", "uninstall"), tmp_path, reader)


def test_contributor_can_set_up_check_and_build(clone: Path, newcomer: dict[str, str]) -> None:
    done(line("python3 -m venv", "pre-commit install"), clone, newcomer)
    assert (clone / ".git" / "hooks" / "pre-commit").exists()
    assert "Failed" not in done(".venv/bin/pre-commit run --all-files", clone, newcomer)
    done(line(".venv/bin/python -m build"), clone, newcomer)
    checked = done("pipx run twine check --strict dist/*", clone, newcomer)
    assert checked.count("PASSED") == 2
