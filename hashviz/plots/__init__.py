"""Figures: functions of arrays that draw on one Axes and return it.

Numbers arrive computed (from `hashviz.metrics`), the look comes from the caller:
`with plots.theme(): plots.hash_centers(centers)`. Without `ax` a function opens a figure of its
own. Importing this package changes no setting of matplotlib.
"""

from hashviz.plots.centers import center_distances, hash_centers
from hashviz.plots.codes import bit_balance, bit_correlation, code_matrix
from hashviz.plots.curves import precision_at_n, precision_recall
from hashviz.plots.distances import distance_histogram
from hashviz.plots.palette import color_of, method_styles, new_axes, style_of, theme
from hashviz.plots.retrieval import query_results, query_results_size
from hashviz.plots.training import training_terms

__all__ = [
    "bit_balance",
    "bit_correlation",
    "center_distances",
    "code_matrix",
    "color_of",
    "distance_histogram",
    "hash_centers",
    "method_styles",
    "new_axes",
    "precision_at_n",
    "precision_recall",
    "query_results",
    "query_results_size",
    "style_of",
    "theme",
    "training_terms",
]
