"""The tab Scores."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "scores",
    "Scores",
    "One number says how well a run retrieves; the band shows how much of it is luck in the order "
    "of equal distances. Then cheat, and see how little the number means without its protocol.",
    kept=("protocol",),
)
