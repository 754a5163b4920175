"""The panel Collisions of the tab Space."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "collisions",
    "Collisions",
    "Pictures that share a code cannot be told apart: their distance is 0. Most of them should "
    "share a class; those that do not are mistakes of the hash, and no search can undo them.",
    kept=("bucket",),
)
