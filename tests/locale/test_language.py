"""The interface is in the language of the system, unless the settings say another."""

from __future__ import annotations

import pytest

from inbox_tui.locale import system_language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "", "LANGUAGE": "ru:en"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ru"}, "en"),
        ({"LANG": "uk_UA.UTF-8"}, "en"),
    ],
)
def test_the_environment_says_the_language(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language


def test_on_windows_the_language_of_the_user_counts_unless_the_environment_says_one() -> None:
    russian, english = 0x0419, 0x0409
    assert system_language({}, russian) == "ru"
    assert system_language({}, english) == "en"
    assert system_language({"LANG": "en_US.UTF-8"}, russian) == "en"
