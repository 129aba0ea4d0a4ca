"""Takes every figure and prints the table: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import figures
from benchmarks.sample_archives import Sample, made
from benchmarks.team import team

STANDARD, QUICK = (100_000, 1_000_000), (10_000,)
MILLISECOND, MEGABYTE = 1e-3, 1e6
SYNCED = 100_000
"""The most messages in the benchmark of the first sync."""


class Line(NamedTuple):
    """A row of the table: a figure, its measured value, the baseline and the promised value."""

    name: str
    ours: str
    floor: str = ""
    promise: str = ""
    kept: bool | None = None


START, JUST_SHOWN, LIVE = 1.30, 1.25, 1.70
"""The promised ratios of start time and memory to those of an empty Textual application."""
SECOND_START, SECOND_MEMORY = 1.05, 3e6
"""The promised cost of a second account: a ratio of start times, of which two medians of the same
start differ by 5 %, and bytes."""
MOVE, MOVE_TO_BARE = 0.010, 1.4
SEARCH_SMALLER, SEARCH_LARGER = 0.030, 0.060
"""The promised seconds for searches and filters, with 100,000 and with a million messages."""
STALL, QUIET, A_SECOND = 0.050, 0.01, 20_000


def main() -> None:
    """Measure all figures and print them as tables."""
    options = _options()
    sizes = options.sizes or (QUICK if options.quick else STANDARD)
    print(_machine(), flush=True)
    for size in sizes:
        _print(size, _lines(made(size, fresh=options.fresh), quick=options.quick))
    size = sizes[0]
    _print(size, _team_lines(size, quick=options.quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, help="messages in the archives")
    parser.add_argument("--quick", action="store_true", help="a small archive and few repeats")
    parser.add_argument("--fresh", action="store_true", help="make the archives anew")
    return parser.parse_args()


def _machine() -> str:
    model = next(
        line.partition(":")[2].strip()
        for line in [*Path("/proc/cpuinfo").read_text().splitlines(), "model name: unknown"]
        if line.startswith("model name")
    )
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{model}, {os.cpu_count()} cores, load {load:.1f}; Python {python}, {sys.platform}"


def _lines(made: Sample, *, quick: bool) -> list[Line]:
    longest_search = SEARCH_SMALLER if made.size <= STANDARD[0] else SEARCH_LARGER
    rounds = 2 if quick else 6
    with figures.service(made) as server:
        inbox = figures.Inbox(made, server)
        start = figures.starts(inbox, 3 if quick else 9)
        at_first, memory = figures.memories(inbox)
        two_start, two_live = figures.two_accounts(made, server, 3 if quick else 9)
        moves, bare_moves = figures.moves(inbox, 2 * rounds)
        search = figures.percentile_95(figures.searches(inbox, rounds + 2))
        change = figures.percentile_95(figures.filters(inbox, rounds))
        quiet = figures.quiet(inbox, 10.0 if quick else 40.0)
    bare_move = figures.percentile_95(bare_moves.first)
    sync = figures.first_sync(min(made.size, SYNCED))
    others = figures.others(made)
    move = figures.percentile_95(moves.first)
    seen = figures.percentile_95(moves.last)
    moves_of_others = ", ".join(
        [
            f"bare ScrollView {_ms(bare_move)}",
            *(f"{name} {_ms(loaded.move)}" for name, loaded in others.items() if loaded),
        ]
    )
    lines = [
        _beside_bare("start to the inbox on screen ÷ bare Textual", start, _ms, START),
        _beside_bare("memory (PSS), just shown ÷ bare Textual", at_first, _mb, JUST_SHOWN),
        _beside_bare("… live ÷ bare Textual", memory, _mb, LIVE),
        _beside_bare("two accounts: start ÷ one account", two_start, _ms, SECOND_START),
        Line(
            "… memory, live",
            _mb(two_live.ours),
            f"one account {_mb(two_live.floor)}",
            f"≤ {_mb(SECOND_MEMORY)} more",
            two_live.ours - two_live.floor <= SECOND_MEMORY,
        ),
        Line(
            "a move to its frame, p95 ÷ bare ScrollView",
            f"{_ms(move)}, ÷ {move / bare_move:.2f}",
            moves_of_others,
            f"≤ {_ms(MOVE)}, ≤ {MOVE_TO_BARE}",
            move <= MOVE and move <= MOVE_TO_BARE * bare_move,
        ),
        Line("… and to the message beside it, p95", _ms(seen)),
        _within("a search key to its first screenful, p95", search, longest_search),
        _within("changing a filter to its frame, p95", change, longest_search),
        Line(
            "first sync, messages a second",
            f"{sync.ours:,.0f}",
            f"json + sqlite3 {sync.raw:,.0f}",
            f"≥ {A_SECOND:,}",
            sync.ours >= A_SECOND,
        ),
        Line("… ÷ raw json + sqlite3", f"{sync.ours / sync.raw:.2f}", "1"),
        Line(
            "open and quiet, share of a core",
            f"{quiet.ours:.2%}",
            f"bare Textual {quiet.floor:.2%}",
            f"< {QUIET:.0%}",
            quiet.ours < QUIET,
        ),
        _within("longest stall of the event loop, first sync", sync.stall, STALL),
    ]
    for name, loaded in others.items():
        told = (
            f"over {figures.LONGEST_LOAD:.0f} s"
            if loaded is None
            else f"{loaded.seconds:.1f} s, {_mb(loaded.memory)}"
        )
        lines.append(Line(f"the same messages in {name}", "", told))
    return lines


def _beside_bare(
    name: str, taken: figures.Apart, written: Callable[[float], str], most: float
) -> Line:
    """Return the row of a figure whose ratio to its baseline has a limit."""
    ours = f"{written(taken.ours)}, ÷ {taken.ratio:.2f}"
    return Line(name, ours, written(taken.floor), f"≤ {most:.2f}", taken.ratio <= most)


def _within(name: str, seconds: float, most: float) -> Line:
    """Return the row of a duration with a limit."""
    return Line(name, _ms(seconds), promise=f"≤ {_ms(most)}", kept=seconds <= most)


def _team_lines(size: int, *, quick: bool) -> list[Line]:
    taken = team(size, 5 if quick else 20, 10.0 if quick else 40.0)
    seen = figures.percentile_95(taken.arrivals)
    return [
        Line(
            "team: messages a second to a new member",
            f"{taken.copied:,.0f}",
            promise=f"≥ {A_SECOND:,}",
            kept=taken.copied >= A_SECOND,
        ),
        _within("… from the hub's commit to 20 screens, p95", seen, 1.0),
        Line(
            "… a quiet member, share of a core",
            f"{taken.share:.2%}",
            promise=f"< {QUIET:.0%}",
            kept=taken.share < QUIET,
        ),
        Line(
            "… and its queries a second",
            f"{taken.queries:.2f}",
            promise="< 1",
            kept=taken.queries < 1.0,
        ),
    ]


def _ms(seconds: float) -> str:
    milliseconds = seconds / MILLISECOND
    return f"{milliseconds:.0f} ms" if milliseconds >= 100 else f"{milliseconds:.1f} ms"


def _mb(size: float) -> str:
    return f"{size / MEGABYTE:.0f} MB"


def _print(size: int, lines: list[Line]) -> None:
    kept = {True: "kept", False: "NOT KEPT", None: ""}
    rows: list[tuple[str, ...]] = [
        (f"figure, at {size:,} messages", "inbox-tui", "floor", "promised", ""),
        *((*line[:4], kept[line.kept]) for line in lines),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, (*("-" * width for width in widths[:4]), "----"))
    print()
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
