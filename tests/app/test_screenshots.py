"""The pictures in `screenshots/` show the application in its present state."""

from __future__ import annotations

import pytest
from support.pictures import FOLDER, PICTURES, take


@pytest.mark.parametrize("name", PICTURES)
async def test_screenshot_is_up_to_date(name: str) -> None:
    current = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert await take(name) == current, "anew: PYTHONPATH=tests python -m support.pictures"


def test_screenshots_folder_contains_no_other_pictures() -> None:
    assert {file.stem for file in FOLDER.glob("*.svg")} == set(PICTURES)
