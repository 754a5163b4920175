"""The tab Break."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "break",
    "Break",
    "Change a picture by less than the eye can see, and its code and all its results change; or "
    "give it exactly the code of a stranger.",
    kept=("aim",),
)
