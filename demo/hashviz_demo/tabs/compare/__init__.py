"""The tab Compare."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "compare",
    "Compare",
    "The same query in up to four runs, row by row: which pictures enter, which leave, and which "
    "run you would want. One query is an anecdote; mAP is the mean over all of them.",
    panel="Side by side",
    kept=("with",),
)
