"""The tabs of the app in groups; each panel is a folder with its row (see `frame.pane`)."""

from collections.abc import Iterable
from importlib import import_module

from hashviz_demo.frame.pane import Tab

GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "See": (("search",), ("bits", "why"), ("space", "collisions")),
    "Judge": (("scores",), ("compare", "ablate")),
    "Make": (("train",), ("breaking",)),
    "": (("scale",),),
}
"""The tabs of each group. A tab is the folders of its panels, and the first of them names it."""

FOLDERS = tuple(folder for group in GROUPS.values() for tab in group for folder in tab)


def find_tabs(folders: Iterable[str]) -> tuple[Tab, ...]:
    """Read the rows of panels from their folders."""
    return tuple(import_module(f"{__name__}.{folder}").TAB for folder in folders)


TABS = find_tabs(FOLDERS)

MENU = {name: tuple(find_tabs(tab) for tab in group) for name, group in GROUPS.items()}
"""The rows of `GROUPS`."""
