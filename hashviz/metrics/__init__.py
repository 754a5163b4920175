"""Numbers about codes: rankings, graded relevance, the bits themselves. Per query, never a mean."""

from inspect import ismodule as _ismodule

from hashviz.metrics.buckets import Buckets as Buckets
from hashviz.metrics.buckets import ball_cells as ball_cells
from hashviz.metrics.buckets import ball_sizes as ball_sizes
from hashviz.metrics.buckets import buckets as buckets
from hashviz.metrics.buckets import chance_sizes as chance_sizes
from hashviz.metrics.buckets import collision_chance as collision_chance
from hashviz.metrics.buckets import expected_pairs as expected_pairs
from hashviz.metrics.changes import ChangedResults as ChangedResults
from hashviz.metrics.changes import changed_results as changed_results
from hashviz.metrics.changes import leaving_results as leaving_results
from hashviz.metrics.codes import bit_balance as bit_balance
from hashviz.metrics.codes import bit_correlation as bit_correlation
from hashviz.metrics.codes import bit_entropy as bit_entropy
from hashviz.metrics.codes import bit_groups as bit_groups
from hashviz.metrics.codes import constant_bits as constant_bits
from hashviz.metrics.codes import correlation_rank as correlation_rank
from hashviz.metrics.codes import distance_histogram as distance_histogram
from hashviz.metrics.codes import distinct_codes as distinct_codes
from hashviz.metrics.codes import mean_correlation as mean_correlation
from hashviz.metrics.codes import quantization_error as quantization_error
from hashviz.metrics.codes import useful_bits as useful_bits
from hashviz.metrics.counts import DistanceCounts as DistanceCounts
from hashviz.metrics.counts import GainCounts as GainCounts
from hashviz.metrics.counts import align_labels as align_labels
from hashviz.metrics.counts import distance_counts as distance_counts
from hashviz.metrics.counts import gain_counts as gain_counts
from hashviz.metrics.graded import acg as acg
from hashviz.metrics.graded import ndcg as ndcg
from hashviz.metrics.graded import weighted_average_precision as weighted_average_precision
from hashviz.metrics.history import as_history as as_history
from hashviz.metrics.history import bit_flips as bit_flips
from hashviz.metrics.history import map_over_training as map_over_training
from hashviz.metrics.history import own_counts as own_counts
from hashviz.metrics.history import quiet_share as quiet_share
from hashviz.metrics.information import MutualInformation as MutualInformation
from hashviz.metrics.information import binned as binned
from hashviz.metrics.information import mutual_information as mutual_information
from hashviz.metrics.probing import Probing as Probing
from hashviz.metrics.probing import multi_index_probing as multi_index_probing
from hashviz.metrics.probing import scan_probing as scan_probing
from hashviz.metrics.probing import table_probing as table_probing
from hashviz.metrics.ranking import DIALECTS as DIALECTS
from hashviz.metrics.ranking import TIE_ORDERS as TIE_ORDERS
from hashviz.metrics.ranking import average_precision as average_precision
from hashviz.metrics.ranking import chance_average_precision as chance_average_precision
from hashviz.metrics.ranking import check_rank as check_rank
from hashviz.metrics.ranking import empty_balls as empty_balls
from hashviz.metrics.ranking import precision_at as precision_at
from hashviz.metrics.ranking import precision_by_radius as precision_by_radius
from hashviz.metrics.ranking import recall_at as recall_at
from hashviz.metrics.ranking import recall_by_radius as recall_by_radius


def __dir__() -> list[str]:
    return [name for name, value in globals().items() if name[0] != "_" and not _ismodule(value)]
