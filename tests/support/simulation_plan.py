"""Plans of simulated worlds: what happens, how often and for how long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from zoneinfo import ZoneInfo

from inbox_tui.archive import ArchiveBusy
from inbox_tui.archive.errors import ArchiveFull, ArchiveReadOnly
from inbox_tui.smsc.limit import Limit
from inbox_tui.sync import State

ZONE = ZoneInfo("Europe/Moscow")
MOMENT = 0.001
"""The shortest wait: time must pass even if numbers are rounded."""
WEEK = 168 * 3600.0
LIMIT = Limit()
NUMBERS = ("79110000001", "79110000002", "79110000003")
TROUBLE = (ArchiveBusy, ArchiveBusy, ArchiveBusy, ArchiveFull, ArchiveReadOnly)
"""The errors with which a change to the archive may fail."""
FATES = (
    "lost",  # the answer is lost
    "never",  # the request never arrives
    "trickle",  # the answer takes minutes
    "cut",
    "truncated",
    "reset",
    "died",  # the network, during the request
    "status",
    "gateway",
    "redirect",
    "portal",  # the sign-in page of another network
    "empty",
    "junk",
    "not http",
    "large",
    *("error",) * 3,  # from the service
    "again",  # the previous full page
    "twice",  # a message comes twice in one answer
    "fault",  # in the client
)
"""The ways in which a request may go wrong."""
CEILING = 50_000
"""The largest answer, in bytes, that the client reads in a simulation."""
LONGEST_WAIT = LIMIT.in_flight_seconds + LIMIT.window + LIMIT.margin
"""The longest wait for the limit: an earlier request may be in flight, then counts for a window."""
LONGEST_WAITS = {
    State.LIVE: LONGEST_WAIT,
    State.CHECKING: LONGEST_WAIT,
    State.WAITING: LONGEST_WAIT,
    State.OFFLINE: 300.0,
    State.BLOCKED: 24 * 3600.0,
}


@dataclass
class Plan:
    """What is to happen in a world."""

    seconds: float
    """How many seconds failures go on before they stop."""
    page_size: int
    order: str
    first: str
    scopes: tuple[str, ...]
    history: int
    """How many messages the service holds at the start, from a week."""
    rate: float
    """Roughly how many new messages arrive in all."""
    lag: float
    """The most seconds from a message's receipt until it becomes visible."""
    outliers: float
    """How often a message has an id far outside its sequence, and perhaps an invalid date."""
    sequences: bool
    """Whether each receiving number has its own sequence of ids."""
    keep_days: int
    wall_off: float
    """How many days the wall clock is off from the start."""
    charset: str
    string_ids: bool
    pace: float
    """The speed of the service's clock; 1.0 is right."""
    slow: float
    """The most seconds that a request takes to arrive, and the answer to come back."""
    faults: float
    """How often a request goes wrong."""
    processes: int
    crons: int
    """How many of the processes are cron jobs, which refresh once and start again later."""
    kills: int
    deaths: float
    """How often a process dies at one of its own steps."""
    flaky: float
    """How often a change to the archive fails."""
    outages: int
    sleeps: int
    reboots: int
    restarts: int
    """How often the container restarts: a new boot id, but the same boot clock."""
    jumps: int
    presses: int
    password_changes: int
    damages: int
    """How often the archive's file is damaged."""
    absence: float
    """For how many seconds in the middle nobody asks."""
    refresh_seconds: float
    late: float
    """How many seconds a sleep of one second takes, because the machine is busy."""
    backup: bool
    """Whether there is a backup server."""
    main_outages: int
    """How often the main server alone can't be reached."""

    @classmethod
    def of(cls, random: Random, seconds: float) -> Plan:
        def some(most: int, often: float = 0.5) -> int:
            return random.randint(1, most) if random.random() < often else 0

        order = random.choice(("oldest", "newest", "shuffled", "time"))
        # Few messages show no order, and a pass by time cannot continue within one busy hour.
        page_size = random.randint(24, 32) if order == "time" else random.randint(5, 9)
        most = 8 * page_size
        rates = (0.0, 5.0) if order == "time" else (0.0, 5.0, 40.0, 200.0)
        absence = random.choice((0.0,) * 9 + (random.uniform(0.9, 1.3) * WEEK,))
        first = random.choice(("oldest", "oldest", "oldest", "newest"))
        # Gaps are dated by the wall clock, so they require it to be right.
        any_clock = not absence and first == "oldest"
        # If the newest come first, a late message left out of a full page cannot be found.
        any_id = first == "oldest"
        processes = random.choice((1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 8))
        return cls(
            seconds=seconds,
            page_size=page_size,
            order=order,
            first=first,
            scopes=random.choice((("",), ("",), ("",), NUMBERS[:1], NUMBERS[:2], NUMBERS)),
            history=random.choice((0, 1, page_size, 2 * page_size, random.randint(0, most))),
            rate=random.choice(rates),
            lag=random.choice((0.0, 10.0, 300.0, 300.0 if absence else 86400.0)) if any_id else 0.0,
            outliers=random.choice((0.0, 0.0, 0.05)) if any_id else 0.0,
            sequences=any_id and random.random() < 0.2,
            keep_days=random.choice((0, 0, 0, 1, 3, 30)),
            wall_off=random.choice((0.0, 0.0, 0.0, -40.0, 0.5, 31.0)) if any_clock else 0.0,
            charset=random.choice(("utf-8", "utf-8", "windows-1251")),
            string_ids=random.random() < 0.3,
            pace=random.choice((0.99, 1.0, 1.0, 1.01)) if any_clock else 1.0,
            slow=random.choice((0.3, 3.0, 30.0)),
            faults=random.choice((0.0, 0.02, 0.1, 0.4)),
            processes=processes,
            crons=random.choice((0, 0, 0, 1, processes)),
            kills=some(8),
            deaths=random.choice((0.0, 0.0, 0.002, 0.02)),
            flaky=random.choice((0.0, 0.0, 0.01, 0.1)),
            outages=some(4),
            sleeps=some(3),
            reboots=some(2, 0.2),
            restarts=some(int(seconds / 30), 0.25),
            jumps=some(4, 0.3) if any_clock else 0,
            presses=some(6),
            password_changes=some(2, 0.15),
            damages=some(2, 0.1),
            absence=absence,
            refresh_seconds=random.choice((20.0, 20.0, 20.0, 33.0, 120.0)),
            late=random.choice((1.0, 3.0, 5.0)),
            backup=random.random() < 0.5,
            main_outages=random.randint(0, 3),
        )


