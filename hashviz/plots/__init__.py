"""Figures: functions of arrays that draw on one Axes and return it.

Numbers arrive computed (from `hashviz.metrics`), the look comes from the caller:
`with plots.theme(): plots.hash_centers(centers)`. Without `ax` a function opens a figure of its
own. Importing this package changes no setting of matplotlib.
"""

from hashviz.plots.ablations import ablation, response_curve, shapley
from hashviz.plots.attack import attack, attack_steps
from hashviz.plots.beside import code_matrices, distance_histograms, panels_height
from hashviz.plots.buckets import ball_occupancy, bucket_occupancy
from hashviz.plots.centers import center_distances, hash_centers
from hashviz.plots.changes import (
    changed_results,
    rank_changes,
    results_change,
    results_change_size,
    variants_results,
    variants_results_size,
)
from hashviz.plots.codes import bit_balance, bit_correlation, code_matrix
from hashviz.plots.comparing import learning_curves, map_by_bits, ranking, time_to_quality
from hashviz.plots.curves import (
    Curve,
    precision_at_n,
    precision_recall,
    precision_recall_by_rank,
)
from hashviz.plots.distances import distance_histogram
from hashviz.plots.explain import (
    bit_agreement,
    bit_gallery,
    heat_on_both,
    heat_on_image,
    mutual_information,
)
from hashviz.plots.guess import guess_and_truth
from hashviz.plots.history import bit_flips, code_history
from hashviz.plots.maps import (
    LAYOUT_NAMES,
    NOT_TO_READ,
    bubble_classes,
    code_map,
    code_map_size,
    same_frame,
    thumbnail_map,
)
from hashviz.plots.marks import REMARK, shared_legend
from hashviz.plots.outputs import output_histogram, output_violins, useful_bits
from hashviz.plots.palette import (
    THEMES,
    color_of,
    new_axes,
    run_styles,
    scaled,
    style_of,
    theme,
)
from hashviz.plots.panels import MapPanel, code_maps, code_maps_size
from hashviz.plots.placements import (
    codes_around_centers,
    distance_meter,
    majority_vote,
    merged_distances,
    minimum_distances,
)
from hashviz.plots.plane import cell_counts, plane_cells
from hashviz.plots.retrieval import query_results, query_results_size
from hashviz.plots.rings import hamming_rings, ring_population
from hashviz.plots.scales import bit_origins
from hashviz.plots.spotlight import best_first, spotlight
from hashviz.plots.strips import divisors, label_strip
from hashviz.plots.ties import tie_band, tie_orders
from hashviz.plots.training import training_terms
from hashviz.plots.vision import EYES, seen_by

__all__ = [
    "EYES",
    "LAYOUT_NAMES",
    "NOT_TO_READ",
    "REMARK",
    "THEMES",
    "Curve",
    "MapPanel",
    "ablation",
    "attack",
    "attack_steps",
    "ball_occupancy",
    "best_first",
    "bit_agreement",
    "bit_balance",
    "bit_correlation",
    "bit_flips",
    "bit_gallery",
    "bit_origins",
    "bubble_classes",
    "bucket_occupancy",
    "cell_counts",
    "center_distances",
    "changed_results",
    "code_history",
    "code_map",
    "code_map_size",
    "code_maps",
    "code_maps_size",
    "code_matrices",
    "code_matrix",
    "codes_around_centers",
    "color_of",
    "distance_histogram",
    "distance_histograms",
    "distance_meter",
    "divisors",
    "guess_and_truth",
    "hamming_rings",
    "hash_centers",
    "heat_on_both",
    "heat_on_image",
    "label_strip",
    "learning_curves",
    "majority_vote",
    "map_by_bits",
    "merged_distances",
    "minimum_distances",
    "mutual_information",
    "new_axes",
    "output_histogram",
    "output_violins",
    "panels_height",
    "plane_cells",
    "precision_at_n",
    "precision_recall",
    "precision_recall_by_rank",
    "query_results",
    "query_results_size",
    "rank_changes",
    "ranking",
    "response_curve",
    "results_change",
    "results_change_size",
    "ring_population",
    "run_styles",
    "same_frame",
    "scaled",
    "seen_by",
    "shapley",
    "shared_legend",
    "spotlight",
    "style_of",
    "theme",
    "thumbnail_map",
    "tie_band",
    "tie_orders",
    "time_to_quality",
    "training_terms",
    "useful_bits",
    "variants_results",
    "variants_results_size",
]


def __dir__() -> list[str]:
    return __all__
