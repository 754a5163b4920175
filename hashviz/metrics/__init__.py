"""Numbers about codes: rankings, graded relevance, the bits themselves. Per query, never a mean."""

from hashviz.metrics.buckets import (
    Buckets,
    ball_cells,
    ball_sizes,
    buckets,
    chance_sizes,
    collision_chance,
    expected_pairs,
)
from hashviz.metrics.changes import ChangedResults, changed_results, leaving_results
from hashviz.metrics.codes import (
    bit_balance,
    bit_correlation,
    bit_entropy,
    bit_groups,
    constant_bits,
    correlation_rank,
    distance_histogram,
    distinct_codes,
    mean_correlation,
    quantization_error,
    useful_bits,
)
from hashviz.metrics.counts import (
    DistanceCounts,
    GainCounts,
    align_labels,
    distance_counts,
    gain_counts,
)
from hashviz.metrics.graded import acg, ndcg, weighted_average_precision
from hashviz.metrics.history import (
    as_history,
    bit_flips,
    map_over_training,
    own_counts,
    quiet_share,
)
from hashviz.metrics.information import MutualInformation, binned, mutual_information
from hashviz.metrics.probing import (
    Probing,
    multi_index_probing,
    scan_probing,
    table_probing,
)
from hashviz.metrics.ranking import (
    DIALECTS,
    TIE_ORDERS,
    average_precision,
    chance_average_precision,
    check_rank,
    empty_balls,
    precision_at,
    precision_by_radius,
    recall_at,
    recall_by_radius,
)

__all__ = [
    "DIALECTS",
    "TIE_ORDERS",
    "Buckets",
    "ChangedResults",
    "DistanceCounts",
    "GainCounts",
    "MutualInformation",
    "Probing",
    "acg",
    "align_labels",
    "as_history",
    "average_precision",
    "ball_cells",
    "ball_sizes",
    "binned",
    "bit_balance",
    "bit_correlation",
    "bit_entropy",
    "bit_flips",
    "bit_groups",
    "buckets",
    "chance_average_precision",
    "chance_sizes",
    "changed_results",
    "check_rank",
    "collision_chance",
    "constant_bits",
    "correlation_rank",
    "distance_counts",
    "distance_histogram",
    "distinct_codes",
    "empty_balls",
    "expected_pairs",
    "gain_counts",
    "leaving_results",
    "map_over_training",
    "mean_correlation",
    "multi_index_probing",
    "mutual_information",
    "ndcg",
    "own_counts",
    "precision_at",
    "precision_by_radius",
    "quantization_error",
    "quiet_share",
    "recall_at",
    "recall_by_radius",
    "scan_probing",
    "table_probing",
    "useful_bits",
    "weighted_average_precision",
]


def __dir__() -> list[str]:
    return __all__
