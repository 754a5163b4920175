"""The tab Scale."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "scale",
    "Scale",
    "What N pictures cost as codes and as floats: memory, milliseconds and money, each with its "
    "formula. Measure this machine, then compare it with an engine on many machines.",
    kept=("scale",),
)
