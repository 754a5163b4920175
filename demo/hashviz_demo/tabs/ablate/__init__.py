"""The panel Ablate of the tab Compare."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "ablate",
    "Parts on and off",
    "A method is a sum of parts: turn one off to see which pictures leave the results, which "
    "enter, and what it costs. Dots are seeds; a difference inside its interval shows nothing.",
    kept=("ablation", "off", "seed"),
)
