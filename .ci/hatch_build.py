"""Puts an SBOM into the wheel, where one was written before: `cyclonedx-py` does for a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SBOM = "sbom.cdx.json"


class SbomHook(BuildHookInterface[Any]):
    """Names the file to the builder (PEP 770)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name it before the wheel is built."""
        if (Path(self.root) / SBOM).exists():
            build_data["sbom_files"].append(SBOM)
