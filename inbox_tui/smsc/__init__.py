"""The SMS Centre service: messages, answers, errors, the HTTP client and the request limit.

Comments throughout the package cite sections of `api.md`, the maintainers' notes on what the
service documents about receiving messages and what it leaves open.

This module imports nothing, because the first frame needs neither httpx (imported by `client`)
nor the parsers (imported by `answers`).
"""

from __future__ import annotations

import sys

# Keep httpx from importing its command line, as if its extra `cli` were not installed. That would
# load click, pygments and rich's progress bars: 3.4 MB of the 48 MB an inbox takes.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None blocks the import
