"""The methods: one row each. Choices, contract tests, menus, README and colors follow from it.

The table imports no torch, so that listing is instant; `Method.load` brings the class or function.
"""

import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hashviz.config import unknown


@dataclass(frozen=True)
class Claim:
    """What a paper says of its parts, so that it can fail: the whole beats the variant `than`."""

    sentence: str
    than: str
    measure: str = "map"


@dataclass(frozen=True, kw_only=True)
class Method:
    """One row: where the method comes from, what it learns from, and where its code is."""

    code: str
    """`file.Name` below this package: a `HashLoss` if `trained`, else a fit function."""
    title: str
    paper: str
    url: str
    family: str
    supervision: str
    trained: bool = True
    multi_label: bool = True
    network: str = ""
    """`file.Name` of a function `(backbone, image_channels, bits, *, settings) -> HashNetwork`;
    empty for the plain one, a backbone and a linear hash layer."""
    per_class: int = 0
    """Images of every class in a batch; 0 for ordinary batches."""
    ablation: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Named option sets; each is compared with the method as it stands."""
    claims: tuple[Claim, ...] = ()
    """What the paper says that its parts are worth."""

    def load(self) -> Callable[..., Any]:
        """The class of the loss, or the fit function."""
        return _named(self.code)

    def load_network(self) -> Callable[..., Any]:
        """The function that builds the network."""
        return _named(self.network or "base.plain_network")

    def settings(self) -> dict[str, Any]:
        """The method's own switches and weights, of loss and network, with their defaults."""
        network = _keywords(self.load_network()) if self.trained else {}
        return {**_keywords(self.load()), **network}

    def loss_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the options that the loss (or the fit) takes."""
        return {k: v for k, v in options.items() if k in _keywords(self.load())}

    def network_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The part of the options that the network takes."""
        return {k: v for k, v in options.items() if k in _keywords(self.load_network())}

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse what the method does not know, before anything is trained.

        Raises:
            ValueError: for an unknown name or a value of another kind than the default's.
        """
        known = self.settings()
        for name, value in options.items():
            if name not in known:
                if not known:
                    raise ValueError(f"{self.title} has no settings, got {name!r}.")
                raise unknown(f"setting of {self.title}", name, known)
            kind = type(known[name])
            kind = float if kind is float else kind
            allowed = (int, float) if kind is float else (kind,)
            if isinstance(value, bool) != (kind is bool) or not isinstance(value, allowed):
                raise ValueError(
                    f"{name} of {self.title} is a {kind.__name__} such as {known[name]!r}, "
                    f"got {value!r}."
                )
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name} of {self.title} is a finite number, got {value!r}.")


def _named(code: str) -> Callable[..., Any]:
    module, _, name = code.rpartition(".")
    return getattr(importlib.import_module(f"hashviz.methods.{module}"), name)


def _keywords(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


METHODS: dict[str, Method] = {
    "lsh": Method(
        code="fitted.projections.fit_lsh",
        title="LSH",
        paper="Charikar, STOC 2002",
        url="https://doi.org/10.1145/509907.509965",
        family="random hyperplanes",
        supervision="none",
        trained=False,
    ),
    "sh": Method(
        code="fitted.spectral.fit_sh",
        title="SH",
        paper="Weiss et al., NIPS 2008",
        url="https://papers.nips.cc/paper/3383-spectral-hashing",
        family="spectral relaxation",
        supervision="none",
        trained=False,
        ablation={"range without outliers": {"outliers": 0.05}},
    ),
    "itq": Method(
        code="fitted.projections.fit_itq",
        title="ITQ",
        paper="Gong and Lazebnik, CVPR 2011",
        url="https://doi.org/10.1109/CVPR.2011.5995432",
        family="learned rotation",
        supervision="none",
        trained=False,
        ablation={"no rotation": {"iterations": 0}},
    ),
    "cca-itq": Method(
        code="fitted.projections.fit_cca_itq",
        title="CCA-ITQ",
        paper="Gong and Lazebnik, CVPR 2011",
        url="https://doi.org/10.1109/CVPR.2011.5995432",
        family="learned rotation",
        supervision="labels",
        trained=False,
        ablation={"no rotation": {"iterations": 0}},
    ),
    "mlh": Method(
        code="fitted.pairs.fit_mlh",
        title="MLH",
        paper="Norouzi and Fleet, ICML 2011",
        url="https://www.cs.toronto.edu/~norouzi/research/papers/min_loss_hashing.pdf",
        family="hyperplanes from pairs",
        supervision="pairs",
        trained=False,
        ablation={"no weight decay": {"decay": 0.0}},
    ),
    "bre": Method(
        code="fitted.pairs.fit_bre",
        title="BRE",
        paper="Kulis and Darrell, NIPS 2009",
        url="https://papers.nips.cc/paper/3667-learning-to-hash-with-binary-reconstructive-embeddings",
        family="hyperplanes from pairs",
        supervision="pairs",
        trained=False,
        ablation={"distances of the features": {"supervised": False}},
    ),
    "ksh": Method(
        code="fitted.kernel.fit_ksh",
        title="KSH",
        paper="Liu et al., CVPR 2012",
        url="https://doi.org/10.1109/CVPR.2012.6247912",
        family="kernel",
        supervision="pairs",
        trained=False,
        ablation={"eigenvectors alone": {"iterations": 0}},
    ),
    "sdh": Method(
        code="fitted.kernel.fit_sdh",
        title="SDH",
        paper="Shen et al., CVPR 2015",
        url="https://doi.org/10.1109/CVPR.2015.7298598",
        family="kernel",
        supervision="labels",
        trained=False,
        ablation={"one round of codes": {"iterations": 1, "sweeps": 1}},
    ),
    "dpsh": Method(
        code="pairwise.DPSH",
        title="DPSH",
        paper="Li et al., IJCAI 2016",
        url="https://arxiv.org/abs/1511.03855",
        family="pairwise likelihood",
        supervision="pairs",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "memory of all images": {"memory": True},
        },
    ),
    "hashnet": Method(
        code="pairwise.HashNet",
        title="HashNet",
        paper="Cao et al., ICCV 2017",
        url="https://arxiv.org/abs/1702.00758",
        family="pairwise likelihood",
        supervision="pairs",
        ablation={
            "no continuation": {"continuation": False},
            "no class balance": {"balanced": False},
        },
    ),
    "csq": Method(
        code="center.CSQ",
        title="CSQ",
        paper="Yuan et al., CVPR 2020",
        url="https://arxiv.org/abs/1908.00347",
        family="hash centers",
        supervision="labels",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "first Hadamard rows": {"centers": "hadamard-first"},
            "random centers": {"centers": "random"},
        },
    ),
    "dpn": Method(
        code="center.DPN",
        title="DPN",
        paper="Fan et al., IJCAI 2020",
        url="https://www.ijcai.org/Proceedings/2020/115",
        family="hash centers",
        supervision="labels",
        ablation={
            "no regularization": {"regularization_weight": 0.0},
            "random centers": {"centers": "random"},
        },
    ),
    "orthohash": Method(
        code="center.OrthoHash",
        network="center.normalized_network",
        title="OrthoHash",
        paper="Hoe et al., NeurIPS 2021",
        url="https://arxiv.org/abs/2109.14449",
        family="hash centers",
        supervision="labels",
        ablation={
            "no margin": {"margin": 0.0},
            "random centers": {"centers": "random"},
        },
    ),
    "hhf": Method(
        code="center.HHF",
        title="HHF",
        paper="Xu et al., TMM 2022",
        url="https://arxiv.org/abs/2112.02391",
        family="learned centers",
        supervision="labels",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "hinges without slack": {"delta": 0.0},
        },
    ),
    "cnnh": Method(
        code="two_stage.CNNH",
        title="CNNH",
        paper="Xia et al., AAAI 2014",
        url="https://doi.org/10.1609/aaai.v28i1.8952",
        family="two stages",
        supervision="pairs",
        ablation={"majority only": {"sweeps": 0}, "random centers": {"centers": "random"}},
    ),
    "dsh": Method(
        code="pairwise.DSH",
        title="DSH",
        paper="Liu et al., CVPR 2016",
        url="https://doi.org/10.1109/CVPR.2016.227",
        family="contrastive pairs",
        supervision="pairs",
        ablation={"no quantization": {"quantization_weight": 0.0}},
    ),
    "dhn": Method(
        code="pairwise.DHN",
        title="DHN",
        paper="Zhu et al., AAAI 2016",
        url="https://github.com/thuml/hash-caffe",
        family="pairwise likelihood",
        supervision="pairs",
        ablation={"no quantization": {"quantization_weight": 0.0}},
    ),
    "dch": Method(
        code="pairwise.DCH",
        title="DCH",
        paper="Cao et al., CVPR 2018",
        url="https://openaccess.thecvf.com/content_cvpr_2018/html/Cao_Deep_Cauchy_Hashing_CVPR_2018_paper.html",
        family="pairwise likelihood",
        supervision="pairs",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "no class balance": {"balanced": False},
            "small ball": {"gamma": 5.0},
        },
    ),
    "idhn": Method(
        code="multilabel.IDHN",
        title="IDHN",
        paper="Zhang et al., TMM 2020",
        url="https://arxiv.org/abs/1803.02987",
        family="pairwise likelihood",
        supervision="pairs, graded by shared labels",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "no partial similarity": {"partial_weight": 0.0},
        },
    ),
    "adsh": Method(
        code="asymmetric.ADSH",
        title="ADSH (learns training codes directly)",
        paper="Jiang and Li, AAAI 2018",
        url="https://arxiv.org/abs/1707.08325",
        family="asymmetric pairs",
        supervision="pairs; learns the codes of the training images directly",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "codes stay at their start": {"alternate": False},
        },
    ),
    "dnnh": Method(
        code="triplet.DNNH",
        network="triplet.divided_network",
        title="DNNH",
        paper="Lai et al., CVPR 2015",
        url="https://arxiv.org/abs/1504.03410",
        family="triplets",
        supervision="triplets",
        ablation={"backbone's own features": {"group_size": 0}},
    ),
    "dtsh": Method(
        code="triplet.DTSH",
        title="DTSH",
        paper="Wang et al., ACCV 2016",
        url="https://arxiv.org/abs/1612.03900",
        family="triplets",
        supervision="triplets",
        ablation={"no quantization": {"quantization_weight": 0.0}},
    ),
    "mihash": Method(
        code="histogram.MIHash",
        title="MIHash",
        paper="Cakir et al., TPAMI 2019",
        url="https://arxiv.org/abs/1803.00974",
        family="histograms of distances",
        supervision="pairs",
        ablation={"four bins": {"bins": 4}, "steeper codes": {"slope": 4.0}},
    ),
    "dlbhc": Method(
        code="classify.DLBHC",
        title="DLBHC",
        paper="Lin et al., CVPRW 2015",
        url="https://doi.org/10.1109/CVPRW.2015.7301269",
        family="classification",
        supervision="labels",
    ),
    "ssdh": Method(
        code="classify.SSDH",
        title="SSDH",
        paper="Yang et al., TPAMI 2018",
        url="https://arxiv.org/abs/1507.00101",
        family="classification",
        supervision="labels",
        ablation={
            "no quantization": {"quantization_weight": 0.0},
            "no balance": {"balance_weight": 0.0},
        },
    ),
    "greedyhash": Method(
        code="classify.GreedyHash",
        title="GreedyHash",
        paper="Su et al., NeurIPS 2018",
        url="https://papers.nips.cc/paper/7360-greedy-hash-towards-fast-optimization-for-accurate-hash-coding-in-cnn",
        family="classification",
        supervision="labels",
        ablation={"no quantization": {"quantization_weight": 0.0}},
    ),
    "dfeh": Method(
        code="dfeh.DFEH",
        network="dfeh.dfeh_network",
        title="DFEH",
        paper="Zhao and Liu, Electronics 2022",
        url="https://doi.org/10.3390/electronics11152391",
        family="contrastive pairs, enhanced pictures",
        supervision="pairs",
        per_class=20,
        ablation={
            "contrastive only": {"quantization_weight": 0.0, "balance_weight": 0.0},
            "contrastive + quantization": {"balance_weight": 0.0},
            "contrastive + balance": {"quantization_weight": 0.0},
            "regularization 0": {"quantization_weight": 0.0},
            "regularization 0.001": {"quantization_weight": 0.001},
            "regularization 0.1": {"quantization_weight": 0.1},
            "no enhancement": {"enhancement": "none"},
            "channel enhancement": {"enhancement": "channel"},
            "spatial enhancement": {"enhancement": "spatial"},
            "balance of each code": {"balance": "code"},
            "squared quantization": {"quantization": "l2"},
        },
        claims=(
            Claim("Enhancing features removes what is irrelevant.", "no enhancement"),
            Claim("Quantization and balance add to the contrastive loss.", "contrastive only"),
            Claim("A weight of 0.1 is too strong a regularization.", "regularization 0.1"),
        ),
    ),
    "guo2016": Method(
        code="pakdd2016.Guo2016",
        network="pakdd2016.guo_network",
        title="Guo 2016",
        paper="Guo, Zhang and Li, PAKDD 2016",
        url="https://doi.org/10.1007/978-3-319-31753-3_19",
        family="classification, independent bits",
        supervision="labels",
        ablation={
            "base": {
                "hash_layer": "linear",
                "decorrelation_weight": 0.0,
                "balance_weight": 0.0,
                "quantization_weight": 0.0,
            },
            "base + loss layer": {"hash_layer": "linear"},
            "base + hash layer": {
                "decorrelation_weight": 0.0,
                "balance_weight": 0.0,
                "quantization_weight": 0.0,
            },
            "maxout hash layer": {"hash_layer": "maxout"},
            "maxout, squared hinge": {"hash_layer": "maxout", "classifier": "hinge"},
        },
        claims=(
            Claim("Hash layer and loss layer together beat the base model.", "base"),
            Claim("They make the bits more independent.", "base", "correlation"),
        ),
    ),
    "dmsh": Method(
        code="dmsh.DMSH",
        network="dmsh.multi_scale_network",
        title="DMSH",
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
            "no quantization": {"quantization_weight": 0.0},
            "no class balance": {"balanced": False},
        },
        claims=(
            Claim("Several scales beat the last one alone.", "scale 3 (coarse)"),
            Claim("Several scales beat the finest one alone.", "scale 1 (fine)"),
        ),
    ),
    "hybrid-centers": Method(
        code="hybrid.HybridCenters",
        title="Hybrid centers",
        paper="Liu et al., ICANN 2023",
        url="https://doi.org/10.1007/978-3-031-44204-9_27",
        family="hash centers",
        supervision="labels",
        ablation={
            "CSQ voting": {"triplet_weight": 0.0, "partial_weight": 0.0},
            "voting and triplets": {"partial_weight": 0.0},
            "voting and partial": {"triplet_weight": 0.0},
            "no voting": {"global_weight": 0.0},
            "partial target of IDHN": {"partial_target": "product"},
        },
        claims=(
            Claim("Several centers beat voting for one.", "CSQ voting"),
            Claim("Partial similarity adds to the triplets.", "voting and triplets"),
        ),
    ),
}


def method_named(name: str) -> Method:
    """The row of a method.

    Raises:
        ValueError: when there is none; the message lists the choices, the nearest first.
    """
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    return METHODS[name]
