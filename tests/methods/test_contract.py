"""One contract over every trained method of the table."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from hashviz.methods import METHODS, Method, method_named
from hashviz.methods.base import Batch, HashLoss, Problem

TRAINED = [name for name, method in METHODS.items() if method.trained]
FITTED = [name for name, method in METHODS.items() if not method.trained]
QUICK = {"mlh": {"iterations": 50}, "ksh": {"iterations": 20}}
BITS, CLASSES, N = 16, 5, 12


def problem(multi_label: bool = False, bits: int = BITS) -> Problem:
    return Problem(bits, CLASSES, 3 * N, multi_label, seed=0)


def one_hot(classes: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(classes, CLASSES).bool()


LABELS = {
    "several classes": one_hot(torch.arange(N) % CLASSES),
    "one class": one_hot(torch.zeros(N, dtype=torch.long)),
    "all different or alone": one_hot(torch.arange(N).clamp(max=CLASSES - 1)),
    "several labels": torch.rand(N, CLASSES, generator=torch.Generator().manual_seed(1)) < 0.5,
    "no labels at all": torch.zeros(N, CLASSES, dtype=torch.bool),
}


def make_loss(name: str, labels: str = "several classes", **options: Any) -> HashLoss:
    return METHODS[name].load()(problem("several labels" in labels), **options)


def make_batch(labels: str, scale: float = 1.0, progress: float = 0.5) -> Batch:
    generator = torch.Generator().manual_seed(0)
    outputs = (scale * torch.randn(N, BITS, generator=generator)).requires_grad_()
    features = torch.randn(N, 7, generator=generator)
    return Batch(outputs, LABELS[labels], torch.arange(N), progress, features)


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("labels", LABELS)
def test_terms_are_finite_scalars_and_so_is_their_gradient(name: str, labels: str) -> None:
    for scale in (0.0, 1e-6, 1.0, 1000.0):
        batch = make_batch(labels, scale, progress=1.0 if scale else 0.0)
        terms = make_loss(name, labels)(batch)
        assert terms
        for term in terms.values():
            assert term.shape == ()
            assert term.isfinite()
        torch.stack(list(terms.values())).sum().backward()
        assert batch.outputs.grad is not None
        assert batch.outputs.grad.isfinite().all()


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("labels", ["several classes", "several labels"])
def test_a_gradient_reaches_every_output(name: str, labels: str) -> None:
    batch = make_batch(labels, progress=0.0)
    labeled = batch.labels.any(1)
    torch.stack(list(make_loss(name, labels)(batch).values())).sum().backward()
    assert batch.outputs.grad is not None
    assert (batch.outputs.grad[labeled] != 0).all()


@pytest.mark.parametrize("name", TRAINED)
def test_order_of_the_batch_does_not_matter(name: str) -> None:
    batch, order = make_batch("several classes"), torch.randperm(N)
    shuffled = Batch(
        batch.outputs[order], batch.labels[order], batch.index[order], 0.5, batch.features
    )
    terms, again = make_loss(name)(batch), make_loss(name)(shuffled)
    assert terms.keys() == again.keys()
    for key in terms:
        torch.testing.assert_close(terms[key], again[key])


@pytest.mark.parametrize("name", TRAINED)
def test_thirty_steps_on_free_outputs_lower_the_loss(name: str) -> None:
    loss, batch = make_loss(name), make_batch("several classes", progress=0.0)
    outputs = batch.outputs.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([outputs, *loss.parameters()], lr=0.05)
    values = []
    for _ in range(30):
        terms = loss(Batch(outputs, batch.labels, batch.index, 0.0, batch.features))
        total = torch.stack(list(terms.values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        values.append(total.item())
    assert values[-1] < values[0]


@pytest.mark.parametrize("name", TRAINED)
def test_a_state_saved_and_loaded_gives_the_same_loss(name: str) -> None:
    loss, other = make_loss(name), METHODS[name].load()(Problem(BITS, CLASSES, 3 * N, False, 7))
    other.load_state_dict(loss.state_dict())
    batch = make_batch("several classes")
    for a, b in zip(loss(batch).values(), other(batch).values(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("name", METHODS)
def test_every_row_says_where_it_comes_from_and_where_it_departs(name: str) -> None:
    method = METHODS[name]
    documentation = method.load().__doc__ or ""
    assert "$$" in documentation, "the equation"
    assert "Departs from the paper:" in documentation
    assert method.paper.split(",")[0].split()[0] in documentation
    assert method.url.startswith("https://")
    json.dumps(method.settings())


@pytest.mark.parametrize("name", METHODS)
def test_every_variant_of_an_ablation_is_a_legal_setting(name: str) -> None:
    for options in METHODS[name].ablation.values():
        METHODS[name].check(options)
        assert any(METHODS[name].settings()[key] != value for key, value in options.items())


@pytest.mark.parametrize("name", FITTED)
def test_a_fitted_encoder_is_rebuilt_from_its_buffers(name: str) -> None:
    features, labels = torch.randn(60, 9), LABELS["several classes"].repeat(5, 1)
    encoder = METHODS[name].load()(features, labels, BITS, 0, **QUICK.get(name, {}))
    again = METHODS[name].load().__annotations__["return"](**dict(encoder.named_buffers()))
    assert encoder(features).shape == (60, BITS)
    assert encoder(features).isfinite().all()
    torch.testing.assert_close(again(features), encoder(features))


def test_an_unknown_method_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'csq'"):
        method_named("cqs")


REFUSED = [
    ("csq", {"quantization_wieght": 1.0}, "did you mean 'quantization_weight'"),
    ("csq", {"quantization_weight": "big"}, "is a float such as 0.05, got 'big'"),
    ("csq", {"quantization_weight": True}, "is a float"),
    ("csq", {"quantization_weight": float("nan")}, "finite number"),
    ("csq", {"quantization_weight": -0.1}, r"weight of CSQ is 0 \(term off\) or more, got .*=-0.1"),
    ("csq", {"centers": 3}, "is a str such as 'auto'"),
    ("csq", {"ties": "coin"}, "Unknown ties of CSQ 'coin'; choose from label-set, shared"),
    ("dpn", {"margin": 0.0}, "margin of DPN is above 0, got margin=0"),
    ("orthohash", {"scale": -1.0}, "above 0, got scale=-1"),
    ("hhf", {"alpha": 100.0}, "at most 40"),
    ("hhf", {"delta": 1.0}, "below 1, got delta=1"),
    ("cnnh", {"first_stage": "center"}, "did you mean 'centers'"),
    ("cnnh", {"sweeps": -1}, "or more, got sweeps=-1"),
    ("dch", {"gamma": 0.0}, "above 0, got gamma=0"),
    ("adsh", {"sample_size": 0}, "1 or more, got sample_size=0"),
    ("dnnh", {"margin": 0.0}, "above 0, got margin=0"),
    ("mihash", {"bins": -1}, "half the bits, got bins=-1"),
    ("mihash", {"slope": 0.0}, "got slope=0"),
    ("dfeh", {"quantization": "l3"}, "Unknown quantization of DFEH 'l3'"),
    ("dfeh", {"balance": "bits"}, "did you mean 'bit'"),
    ("dfeh", {"margin_per_bit": 4.5}, "at most 4, got margin_per_bit=4.5"),
    ("dfeh", {"enhancement": "chanel"}, "did you mean 'channel'"),
    ("guo2016", {"classifier": "softmx"}, "did you mean 'softmax'"),
    ("guo2016", {"hash_layer": "group"}, "did you mean 'grouped'"),
    ("guo2016", {"pieces": 0}, "1 or more, got pieces=0"),
    ("guo2016", {"group_size": -1}, "features are divided"),
    ("dmsh", {"focusing": -1.0}, r"focusing of DMSH is 0 .* or more, got focusing=-1"),
    ("dmsh", {"fusion": "code"}, "did you mean 'codes'"),
    ("dmsh", {"width": 0}, "1 or more, got width=0"),
    ("hybrid-centers", {"partial_target": "angel"}, "did you mean 'angle'"),
]


@pytest.mark.parametrize(("name", "options", "message"), REFUSED)
def test_a_wrong_setting_is_refused_before_training(name: str, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        METHODS[name].check(options)


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("dfeh", ("contrastive", "quantization", "balance")),
        ("hybrid-centers", ("triplet", "partial", "global")),
    ],
)
def test_a_loss_checks_its_settings_and_needs_a_term(name: str, weights: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs a term to learn from; set .* above 0"):
        make_loss(name, **{f"{weight}_weight": 0.0 for weight in weights})
    with pytest.raises(ValueError, match=r"or more, got \w*_weight=-1"):
        make_loss(name, **{f"{weights[0]}_weight": -1.0})


def test_a_method_without_settings_says_so() -> None:
    with pytest.raises(ValueError, match="LSH has no settings"):
        METHODS["lsh"].check({"x": 1})


def test_a_loss_may_have_a_constructor_of_its_own() -> None:
    class Own(HashLoss):
        def __init__(self, problem: Problem, *, weight: float = 2.0) -> None:
            super().__init__()
            self.weight = problem.bits * weight

        def forward(self, batch: Batch) -> dict[str, Tensor]:
            return {"own": self.weight * batch.outputs.sum()}

    row = Method(code=Own, paper="", url="", family="own")
    assert (row.title, row.settings()) == ("Own", {"weight": 2.0, "hidden": 0})
    assert row.load()(problem(), weight=3.0).weight == 3.0 * BITS


def test_the_place_of_a_row_is_its_look() -> None:
    """The colors of these have been printed: a row that is new goes to the end."""
    looks = [METHODS[name].look for name in ("lsh", "sdh", "dpsh", "hybrid-centers")]
    assert looks == [0, 7, 8, 29]


def test_the_table_is_read_without_torch() -> None:
    import subprocess
    import sys

    code = "import sys, hashviz.methods; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_a_number_becomes_text_where_the_setting_is_a_text() -> None:
    worded = METHODS["csq"].word_texts({"centers": 3, "ties": "shared", "quantization_weight": 1})
    assert worded == {"centers": "3", "ties": "shared", "quantization_weight": 1}
