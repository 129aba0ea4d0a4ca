"""The two themes of our own; Textual's can be chosen too."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="inbox-dark",
    primary="#6ca7c8",
    secondary="#8f9dae",
    accent="#e0b05c",
    warning="#e0b05c",
    error="#e07a6c",
    success="#7fb685",
    foreground="#d5dae1",
    background="#14181d",
    surface="#1a1f26",
    panel="#2a313b",
    dark=True,
)
LIGHT = Theme(
    name="inbox-light",
    primary="#1f6f96",
    secondary="#5b6875",
    accent="#9a6400",
    warning="#9a6400",
    error="#b03a2a",
    success="#2f7a3d",
    foreground="#1d2329",
    background="#fbfbf9",
    surface="#f2f2ef",
    panel="#dcdfe0",
    dark=False,
)
