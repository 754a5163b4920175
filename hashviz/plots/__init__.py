"""Figures: functions of arrays that draw on one Axes and return it.

Numbers arrive computed (from `hashviz.metrics`), the look comes from the caller:
`with plots.theme(): plots.hash_centers(centers)`. Without `ax` a function opens a figure of its
own. Importing this package changes no setting of matplotlib.
"""

from inspect import ismodule as _ismodule

from hashviz.plots.centers import *
from hashviz.plots.codes import *
from hashviz.plots.comparing import *
from hashviz.plots.curves import *
from hashviz.plots.distances import *
from hashviz.plots.explain import *
from hashviz.plots.lessons import *
from hashviz.plots.looks import *
from hashviz.plots.maps import *
from hashviz.plots.marks import *
from hashviz.plots.notes import *
from hashviz.plots.palette import *
from hashviz.plots.panels import *
from hashviz.plots.results import *
from hashviz.plots.steps import *


def __dir__() -> list[str]:
    return [name for name, value in globals().items() if name[0] != "_" and not _ismodule(value)]
