"""The tab Search."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "search",
    "Search",
    "Every picture has become a short binary code. Those whose codes differ from the query's in "
    "the fewest bits come first; pictures in one box differ in equally many bits, so their order "
    "means nothing.",
    kept=("ties",),
)
