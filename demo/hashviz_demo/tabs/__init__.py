"""The tabs of the app in order, each a folder with its row; `hashviz_demo.frame.pane` says how."""

from collections.abc import Iterable
from importlib import import_module

from hashviz_demo.frame.pane import Tab

FOLDERS = (
    "search",
    "bits",
    "why",
    "compare",
    "space",
    "scores",
    "train",
    "ablate",
    "breaking",
    "scale",
)


def find_tabs(folders: Iterable[str]) -> tuple[Tab, ...]:
    """Read the rows of tabs from their folders."""
    return tuple(import_module(f"{__name__}.{folder}").TAB for folder in folders)


TABS = find_tabs(FOLDERS)
