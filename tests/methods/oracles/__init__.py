"""The loss of every trained method, written again from its paper or its authors' program.

Plain sums over pairs, triplets and bits in double precision, with the numbers of the source as
defaults; where this project divides a sum, or takes another form on purpose, the oracle says so.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from tests.methods.oracles import centers, classify, pairs

ORACLES: dict[str, Callable[..., Tensor]] = {
    "dpsh": pairs.dpsh,
    "hashnet": pairs.hashnet,
    "csq": centers.csq,
    "dpn": centers.dpn,
    "orthohash": centers.orthohash,
    "hhf": centers.hhf,
    "cnnh": centers.cnnh,
    "dsh": pairs.dsh,
    "dhn": pairs.dhn,
    "dch": pairs.dch,
    "idhn": pairs.idhn,
    "adsh": pairs.adsh,
    "dnnh": pairs.dnnh,
    "dtsh": pairs.dtsh,
    "mihash": pairs.mihash,
    "dlbhc": classify.dlbhc,
    "ssdh": classify.ssdh,
    "greedyhash": classify.greedyhash,
    "dfeh": classify.dfeh,
    "guo2016": classify.guo2016,
    "dmsh": classify.dmsh,
    "hybrid-centers": centers.hybrid_centers,
}

ALTERED: dict[str, list[dict[str, Any]]] = {
    "dpsh": [{"quantization_weight": 0.3}],
    "hashnet": [{"continuation": False}, {"balanced": False}],
    "csq": [{"quantization_weight": 0.5}],
    "dpn": [{"margin": 0.7, "regularization_weight": 0.3}],
    "orthohash": [{"scale": 5.0, "margin": 0.3}],
    "hhf": [{"alpha": 3.0, "delta": 0.1, "quantization_weight": 0.3}],
    "dsh": [{"quantization_weight": 0.3}],
    "dhn": [{"quantization_weight": 0.3}],
    "dch": [{"gamma": 5.0, "quantization_weight": 0.3, "graded": True}, {"balanced": False}],
    "idhn": [{"partial_weight": 0.2, "quantization_weight": 0.3}],
    "adsh": [{"quantization_weight": 5.0}],
    "dnnh": [{"margin": 2.0}],
    "dtsh": [{"quantization_weight": 0.3}],
    "mihash": [{"bins": 8, "slope": 1.5}],
    "ssdh": [{"quantization_weight": 0.3, "balance_weight": 0.7}],
    "greedyhash": [{"quantization_weight": 0.3}],
    "dfeh": [
        {"contrastive_weight": 0.7, "margin_per_bit": 0.5, "quantization_weight": 0.3},
        {"quantization": "l2", "balance": "code", "balance_weight": 0.2},
    ],
    "guo2016": [
        {"decorrelation_weight": 0.3, "balance_weight": 0.2, "quantization_weight": 0.5},
        {"classifier": "hinge"},
    ],
    "dmsh": [
        {"quantization_weight": 0.5, "classification_weight": 2.0, "focusing": 2.0},
        {"balanced": False},
    ],
    "hybrid-centers": [
        {"triplet_weight": 3.0, "partial_weight": 2.0, "global_weight": 0.5, "margin": 0.2},
        {"quantization_weight": 0.7, "partial_target": "product"},
    ],
}
"""Other settings, which an oracle takes by the names of the method's own."""
