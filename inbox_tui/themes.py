"""The app's themes, in addition to those that come with Textual."""

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
TERMINAL = Theme(
    name="inbox-terminal",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_magenta",
    warning="ansi_magenta",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-text-style": "bold underline",
        "block-cursor-blurred-foreground": "ansi_black",
        "block-cursor-blurred-background": "ansi_cyan",
        "block-cursor-blurred-text-style": "bold underline",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "scrollbar": "ansi_cyan",
        "scrollbar-hover": "ansi_cyan",
        "scrollbar-active": "ansi_cyan",
    },
)
"""The terminal's own colours with reverse, bold and dim, for terminals with 16 colours or none."""
OWN = (DARK, LIGHT, TERMINAL)
