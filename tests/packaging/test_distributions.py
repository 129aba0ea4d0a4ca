"""The wheel and the sdist built from this tree."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.documents import ROOT

from inbox_tui import __version__

PACKAGE = {
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "inbox_tui").rglob("*")
    if file.is_file() and "__pycache__" not in file.parts
}
INFO = f"inbox_tui-{__version__}.dist-info"
MANUAL = f"inbox_tui-{__version__}.data/data/share/man/man1/inbox-tui.1"


class Built(NamedTuple):
    """The contents of the wheel and the sdist by file name, the sdist's without its top folder."""

    wheel: dict[str, bytes]
    sdist: dict[str, bytes]

    @property
    def metadata(self) -> Message:
        """The wheel's METADATA."""
        return HeaderParser().parsestr(self.wheel[f"{INFO}/METADATA"].decode())


def build(folder: Path, tree: Path = ROOT) -> tuple[Path, Path]:
    """Build the sdist of a tree and from it the wheel; return the paths of wheel and sdist."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(tree)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The paths of the wheel and the sdist."""
    return build(tmp_path_factory.mktemp("distributions"))


@pytest.fixture(scope="module")
def built(files: tuple[Path, Path]) -> Built:
    """The contents of the wheel and the sdist."""
    wheel_file, sdist_file = files
    with zipfile.ZipFile(wheel_file) as wheel:
        in_wheel = {name: wheel.read(name) for name in wheel.namelist()}
    in_sdist = {}
    with tarfile.open(sdist_file) as sdist:
        for member in sdist.getmembers():
            if (file := sdist.extractfile(member)) is not None:
                in_sdist[member.name.partition("/")[2]] = file.read()
    return Built(in_wheel, in_sdist)


def test_a_second_build_gives_the_same_bytes(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert [file.read_bytes() for file in build(tmp_path)] == [file.read_bytes() for file in files]


def test_existing_sbom_is_included_in_the_wheel(files: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(files[1]) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    (tree / "sbom.cdx.json").write_text('{"bomFormat": "CycloneDX"}')
    wheel, _ = build(tmp_path / "built", tree)
    with zipfile.ZipFile(wheel) as built:
        assert b"CycloneDX" in built.read(f"{INFO}/sboms/sbom.cdx.json")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The `project` table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    return table


def test_the_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    assert "inbox_tui/py.typed" in PACKAGE
    about = {name for name in built.wheel if name.startswith(f"{INFO}/")}
    assert set(built.wheel) - about == PACKAGE | {MANUAL}
    assert f"{INFO}/licenses/LICENSE" in about


def test_sdist_contains_only_the_package_and_its_build_files(built: Built) -> None:
    builds = {"pyproject.toml", ".ci/hatch_build.py", ".gitignore"}
    beside = {*builds, "README.md", "LICENSE", "PKG-INFO"}
    assert set(built.sdist) == PACKAGE | beside


def test_packaged_files_match_the_source_tree(built: Built) -> None:
    for files in built:
        assert [name for name in PACKAGE if files[name] != (ROOT / name).read_bytes()] == []


def test_manual_page_matches_the_help(built: Built) -> None:
    # In a separate process: click keeps --help in the language in which it was first shown.
    program = "from support.manual import manual; print(manual())"
    command = [sys.executable, "-X", "utf8", "-c", program]
    written = subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", cwd=ROOT / "tests"
    ).stdout
    assert built.wheel[MANUAL].decode() + "\n" == written, "python -m support.manual writes it anew"


def test_the_metadata_is_complete(built: Built, project: dict[str, Any]) -> None:
    metadata = built.metadata
    assert metadata["Name"] == "inbox-tui"
    assert metadata["Version"] == __version__
    assert metadata["Summary"] == project["description"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert set(metadata["Keywords"].split(",")) == set(project["keywords"])
    assert metadata["Description-Content-Type"] == "text/markdown"
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL", []))
    assert urls == project["urls"]
    assert {"Homepage", "Source", "Issues", "Changes"} <= set(urls)
    versions = {f"Programming Language :: Python :: 3.{minor}" for minor in range(11, 15)}
    assert {*versions, "Typing :: Typed"} <= set(metadata.get_all("Classifier", []))


def test_dependencies_of_the_tests_are_not_installed_by_default(
    built: Built, project: dict[str, Any]
) -> None:
    requirements = built.metadata.get_all("Requires-Dist", [])
    at_run_time = {words for words in requirements if "extra ==" not in words}
    assert len(at_run_time) == len(project["dependencies"])
    assert not {"pytest", "build", "ruff"} & {words.split(">")[0] for words in at_run_time}
    assert set(built.metadata.get_all("Provides-Extra", [])) == {"team", "test", "dev"}


def test_declared_dependencies_match_the_imports(project: dict[str, Any]) -> None:
    wanted = project["dependencies"] + project["optional-dependencies"]["team"]
    named = {words.split(">")[0] for words in wanted}
    imported = {
        module.split(".")[0]
        for name in PACKAGE
        if name.endswith(".py")
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        for module in modules(node)
    }
    # zoneinfo reads tzdata if the system has no time zones.
    assert imported - sys.stdlib_module_names - {"inbox_tui"} == named - {"tzdata"}


def modules(node: ast.AST) -> list[str]:
    """Return the names of the modules that a statement imports."""
    match node:
        case ast.Import(names):
            return [name.name for name in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


def test_wheel_installs_the_inbox_tui_command(built: Built) -> None:
    points = built.wheel[f"{INFO}/entry_points.txt"].decode()
    assert points.split() == ["[console_scripts]", "inbox-tui", "=", "inbox_tui.__main__:main"]


def test_ci_runs_on_every_declared_python_version(project: dict[str, Any]) -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    matrices = re.findall(r"^ *python: (\[.+\])$", workflow, re.MULTILINE)
    declared = [
        name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)
    ]
    assert declared == ["3.11", "3.12", "3.13", "3.14"]
    assert [json.loads(matrix) for matrix in matrices] == [declared, declared]
    assert "- run: .ci/run\n" in workflow


def test_bug_report_template_asks_for_the_doctor_report() -> None:
    template = (ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text(encoding="utf-8")
    assert re.search(r"`inbox-tui doctor --json`(?s:.)+?required: true", template)
