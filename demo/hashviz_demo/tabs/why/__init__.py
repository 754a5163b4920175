"""The panel Why of the tab Bits."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "why",
    "This pair",
    "Query and result, bit by bit: where their codes agree, and where each bit looks in both "
    "pictures. A result is close because of the bits that agree; it hinges on those whose flips "
    "drive it away.",
)
