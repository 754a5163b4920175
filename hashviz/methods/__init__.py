"""The methods: one row each. Choices, contract tests, menus, README and colors follow from it.

The table imports no torch, so that listing is instant; `Method.load` imports the class or function.
Methods that are fitted instead of trained have their rows in `hashviz.methods.fitted`. A loss of
your own is a method like all others once it has a row:

    METHODS["mine"] = Method(code=MyLoss, paper="", url="", family="own")
"""

from dataclasses import replace

from hashviz.config import unknown
from hashviz.methods.fitted import FITTED
from hashviz.methods.method import WHOLE, Claim, Method

__all__ = ["METHODS", "WHOLE", "Claim", "Method", "look_of", "method_named"]

NO_QUANTIZATION = {"no quantization": {"quantization_weight": 0.0}}
NO_CLASS_BALANCE = {"no class balance": {"balanced": False}}
RANDOM_CENTERS = {"random centers": {"centers": "random"}}
NO_LOSS_LAYER = {f"{name}_weight": 0.0 for name in ("decorrelation", "balance", "quantization")}


def __dir__() -> list[str]:
    return __all__


ROWS: dict[str, Method] = {
    **FITTED,
    "dpsh": Method(
        code="pairwise.DPSH",
        paper="Li et al., IJCAI 2016",
        url="https://arxiv.org/abs/1511.03855",
        family="pairwise likelihood",
        supervision="pairs",
        ablation={**NO_QUANTIZATION, "memory of all images": {"memory": True}},
    ),
    "hashnet": Method(
        code="pairwise.HashNet",
        paper="Cao et al., ICCV 2017",
        url="https://arxiv.org/abs/1702.00758",
        family="pairwise likelihood",
        supervision="pairs",
        relaxation="annealed tanh",
        ablation={"no continuation": {"continuation": False}, **NO_CLASS_BALANCE},
    ),
    "csq": Method(
        code="center.CSQ",
        paper="Yuan et al., CVPR 2020",
        url="https://arxiv.org/abs/1908.00347",
        family="hash centers",
        relaxation="tanh",
        ablation={
            **NO_QUANTIZATION,
            "first Hadamard rows": {"centers": "hadamard-first"},
            **RANDOM_CENTERS,
        },
    ),
    "dpn": Method(
        code="center.DPN",
        paper="Fan et al., IJCAI 2020",
        url="https://www.ijcai.org/Proceedings/2020/115",
        family="hash centers",
        ablation={"no regularization": {"regularization_weight": 0.0}, **RANDOM_CENTERS},
    ),
    "orthohash": Method(
        code="center.OrthoHash",
        network="center.normalized_network",
        paper="Hoe et al., NeurIPS 2021",
        url="https://arxiv.org/abs/2109.14449",
        family="hash centers",
        relaxation="direction",
        ablation={"no margin": {"margin": 0.0}, **RANDOM_CENTERS},
    ),
    "hhf": Method(
        code="center.HHF",
        paper="Xu et al., TMM 2022",
        url="https://arxiv.org/abs/2112.02225",
        family="learned centers",
        multi_label=False,
        ablation={**NO_QUANTIZATION, "hinges without slack": {"delta": 0.0}},
    ),
    "cnnh": Method(
        code="two_stage.CNNH",
        paper="Xia et al., AAAI 2014",
        url="https://doi.org/10.1609/aaai.v28i1.8952",
        family="two stages",
        supervision="pairs",
        relaxation="sigmoid",
        ablation={"one sweep": {"sweeps": 1}, "centers for codes": {"first_stage": "centers"}},
    ),
    "dsh": Method(
        code="pairwise.DSH",
        paper="Liu et al., CVPR 2016",
        url="https://doi.org/10.1109/CVPR.2016.227",
        family="contrastive pairs",
        supervision="pairs",
        ablation=NO_QUANTIZATION,
    ),
    "dhn": Method(
        code="pairwise.DHN",
        paper="Zhu et al., AAAI 2016",
        url="https://ojs.aaai.org/index.php/AAAI/article/view/10235",
        family="pairwise likelihood",
        supervision="pairs",
        relaxation="tanh",
        ablation=NO_QUANTIZATION,
    ),
    "dch": Method(
        code="pairwise.DCH",
        paper="Cao et al., CVPR 2018",
        url="https://openaccess.thecvf.com/content_cvpr_2018/html/Cao_Deep_Cauchy_Hashing_CVPR_2018_paper.html",
        family="pairwise likelihood",
        supervision="pairs",
        relaxation="tanh",
        ablation={**NO_QUANTIZATION, **NO_CLASS_BALANCE, "small ball": {"gamma": 5.0}},
    ),
    "idhn": Method(
        code="pairwise.IDHN",
        paper="Zhang et al., TMM 2020",
        url="https://arxiv.org/abs/1803.02987",
        family="pairwise likelihood",
        supervision="pairs, graded by shared labels",
        relaxation="softsign",
        ablation={**NO_QUANTIZATION, "no partial similarity": {"partial_weight": 0.0}},
    ),
    "adsh": Method(
        code="asymmetric.ADSH",
        title="ADSH (learns training codes directly)",
        paper="Jiang and Li, AAAI 2018",
        url="https://arxiv.org/abs/1707.08325",
        family="asymmetric pairs",
        supervision="pairs; learns the codes of the training images directly",
        relaxation="tanh",
        ablation={**NO_QUANTIZATION, "codes stay at their start": {"alternate": False}},
    ),
    "dnnh": Method(
        code="triplet.DNNH",
        network="triplet.divided_network",
        paper="Lai et al., CVPR 2015",
        url="https://arxiv.org/abs/1504.03410",
        family="triplets",
        supervision="triplets",
        relaxation="sigmoid",
        ablation={"backbone's own features": {"group_size": 0}},
    ),
    "dtsh": Method(
        code="triplet.DTSH",
        paper="Wang et al., ACCV 2016",
        url="https://arxiv.org/abs/1612.03900",
        family="triplets",
        supervision="triplets",
        ablation=NO_QUANTIZATION,
    ),
    "mihash": Method(
        code="histogram.MIHash",
        paper="Cakir et al., TPAMI 2019",
        url="https://arxiv.org/abs/1803.00974",
        family="histograms of distances",
        supervision="pairs",
        relaxation="sigmoid",
        ablation={"four bins": {"bins": 4}, "steeper codes": {"slope": 4.0}},
    ),
    "dlbhc": Method(
        code="classify.DLBHC",
        paper="Lin et al., CVPRW 2015",
        url="https://doi.org/10.1109/CVPRW.2015.7301269",
        family="classification",
        relaxation="sigmoid",
    ),
    "ssdh": Method(
        code="classify.SSDH",
        paper="Yang et al., TPAMI 2018",
        url="https://arxiv.org/abs/1507.00101",
        family="classification",
        relaxation="sigmoid",
        ablation={**NO_QUANTIZATION, "no balance": {"balance_weight": 0.0}},
    ),
    "greedyhash": Method(
        code="classify.GreedyHash",
        paper="Su et al., NeurIPS 2018",
        url="https://papers.nips.cc/paper/7360-greedy-hash-towards-fast-optimization-for-accurate-hash-coding-in-cnn",
        family="classification",
        ablation=NO_QUANTIZATION,
    ),
    "dfeh": Method(
        code="dfeh.DFEH",
        network="dfeh.dfeh_network",
        paper="Zhao and Liu, Electronics 2022",
        url="https://doi.org/10.3390/electronics11152391",
        family="contrastive pairs, enhanced pictures",
        supervision="pairs",
        per_class=20,
        # Seed 101, 1,000 pictures, chance 0.47: 0.65 after 20 epochs. Without the enhancement layer
        # 0.65 after 25, 0.70 after 40; a rate of 0.24 gives 0.62 after 40, 0.03 0.61 after 25.
        recipe={"scenes": {"epochs": 20, "learning_rate": 0.08}},
        ablation={
            "contrastive only": {"quantization_weight": 0.0, "balance_weight": 0.0},
            "contrastive + quantization": {"balance_weight": 0.0},
            "contrastive + balance": {"quantization_weight": 0.0},
            "regularization 0.001": {"quantization_weight": 0.001},
            "regularization 0.1": {"quantization_weight": 0.1},
            "no enhancement": {"enhancement": "none"},
            "channel enhancement": {"enhancement": "channel"},
            "spatial enhancement": {"enhancement": "spatial"},
            "balance of each code": {"balance": "code"},
            "squared quantization": {"quantization": "l2"},
        },
        claims=(
            Claim("The enhancement layer raises mAP.", "no enhancement"),
            Claim("Quantization and balance add to the contrastive loss.", "contrastive only"),
            Claim("A regularization weight of 0.01 beats one of 0.1.", "regularization 0.1"),
        ),
    ),
    "guo2016": Method(
        code="pakdd2016.Guo2016",
        network="pakdd2016.guo_network",
        title="Guo 2016",
        paper="Guo, Zhang and Li, PAKDD 2016",
        url="https://doi.org/10.1007/978-3-319-31753-3_19",
        family="classification, independent bits",
        relaxation="tanh",
        ablation={
            "base": {"hash_layer": "linear", **NO_LOSS_LAYER},
            "base + loss layer": {"hash_layer": "linear"},
            "base + hash layer": NO_LOSS_LAYER,
            "maxout hash layer": {"hash_layer": "maxout"},
            "maxout, squared hinge": {"hash_layer": "maxout", "classifier": "hinge"},
        },
        claims=(
            Claim("Hash layer and loss layer together beat the base model.", "base"),
            Claim("Together they make the bits less correlated.", "base", "correlation"),
        ),
    ),
    "dmsh": Method(
        code="dmsh.DMSH",
        network="dmsh.MultiScaleNetwork",
        paper="Redaoui et al., ICAITA 2022",
        url="https://doi.org/10.1007/978-3-031-28540-0_4",
        family="pairwise likelihood",
        supervision="pairs and labels",
        ablation={
            "scale 1 (fine)": {"scales": "1"},
            "scale 2": {"scales": "2"},
            "scale 3 (coarse)": {"scales": "3"},
            "scales 1 and 2": {"scales": "1,2"},
            "scales 1 and 3": {"scales": "1,3"},
            "scales 2 and 3": {"scales": "2,3"},
            "codes fused": {"fusion": "codes"},
            "with global branch": {"global_branch": True},
            "no classification": {"classification_weight": 0.0},
            **NO_QUANTIZATION,
            **NO_CLASS_BALANCE,
        },
        items={"scales": ("1", "2", "3")},
        claims=(
            Claim("Three scales beat the coarsest one alone.", "scale 3 (coarse)"),
            Claim("Three scales beat the finest one alone.", "scale 1 (fine)"),
        ),
    ),
    "hybrid-centers": Method(
        code="hybrid.HybridCenters",
        title="Hybrid centers",
        paper="Liu et al., ICANN 2023",
        url="https://doi.org/10.1007/978-3-031-44204-9_27",
        family="hash centers",
        relaxation="tanh",
        ablation={
            "CSQ voting": {"triplet_weight": 0.0, "partial_weight": 0.0},
            "voting and triplets": {"partial_weight": 0.0},
            "voting and partial": {"triplet_weight": 0.0},
            "no voting": {"global_weight": 0.0},
            "partial target of IDHN": {"partial_target": "product"},
        },
        claims=(
            Claim(
                "Several centers, with triplets and partial similarity, beat voting for one.",
                "CSQ voting",
                of="no voting",
                several_labels=True,
            ),
            Claim("Triplets add to CSQ's loss.", "CSQ voting", of="voting and triplets"),
            Claim(
                "Partial similarity adds to voting and triplets.",
                "voting and triplets",
                several_labels=True,
            ),
        ),
    ),
}
"""New rows go to the end: the place of a row is its look, and no other row moves."""

METHODS = {name: replace(row, look=place) for place, (name, row) in enumerate(ROWS.items())}


def method_named(name: str) -> Method:
    """Return the row of a method.

    Raises:
        ValueError: when there is none; the message lists the choices, the nearest first.
    """
    if name not in METHODS:
        raise ValueError(
            f"{unknown('method', name, METHODS)} A method of your own is known only to a process "
            "that adds its row to METHODS."
        )
    return METHODS[name]


def look_of(name: str) -> int | None:
    """Return the look of a method; None for codes of unknown origin."""
    return METHODS[name].look if name in METHODS else None
