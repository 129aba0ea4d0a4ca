"""The service as documented: messages, answers, errors, the one-request client and the limit.

Comments here and in other rooms cite `api.md` and its sections: what the service documents of
receiving messages, and what it leaves open, as the maintainers keep it.

Nothing is imported here: `client` brings httpx along and `answers` the parsers, which the first
frame does not need.
"""

from __future__ import annotations

import sys

# httpx goes without its own command line, as where its extra `cli` is not installed. With it come
# click, pygments and rich's progress bars: 3.4 MB of an inbox of 48.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # None: it can't be imported
