"""The tab Space."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "space",
    "Space",
    "The codes of the database on a map: each bubble is one code, its area the number of pictures "
    "that have it. Grow the ball around the query and see what a search would touch.",
    panel="The map",
)
