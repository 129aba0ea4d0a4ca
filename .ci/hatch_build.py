"""Adds an SBOM to the wheel if one was written before; for releases `cyclonedx-py` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SBOM = "sbom.cdx.json"


class SbomHook(BuildHookInterface[Any]):
    """Adds the SBOM to the files of the wheel's metadata (PEP 770)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the SBOM, if there is one, before the wheel is built."""
        if (Path(self.root) / SBOM).exists():
            build_data["sbom_files"].append(SBOM)
