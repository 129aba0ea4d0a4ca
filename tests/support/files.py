"""Looks for a text in files."""

from __future__ import annotations

from pathlib import Path


def files_with(text: str, folder: Path) -> set[str]:
    """Return the names of the files in a folder, at any depth, that contain a text."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.name for file in files if text.encode() in file.read_bytes()}
