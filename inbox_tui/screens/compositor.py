"""A compositor that asks only those widgets for their lines that have any in what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import Compositor

if TYPE_CHECKING:
    from textual.geometry import Region
    from textual.widget import Widget


class QuickCompositor(Compositor):
    """What a screen is put together by.

    Textual's own has every widget of a screen drawn again for one line of a list: it goes by what
    the widgets are clipped to, which is the whole screen.
    """

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        """Each widget in sight with its region, and with that part of it which is in sight."""
        if self._visible_widgets is None:
            self._visible_widgets = {
                widget: (region, region.intersection(clip))
                for widget, (region, clip) in super().visible_widgets.items()
            }
        return self._visible_widgets
