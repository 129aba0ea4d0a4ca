"""The text of the README and of CONTRIBUTING, and the commands in them."""

from __future__ import annotations

import re

from support.systems import ROOT as ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(language: str, document: str = README) -> list[str]:
    """Return the fenced code blocks of a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", document)


def lines(language: str, document: str = README) -> list[str]:
    """Return all lines, except empty ones, of the fenced code blocks of a language."""
    return [line for block in blocks(language, document) for line in block.splitlines() if line]
