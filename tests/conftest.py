"""How hard the property tests try.

`HYPOTHESIS_PROFILE=long pytest tests/security/test_fuzz.py` tries 100,000 new examples of each.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "long",
    max_examples=100_000,
    deadline=None,
    derandomize=False,  # what a profile does not say it takes from "default"
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "default")


def pytest_xdist_auto_num_workers() -> int:
    """One more process than there are cores: the end-to-end tests mostly wait."""
    return (os.cpu_count() or 1) + 1
