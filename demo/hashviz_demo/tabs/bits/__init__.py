"""The tab Bits."""

from hashviz_demo.frame.pane import Tab

TAB = Tab(
    __name__,
    "bits",
    "Bits",
    "The keys are the bits of the query: press one, or drag across several, and the pictures are "
    "sorted again for the new code. The X-ray below shows which bits carry information, and what "
    "each of them says.",
    panel="This code",
)