@dataclass
class TeamPlan:
    """What is to happen to a team; `Plan` covers the service."""

    members: int
    late: int
    """How many members join in the middle."""
    readers: int
    """How many members never know the account's password."""
    delay: float
    """The most seconds that a piece of data is on its way to or from the hub."""
    rate: float
    """How many bytes a second a member's network carries; 0 means no limit."""
    crashes: int
    cuts: int
    freezes: int
    hub_outages: int
    hub_jumps: int
    """How often the hub's clock is set."""
    changes: int
    """How often a member changes the states of messages."""

    @classmethod
    def of(cls, random: Random, plan: Plan) -> TeamPlan:
        def some(most: int) -> int:
            return random.choice((0, random.randint(1, most)))

        members = random.randint(2, 5)
        return cls(
            members=members,
            late=random.choice((0, 0, 1)),
            readers=random.choice((0, 0, 1, members - 1)),
            delay=random.choice((0.0, 0.0, 0.05, 0.05, 1.5)),
            rate=random.choice((0.0, 0.0, 0.0, 5000.0)),
            crashes=some(6),
            cuts=some(6),
            freezes=some(4),
            hub_outages=some(2),
            hub_jumps=plan.jumps,
            changes=some(40),
        )


def team_plans(seed: int, seconds: float) -> tuple[Plan, TeamPlan]:
    """Return the plans for the world of this seed."""
    random = Random(f"team {seed}")
    plan = Plan.of(random, seconds)
    while plan.absence:
        plan = Plan.of(random, seconds)
    plan = replace(plan, keep_days=0, late=1.0)
    return plan, TeamPlan.of(random, plan)
