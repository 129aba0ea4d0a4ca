"""One-time codes are found, and other numbers are not taken for codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import assert_as_cheap, assert_linear

from inbox_tui.text import Code, find_code
from inbox_tui.text.code_words import _STEM, _STEMS, _WORDS, ASK, CODE, CUES


def _texts(name: str) -> list[tuple[str, str]]:
    """Return the pairs in a file: the code of a text, or an empty string, and the text."""
    path = Path(__file__).with_name(name)
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    pairs = [line.split("\t") for line in lines]
    return [(code, text.replace("\\n", "\n")) for code, text in pairs]


KNOWN = _texts("codes.tsv")
"""The texts for which words and weights were chosen."""
APART = _texts("codes_apart.tsv")
"""A third of all texts, for which nothing was chosen, to measure how well new texts are read."""


def _found(text: str) -> str:
    code = find_code(text)
    return code.text if code else ""


def test_the_right_code_or_none_is_found_in_every_known_text() -> None:
    wrong = [(code, _found(text), text) for code, text in KNOWN if _found(text) != code]
    assert wrong == []


def test_precision_and_recall_on_texts_set_apart_are_at_least_97_percent() -> None:
    found = [(code, _found(text)) for code, text in APART]
    right = sum(code == got != "" for code, got in found)
    precision = right / sum(got != "" for _, got in found)
    recall = right / sum(code != "" for code, _ in found)
    print(f"{len(found)} texts set apart: precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201
    assert precision >= 0.97  # the wrong ones are not listed, so that nothing is chosen for them
    assert recall >= 0.97


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Код:1234", "1234"),
        ("код-1234", "1234"),
        ("code-123456", "123456"),
        ("code=4821", "4821"),
        ("Ваш код — «1234»", "1234"),
        ("КОД ПОДТВЕРЖДЕНИЯ: 1234", "1234"),
        ("1234-ваш код", "1234"),
        ("1234 — это ваш код", "1234"),
        ("Ваш код\n\n4821\n\nНикому не сообщайте", "4821"),
        ("Ваш код:\t4821", "4821"),
        ("Ваш код: 4 8 1 5 1 6", "481516"),
        ("Ваш код: 481\xa0516", "481516"),
        ("Ваш код: 4821-7735", "48217735"),
        ("Ваш код: 55 01 93", "550193"),
        ("Ваш код: 12\u201104\u201155", "120455"),
        ("Your code is 6-4-1-9", "6419"),
        ("Код для оплаты 5 400 р. картой *4417: 8021", "8021"),
        ("Please use 123456 to verify your account", "123456"),
        ("Enter 123456 to sign in", "123456"),
        ("Покупка 1200 RUB в OZON, код 4821", "4821"),
        ("Перевод 5000. Код 4821", "4821"),
        ("Код подтверждения заказа №77812: 4821", "4821"),
        ("Для входа в аккаунт +7 916 123-45-67 используйте код 4821", "4821"),
        ("Логин: user1, пароль: aB3dE9", "aB3dE9"),
        ("login: 482913 password: kT9xQ2", "kT9xQ2"),
        ("Код: 4821. Никому его не сообщайте, даже по телефону 8 800 100-20-30", "4821"),
        ("Your Slack confirmation code is ULQ-EYS", "ULQEYS"),
        ("Подтверждение телефона: 4821", "4821"),
    ],
)
def test_a_code_is_found_however_it_is_written(text: str, code: str) -> None:
    assert _found(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4821",
        "код",
        "Ваш код:",
        "по коду 4821 скидка 20%",
        "Ваш код: 4821 на скидку 10%",
        "Код ТН ВЭД 8471 указан в декларации",
        "код валюты 643",
        "source code 4821 lines",
        "Код отправлен на номер, оканчивающийся на 4821",
        "We sent a code to ••4821",
        "Если код не пришёл, наберите 0611",
        "Ваш код активирован. Баланс 4821",
        "Никому не сообщайте код из СМС. Сбербанк 900",
        "Your code expires in 300 seconds",
        "Введите код. Запросить новый можно через 120 секунд",
        "Пароль изменён. Обращение 482913",
        "Никому не сообщайте код! Оператор 4821 ждёт",
        "Ваш код по ссылке https://x.ru/4821?code=4821",
        "Введите код на сайте. Номер заказа: 5512",
        "Код 1С: 00-00004821",
        "Кодекс 4821, статья 12",
        "Код пришлём на me@4821.ru",
        "Пароль $4821",
        "Код: 4821 ₽",
        "Подтверждение бронирования: 55120",
        "Enter PIN-CODE to log in",
        "Use SMS-PIN to sign in",
        "Use NEW15 at sign up and save 20%",
        "Код действует до 12-11-26",
        "Отправьте код на 3434",
        "Звоните 55-01-93, код города 8442",
        "Код по карте *4417 на 5 400 р. не нужен",
    ],
)
def test_other_numbers_are_not_taken_for_codes(text: str) -> None:
    assert find_code(text) is None


def test_a_code_has_its_position_and_no_separators() -> None:
    text = "Ваш код: 481 516. Никому"
    assert find_code(text) == Code("481516", 9, 16)
    assert text[9:16] == "481 516"


def test_the_first_of_two_codes_is_found() -> None:
    assert _found("Код 4821 или код 7735") == "4821"


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(["код", "is your code", "4821", "12-34", ".", ":", "№", "*", "ё", "-", "a"])
    ).map(" ".join)
)
@settings(max_examples=200, deadline=None)
def test_a_code_has_only_ascii_letters_and_digits_of_the_text(text: str) -> None:
    code = find_code(text)
    if code is not None:
        assert code.text.isascii()
        assert code.text.isalnum()
        written = text[code.start : code.end]
        assert "".join(filter(str.isalnum, written)) == code.text


@pytest.mark.parametrize(
    ("start", "part", "end"),
    [
        ("", "1", ""),
        ("", "a", ""),
        ("", "код", ""),
        ("", "код 1234 ", ""),
        ("код ", "1-", ""),
        ("код ", "1 ", ""),
        ("код ", "a1", ""),
        ("код ", ".", "1234"),
        ("код", " ", "1234"),
        ("код ", "*", "1234"),
        ("", "ABC-DEF code ", ""),
        ("", "123 456 code ", ""),
    ],
)
def test_finding_a_code_in_hostile_text_takes_linear_time(start: str, part: str, end: str) -> None:
    def made(size: int) -> str:
        return start + part * (size // len(part)) + end

    assert_linear(find_code, made, 1_250)
    harmless = "Заказ 5512 готов, ваш код 48151 в письме. " * 480
    assert_as_cheap(lambda: find_code(made(20_000)), lambda: find_code(harmless), 5)


def test_a_code_is_found_only_in_the_first_5000_characters() -> None:
    for before, found in ((1_500, "481516"), (4_980, "481516"), (5_000, None)):
        code = find_code("a" * (before - 1) + " Ваш код: 481516")
        assert (code and code.text) == found


def test_every_word_has_one_meaning() -> None:
    for table in (_WORDS, _STEMS):
        words = [word for listed in table.values() for word in listed.split()]
        assert sorted(set(words)) == sorted(words)
    assert {len(stem) for listed in _STEMS.values() for stem in listed.split()} == {_STEM}


def test_every_word_for_a_code_contains_a_cue() -> None:
    words = [
        word
        for kind in (CODE, ASK)
        for word in (_WORDS.get(kind, "") + _STEMS.get(kind, "")).split()
    ]
    assert len(words) > 40
    assert [word for word in words if not any(cue in word for cue in CUES)] == []
