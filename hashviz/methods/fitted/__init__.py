"""Methods that are fitted to features in closed form or by a short iteration, without a network.

`fit(features, labels, bits, seed) -> encoder`: an encoder is a module from features to real outputs
whose buffers are its constructor's arguments, so that a run can rebuild it from its weights.
"""

from hashviz.methods.method import Method

FITTED: dict[str, Method] = {
    "lsh": Method(
        code="fitted.projections.fit_lsh",
        encoder="fitted.projections.LinearEncoder",
        title="LSH",
        paper="Charikar, STOC 2002",
        url="https://doi.org/10.1145/509907.509965",
        family="random hyperplanes",
        supervision="none",
        relaxation="direction",
    ),
    "sh": Method(
        code="fitted.spectral.fit_sh",
        encoder="fitted.spectral.WaveEncoder",
        title="SH",
        paper="Weiss et al., NIPS 2008",
        url="https://papers.nips.cc/paper/3383-spectral-hashing",
        family="spectral relaxation",
        supervision="none",
        ablation={"range without outliers": {"outliers": 0.05}},
    ),
    "itq": Method(
        code="fitted.projections.fit_itq",
        encoder="fitted.projections.LinearEncoder",
        title="ITQ",
        paper="Gong and Lazebnik, CVPR 2011",
        url="https://doi.org/10.1109/CVPR.2011.5995432",
        family="learned rotation",
        supervision="none",
        ablation={"no rotation": {"iterations": 0}},
    ),
    "cca-itq": Method(
        code="fitted.projections.fit_cca_itq",
        encoder="fitted.projections.LinearEncoder",
        title="CCA-ITQ",
        paper="Gong and Lazebnik, CVPR 2011",
        url="https://doi.org/10.1109/CVPR.2011.5995432",
        family="learned rotation",
        ablation={"no rotation": {"iterations": 0}},
    ),
    "mlh": Method(
        code="fitted.pairs.fit_mlh",
        encoder="fitted.projections.LinearEncoder",
        title="MLH",
        paper="Norouzi and Fleet, ICML 2011",
        url="https://www.cs.toronto.edu/~norouzi/research/papers/min_loss_hashing.pdf",
        family="hyperplanes from pairs",
        supervision="pairs",
        relaxation="direction",
        ablation={"no weight decay": {"decay": 0.0}},
    ),
    "bre": Method(
        code="fitted.pairs.fit_bre",
        encoder="fitted.projections.LinearEncoder",
        title="BRE",
        paper="Kulis and Darrell, NIPS 2009",
        url="https://papers.nips.cc/paper/3667-learning-to-hash-with-binary-reconstructive-embeddings",
        family="hyperplanes from pairs",
        supervision="pairs",
        relaxation="direction",
        ablation={"distances of the features": {"supervised": False}},
    ),
    "ksh": Method(
        code="fitted.kernel.fit_ksh",
        encoder="fitted.kernel.KernelEncoder",
        title="KSH",
        paper="Liu et al., CVPR 2012",
        url="https://doi.org/10.1109/CVPR.2012.6247912",
        family="kernel",
        supervision="pairs",
        relaxation="sigmoid",
        ablation={"eigenvectors alone": {"iterations": 0}},
    ),
    "sdh": Method(
        code="fitted.kernel.fit_sdh",
        encoder="fitted.kernel.KernelEncoder",
        title="SDH",
        paper="Shen et al., CVPR 2015",
        url="https://doi.org/10.1109/CVPR.2015.7298598",
        family="kernel",
        ablation={"one round of codes": {"iterations": 1, "sweeps": 1}},
    ),
}
"""The first rows of `METHODS`."""
