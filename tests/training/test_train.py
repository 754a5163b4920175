"""Training: it learns, repeats itself, stops well, and refuses what cannot be."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import load_dataset
from hashviz.data.batches import batches, reflect, resident, view
from hashviz.files import sha256
from hashviz.methods import METHODS
from hashviz.methods.base import Problem
from hashviz.methods.networks import load_model
from hashviz.models.encoding import encode
from hashviz.models.machine import autocast, environment, has_bfloat16, pick_device, pick_threads
from hashviz.models.networks import HashNetwork, build_backbone
from hashviz.runs import WEIGHTS, Run, RunError
from hashviz.training import jobs as training
from hashviz.training import recipes
from hashviz.training.events import Epoch, Event, Watched
from hashviz.training.jobs import train
from hashviz.training.loop import Diverged, warmup_then_linear
from hashviz.training.recipes import same_settings, settle
from tests.training.small import several_labels, small, small_digits, train_small

CPU = torch.device("cpu")


def quick(method: str = "csq", **changes: Any) -> TrainConfig:
    settings = {"data": "digits", "bits": 16, "epochs": 2, "device": "cpu", **changes}
    return TrainConfig(method=method, **settings)


def test_the_default_digits_run_reaches_095(tmp_path: Path) -> None:
    run = train(TrainConfig(method="csq", data="digits", device="cpu"), runs=tmp_path)
    assert run.scores["map"]["expected"] > 0.95


SHORT: dict[str, dict[str, Any]] = {
    "mlh": {"iterations": 500},
    "bre": {"subset": 200, "sweeps": 2},
    "ksh": {"anchors": 100, "subset": 300, "iterations": 20},
    "sdh": {"anchors": 200},
}
"""Settings that shorten a fit, where the default takes many seconds."""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Run, list[Epoch]]]:
    """The run of a method and its epochs; each is trained once, for all tests here."""
    folder = tmp_path_factory.mktemp("learned")

    @cache
    def learn(name: str) -> tuple[Run, list[Epoch]]:
        events: list[Event] = []
        config = small(name, epochs=5, options=SHORT.get(name, {}))
        run = train_small(config, folder, listen=events.append)
        return run, [event for event in events if isinstance(event, Epoch)]

    return learn


@pytest.mark.parametrize("name", METHODS)
def test_every_method_goes_from_pixels_to_a_run_that_beats_chance(name: str, learned: Any) -> None:
    run, seen = learned(name)
    scores = run.scores["map"]
    assert scores["expected"] > scores["chance"] + 0.15
    assert len(seen) == (5 if METHODS[name].trained else 0)
    if METHODS[name].trained:
        assert list(run.terms) == list(seen[0].terms)
        assert run.history["epoch"].tolist() == list(range(1, 6))
    again = encode(load_model(run), small_digits().images[run.query_index])
    assert np.array_equal(pack(sign(again)), run.query_packed)


@pytest.mark.parametrize("name", ["csq", *(n for n, m in METHODS.items() if m.claims)])
def test_seconds_of_training_beat_no_training_and_random_hyperplanes(
    name: str, learned: Any, tmp_path: Path
) -> None:
    still = train_small(small(name, epochs=1, learning_rate=0.0), tmp_path)
    trained, fitted, frozen = (
        run.scores["map"]["expected"] for run in (learned(name)[0], learned("lsh")[0], still)
    )
    assert trained > max(fitted, frozen) + 0.15


def test_several_labels_are_learned_too(tmp_path: Path) -> None:
    run = train(small(epochs=5), dataset=several_labels(), runs=tmp_path)
    assert run.data["multi_label"]
    assert run.scores["map"]["expected"] > run.scores["map"]["chance"] + 0.2


@pytest.mark.parametrize("name", ["csq", "itq"])
def test_the_same_seed_gives_the_same_codes(name: str, tmp_path: Path) -> None:
    a, b = (train_small(small(name), tmp_path / x) for x in "ab")
    assert np.array_equal(a.database_packed, b.database_packed)
    other = train_small(small(name, seed=1), tmp_path)
    assert not np.array_equal(a.query_index, other.query_index)


def test_training_leaves_the_callers_random_numbers_and_threads_alone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(5)
    train(quick(epochs=1), runs=tmp_path)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_a_query_is_never_in_the_database(tmp_path: Path) -> None:
    run = train(quick("lsh"), runs=tmp_path)
    assert not set(run.query_index) & set(run.database_index)


def test_interrupting_keeps_the_last_epoch(tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, Epoch) and event.number == 2:
            raise KeyboardInterrupt

    config = small(epochs=3, tag="mine")
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train_small(config, tmp_path, listen=stop)
    run = Run.load(interrupt.value.__notes__[0])
    assert run.path.name == "seed0-mine-stopped"
    assert run.environment["stopped"] == "interrupted"
    assert run.history["epoch"].tolist() == [1, 2]
    assert not (tmp_path / config.name).exists()
    train_small(replace(config, tag="other"), tmp_path)
    assert run.path.exists()
    train_small(config, tmp_path)  # what was reached is in the whole run now
    assert not run.path.exists()


def test_looking_on_changes_nothing_and_begins_before_the_first_epoch(tmp_path: Path) -> None:
    events: list[Event] = []
    run = train_small(small(), tmp_path / "seen", listen=events.append, watch=True)
    seen = [event for event in events if isinstance(event, Watched)]
    alone = train_small(small(), tmp_path / "alone")
    assert np.array_equal(run.database_packed, alone.database_packed)
    assert [look.epoch.number if look.epoch else 0 for look in seen] == [0, 1, 2]
    assert run.codes_over_training is not None
    assert np.array_equal([sign(look.outputs) for look in seen[1:]], run.codes_over_training)
    assert np.array_equal(seen[0].index, run.database_index[:200])
    assert np.array_equal(seen[0].labels, run.database_labels[:200])
    assert np.all(seen[0].centers == run.centers)


def test_a_loss_that_diverges_stops_and_keeps_the_last_good_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = METHODS["csq"].load()
    forward = loss.forward

    def spoiled(self: Any, batch: Any) -> Any:
        terms = forward(self, batch)
        return terms if batch.progress < 0.5 else {k: v * torch.nan for k, v in terms.items()}

    monkeypatch.setattr(loss, "forward", spoiled)
    with pytest.raises(Diverged, match=r"epoch 2 .*'center'.* epoch 1 is kept") as stopped:
        train(quick(), runs=tmp_path)
    run = Run.load(stopped.value.__notes__[0])
    assert np.isfinite(run.query_outputs).all()
    assert run.history["epoch"].tolist() == [1]
    again = encode(load_model(run), load_dataset("digits").images[run.query_index])
    assert np.array_equal(pack(sign(again)), run.query_packed)


def test_a_loss_that_diverges_at_once_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="epoch 1"):
        train(quick(learning_rate=1e30), runs=tmp_path)
    assert not list(tmp_path.rglob("config.json"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "cqs"}, "did you mean 'csq'"),
        ({"data": "digts"}, "did you mean 'digits'"),
        ({"protocol": "cifar10-p1"}, "cifar10"),
        ({"backbone": "smal"}, "did you mean 'small'"),
        ({"options": {"weight": 1}}, "Unknown setting of CSQ"),
        ({"options": {"centers": "hadamard"}, "bits": 18}, "18"),
        ({"options": {"centers": "hadamard"}, "bits": 4, "data": "digits"}, "4"),
        ({"device": "tpu"}, "auto, cpu, cuda or mps"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        train(replace(quick(), **change), runs=tmp_path)
    assert not list(tmp_path.iterdir())


def test_weights_changed_since_they_were_written_are_refused(tmp_path: Path) -> None:
    run = train_small(small(epochs=1), tmp_path)
    path = run.path / WEIGHTS
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(RunError, match="checksum differs"):
        load_model(run)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    run, other = (train_small(small(epochs=1, bits=b), tmp_path) for b in (8, 12))
    (run.path / WEIGHTS).write_bytes((other.path / WEIGHTS).read_bytes())
    sums = run.path / "checksums.json"
    sums.write_text(sums.read_text().replace(_sum(sums), sha256(run.path / WEIGHTS)))
    with pytest.raises(RunError, match="do not fit"):
        load_model(run)


def _sum(path: Path) -> str:
    import json

    return json.loads(path.read_text())[WEIGHTS]


def test_an_existing_run_is_recognised_whatever_its_threads(tmp_path: Path) -> None:
    run = train(quick(epochs=1), runs=tmp_path)
    assert same_settings(run.config, quick(epochs=1))
    assert not same_settings(run.config, quick(epochs=2))


def test_settling_leaves_nothing_open() -> None:
    for name, method in METHODS.items():
        for data in ("digits", "scenes?images=100", "cifar10", "folder:x"):
            config = settle(TrainConfig(method=name, data=data), method)
            open_fields = {k for k, v in config.to_json().items() if v is None}
            assert open_fields <= {"threads", "backbone_rate"}  # the latter: one rate for all
            assert settle(config, method) == config


def test_a_note_is_averaged_and_kept_apart_from_the_terms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = METHODS["csq"].load()
    forward = loss.forward

    def noting(self: Any, batch: Any) -> Any:
        self.notes["done"] = torch.tensor(batch.progress)
        return forward(self, batch)

    plain = train_small(small(), tmp_path / "plain")
    monkeypatch.setattr(loss, "forward", noting)
    run = train_small(small(), tmp_path / "noting")
    steps = run.environment["train_images"] // 64
    halves = [np.arange(steps) / (2 * steps) + start for start in (0, 0.5)]
    np.testing.assert_allclose(run.notes["done"], [half.mean() for half in halves], rtol=1e-5)
    assert list(run.terms) == list(plain.terms) == ["center", "quantization"]
    assert plain.notes == {}
    assert np.array_equal(run.database_packed, plain.database_packed)


def test_the_learning_rate_rises_and_falls() -> None:
    shares = [warmup_then_linear(p / 100) for p in range(101)]
    assert max(shares) == pytest.approx(1)
    assert shares[0] == shares[-1] == 0
    assert np.all(np.diff(np.sign(np.diff(shares))) <= 0)


def test_pixels_beyond_the_border_are_mirrored() -> None:
    row = torch.arange(6)
    padded = torch.nn.functional.pad(row[None].float(), (3, 3), mode="reflect")[0]
    assert reflect(torch.arange(-3, 9), 6).tolist() == padded.tolist()


def test_a_batch_without_augmentation_is_the_images_themselves(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (9, 6, 5, 3), dtype=np.uint8)
    rows = torch.tensor([3, 3, 0])
    for pixels in (resident(images, CPU), images):
        batch = view(pixels, rows, CPU)
        assert np.array_equal(batch.permute(0, 2, 3, 1).numpy(), images[rows.numpy()])
        assert batch.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("augment", ["shift", "shift-flip"])
def test_augmented_images_are_shifted_or_mirrored_copies(
    augment: str, rng: np.random.Generator
) -> None:
    """Every view is one of the (2 reach + 1)^2 shifts, times two with mirrors."""
    images = rng.integers(0, 256, (1, 20, 20, 1), dtype=np.uint8)
    reach = 1
    padded = np.pad(images[0, :, :, 0], reach, mode="reflect")
    shifts = [padded[y : y + 20, x : x + 20] for y in range(3) for x in range(3)]
    allowed = shifts + ([s[:, ::-1] for s in shifts] if augment == "shift-flip" else [])
    generator = torch.Generator().manual_seed(0)
    batch = view(resident(images, CPU), torch.zeros(200, dtype=torch.long), CPU, augment, generator)
    found = {image[0].numpy().tobytes() for image in batch}
    assert found == {np.ascontiguousarray(a).tobytes() for a in allowed}


def test_encoding_does_not_depend_on_the_size_of_the_batch(rng: np.random.Generator) -> None:
    model = HashNetwork(build_backbone("small", 1), torch.nn.Linear(1024, 8), 1)
    images = rng.integers(0, 256, (11, 32, 32, 1), dtype=np.uint8)
    parts = [encode(model, images, batch_size=n) for n in (1, 4, 100)]
    for part in parts:
        np.testing.assert_allclose(part, parts[0], atol=1e-5)
    with pytest.raises(ValueError, match="at least one image"):
        encode(model, images[:0])


def test_the_machine_says_what_it_has() -> None:
    assert pick_device("cpu") == CPU
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    assert isinstance(has_bfloat16(CPU), bool)
    assert environment(CPU)["device"].startswith("cpu")
    with autocast("bfloat16", CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("backbone", "cores", "asked", "expected"),
    [
        ("half16", 2, "", 2), ("half16", 64, "", 8), ("half16", 2, "1", 1), ("half16", 2, "12", 12),
        ("half16", 2, "none", 2), ("conv16", 1, "", 1), ("small", 2, "2", 1), ("pixels", 2, "", 1),
    ],
)  # fmt: skip
def test_threads_follow_a_rule_so_that_a_busy_machine_gives_the_same_codes(
    backbone: str, cores: int, asked: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(cores)), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    network = build_backbone(backbone, 3)
    monkeypatch.setattr("time.perf_counter", None)  # nothing is timed
    assert pick_threads(network, CPU) == expected
    assert pick_threads(network, torch.device("cuda")) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no cuda device"):
        pick_device("cuda")


def test_recipes_name_only_settings() -> None:
    for recipe in recipes.RECIPES.values():
        TrainConfig(method="csq", data="digits", **recipe)


def test_a_supervised_method_refuses_pictures_without_labels(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    from PIL import Image

    for i in range(12):
        pixels = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i:02}.png")
    data = f"folder:{tmp_path}"
    with pytest.raises(ValueError, match="learns from labels"):
        train(quick(data=data), runs=tmp_path / "runs")
    run = train(quick("itq", data=data, bits=8), runs=tmp_path / "runs")
    assert len(run.query_packed) + len(run.database_packed) == 12


@pytest.mark.gpu
def test_a_gpu_learns_the_same_as_the_cpu(tmp_path: Path) -> None:
    a, b = (train(quick(epochs=10, device=d), runs=tmp_path / d) for d in ("cpu", "cuda"))
    maps = [run.scores["map"]["expected"] for run in (a, b)]
    assert maps[0] == pytest.approx(maps[1], abs=0.05)


@pytest.mark.slow
def test_real_photographs_are_learned(tmp_path: Path) -> None:
    """CIFAR-10 under HASHVIZ_DATA: a few minutes on two cores, official 10,000/50,000 split."""
    config = TrainConfig(
        method="csq", data="cifar10", bits=48, epochs=2, batch_size=250, protocol="cifar10-official"
    )
    scores = train(config, runs=tmp_path).scores["map"]
    assert scores["expected"] > 0.6


def test_every_image_is_drawn_once_an_epoch() -> None:
    draw = batches(np.ones((10, 1), bool), 3, 0, torch.Generator().manual_seed(0))
    first, second = draw(), draw()
    assert first.shape == (3, 3)
    assert len(set(first.flatten().tolist())) == 9
    assert not torch.equal(first, second)


def test_class_aware_batches_hold_so_many_of_every_class() -> None:
    """A class of 2 among classes of 30 and 8 comes around again and again; an empty one is none."""
    classes = np.repeat([0, 1, 3], [30, 2, 8])
    labels = np.eye(4, dtype=bool)[classes]
    order = batches(labels, 7, 4, torch.Generator().manual_seed(0))()
    assert order.shape == (40 // 12, 12)
    for rows in order:
        assert np.bincount(classes[rows.numpy()], minlength=4).tolist() == [4, 4, 0, 4]
    dealt = order[:, 8:].flatten().tolist()
    assert sorted(dealt[:8]) == list(range(32, 40))


def test_the_hash_layer_can_be_trained_on_features_alone(rng: np.random.Generator) -> None:
    labels = np.eye(3, dtype=bool)[rng.integers(3, size=90)]
    features = 4 * labels @ rng.standard_normal((3, 1024)) + rng.standard_normal((90, 1024))
    features = features.astype(np.float32)
    method = METHODS["csq"]
    config = settle(quick(epochs=10, bits=8), method)
    model = method.load_network()(build_backbone("small", 1), 1, 8)
    loss = method.load()(Problem(8, 3, 90, False, 0))
    *_, last = training.fit(model, loss, features, labels, config)
    assert last.terms["center"] < 0.2
    codes = sign(encode(model, features))
    assert np.array_equal(codes, loss.codebook[labels.argmax(1)].numpy())


def test_a_slim_run_keeps_codes_and_scores_only(tmp_path: Path) -> None:
    slim = train_small(small(epochs=1), tmp_path / "slim", slim=True)
    full = train_small(small(epochs=1), tmp_path / "full")
    assert np.array_equal(slim.database_codes, full.database_codes)
    assert slim.scores == full.scores
    assert slim.query_outputs.shape == (0, 16)
    with pytest.raises(RunError, match="saved without"):
        load_model(slim)


def test_a_method_for_single_labels_refuses_several(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HHF is for images with one label each"):
        train(quick("hhf", data="scenes?images=50"), runs=tmp_path)


def test_a_class_smaller_than_its_share_of_a_batch_is_told(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    """DFEH asks for 20 of every class; 8 of 10 cats and 24 of 30 dogs are left to learn from."""
    from PIL import Image

    for name, count in {"cat": 10, "dog": 30}.items():
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(count):
            pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i:02}.png")
    data = f"folder:{tmp_path / 'pets'}?size=32"
    run = train(quick("dfeh", data=data, bits=8, backbone="small", epochs=1), runs=tmp_path)
    (sentence,) = run.data["report"]
    assert sentence.startswith("A batch holds 20 images of every class")
    assert "'cat' (8)" in sentence
    assert "dog" not in sentence


def test_codes_of_a_few_images_are_kept_after_every_epoch(tmp_path: Path) -> None:
    run = train_small(small(epochs=3), tmp_path)
    history = run.codes_over_training
    assert history is not None
    assert history.shape == (3, 200, 16)
    assert np.array_equal(history[-1], run.database_codes[:200])
    assert (history[0] != history[-1]).any()
    assert train_small(small("lsh"), tmp_path).codes_over_training is None
    slim = train_small(small(epochs=3, tag="slim"), tmp_path, slim=True)
    assert slim.codes_over_training is None
    assert np.array_equal(slim.database_packed, run.database_packed)
