"""The tab Train."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "train",
    "Train",
    "Every dot is a picture, every star a class: watch the codes find their places while a "
    "network learns. Training continues when you leave this tab, and its result can be searched "
    "in all tabs.",
    kept=("train",),
)
