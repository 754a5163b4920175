"""Figures: functions of arrays that draw on one Axes and return it.

Numbers arrive computed (from `hashviz.metrics`), the look comes from the caller:
`with plots.theme(): plots.hash_centers(centers)`. Without `ax` a function opens a figure of its
own. Importing this package changes no setting of matplotlib.
"""

from inspect import ismodule as _ismodule

from hashviz.plots.ablations import *
from hashviz.plots.attack import *
from hashviz.plots.beside import *
from hashviz.plots.buckets import *
from hashviz.plots.centers import *
from hashviz.plots.changes import *
from hashviz.plots.codes import *
from hashviz.plots.comparing import *
from hashviz.plots.curves import *
from hashviz.plots.distances import *
from hashviz.plots.explain import *
from hashviz.plots.guess import *
from hashviz.plots.history import *
from hashviz.plots.maps import *
from hashviz.plots.marks import *
from hashviz.plots.outputs import *
from hashviz.plots.palette import *
from hashviz.plots.panels import *
from hashviz.plots.placements import *
from hashviz.plots.plane import *
from hashviz.plots.retrieval import *
from hashviz.plots.rings import *
from hashviz.plots.scales import *
from hashviz.plots.spotlight import *
from hashviz.plots.strips import *
from hashviz.plots.ties import *
from hashviz.plots.training import *
from hashviz.plots.vision import *


def __dir__() -> list[str]:
    return [name for name, value in globals().items() if name[0] != "_" and not _ismodule(value)]
