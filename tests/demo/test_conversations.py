"""The demo's messages: plausible, and always the same for the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import islice, pairwise
from random import Random

import pytest

from inbox_tui.demo.conversations import arrivals, history
from inbox_tui.demo.scenes import SCENES
from inbox_tui.demo.states import MUTED, message_states

NOW = datetime(2026, 11, 23, 10, 42, 30)  # noqa: DTZ001 - what the service's clock shows


def test_a_seed_always_gives_the_same_week() -> None:
    assert history(NOW, Random(7)) == history(NOW, Random(7))
    assert history(NOW, Random(7)) != history(NOW, Random(8))


def test_a_week_has_a_realistic_mix_of_senders_and_days() -> None:
    week = history(NOW, Random(7))
    assert 300 <= len(week) <= 400
    assert len({message.to_phone for message in week}) == 5
    senders = Counter(message.phone for message in week)
    assert len(senders) > 80
    assert sum(count >= 3 for count in senders.values()) > 15
    assert any(not phone.isdigit() for phone in senders)
    assert {message.received.date() for message in week} == {
        (NOW - timedelta(days=days)).date() for days in range(8)
    }


def test_ids_rise_with_the_time_received() -> None:
    week = history(NOW, Random(7))
    for earlier, later in pairwise(week):
        assert earlier.id < later.id
        assert earlier.received <= later.received


@pytest.mark.parametrize("hours", [1, 6, 24, 168])
@pytest.mark.parametrize("seed", range(5))
def test_all_messages_are_from_the_requested_hours(hours: int, seed: int) -> None:
    messages = history(NOW, Random(seed), hours)
    assert messages
    for message in messages:
        assert NOW - timedelta(hours=hours) <= message.received <= NOW
        assert message.received.microsecond == 0
        assert message.sent is not None
        assert message.sent < message.received


@pytest.mark.parametrize("hour", [0, 3, 12, 23])
def test_the_last_message_is_always_under_five_minutes_old(hour: int) -> None:
    now = NOW.replace(hour=hour)
    assert now - history(now, Random(hour))[-1].received < timedelta(minutes=5)


def test_people_write_by_day_and_sleep_at_night() -> None:
    by_hour: Counter[int] = Counter()
    for seed in range(10):
        by_hour.update(
            message.received.hour
            for message in history(NOW, Random(seed))
            if message.phone.isdigit()
        )
    night = sum(by_hour[hour] for hour in range(6))
    day = sum(by_hour[hour] for hour in range(10, 16))
    assert night * 20 < day


def test_a_week_has_codes_links_emoji_and_multiline_texts() -> None:
    texts = [message.message for message in history(NOW, Random(7))]
    assert sum("\n" in text for text in texts) >= 5
    assert sum("https://" in text for text in texts) >= 15
    assert sum("код" in text.lower() or "code" in text.lower() for text in texts) >= 50
    assert any(ord(character) > 0x1F300 for text in texts for character in text)
    assert sum(text.isascii() for text in texts) >= 60


def test_no_placeholder_is_left_unfilled() -> None:
    for seed in range(20):
        for message in history(NOW, Random(seed)):
            assert "{" not in message.message
            assert message.message.strip()


def test_senders_have_fictional_numbers() -> None:
    for message in history(NOW, Random(7)):
        assert message.phone.startswith(("7999", "447700900")) or message.phone.isascii()
        assert not message.phone.isdigit() or message.phone.startswith(("7999", "447700900"))


def test_links_lead_to_domains_reserved_for_examples() -> None:
    for scene in SCENES:
        for text in scene.texts:
            for link in text.split("https://")[1:]:
                host = link.split("/")[0].split()[0]
                assert host.endswith(("example.com", "example.org"))


def test_both_mentions_of_a_code_in_a_message_agree() -> None:
    live = islice(arrivals(Random(3), lambda: NOW), 3_000)
    split = [arrival.message for arrival in live if "is your Lanternly code" in arrival.message]
    assert split
    for message in split:
        assert message[:7].replace(" ", "") == message[-6:]


def test_live_messages_keep_coming_a_few_seconds_apart() -> None:
    live = list(islice(arrivals(Random(1), lambda: NOW), 2_000))
    assert all(0 <= arrival.pause < 15 for arrival in live)
    assert 3 < sum(arrival.pause for arrival in live) / len(live) < 8
    assert live[0].pause > 1
    assert live == list(islice(arrivals(Random(1), lambda: NOW), 2_000))


def test_live_follow_ups_come_from_the_same_sender_in_order() -> None:
    texts = ("Опаздываю минут", "Подъехала, поднимаюсь")
    live = list(islice(arrivals(Random(2), lambda: NOW), 2_000))
    late = [arrival for arrival in live if arrival.message.startswith(texts)]
    assert len(late) >= 4
    by_sender: dict[str, list[str]] = {}
    for arrival in late:
        by_sender.setdefault(arrival.phone, []).append(arrival.message)
    for messages in by_sender.values():
        assert messages[0].startswith(texts[0])


def test_some_messages_of_the_week_are_read_starred_or_done() -> None:
    week = history(NOW, Random(3))
    states = message_states(week)
    known = {message.id for message in states.known}
    assert 0 < len(week) - len(known) < 40
    assert {*states.starred, *states.done} <= known
    assert 3 <= len(states.starred) <= 20
    assert len(states.done) >= 20
    assert not set(states.starred) & set(states.done)
    assert any(message.phone == MUTED for message in week)
    assert len({message.received.date() for message in week}) >= 7
