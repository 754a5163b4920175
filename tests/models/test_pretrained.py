"""Networks of torchvision, the weights they start from, and features that are kept."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from hashviz.codes import pack, sign
from hashviz.config import TrainConfig
from hashviz.data import Dataset, load_dataset
from hashviz.data.base import fingerprint
from hashviz.data.protocols import split
from hashviz.files import cache_folder
from hashviz.methods import METHODS
from hashviz.methods.base import Problem
from hashviz.methods.networks import load_model
from hashviz.models import features as keeping
from hashviz.models.encoding import encode
from hashviz.models.networks import BACKBONES, HashNetwork, Standardize, build_backbone
from hashviz.models.torchvision import Torchvision, build_torchvision, pad_like_tensorflow
from hashviz.models.weights import find_weights, load_weights, matching_backbone
from hashviz.runs import Run
from hashviz.training.events import Event, Remark
from hashviz.training.jobs import train
from hashviz.training.loop import fit
from hashviz.training.recipes import same_settings, settle

pytest.importorskip("torchvision")
from torchvision import models

NET = "squeezenet1_1"
DATA = "scenes?images=120"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("HASHVIZ_RUNS", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Random weights as torchvision writes them, halved in precision."""
    state = {name: t.half() for name, t in models.squeezenet1_1(weights=None).state_dict().items()}
    path = tmp_path / "mine.pt"
    torch.save(state, path)
    return path


def config(method: str = "csq", **changes: Any) -> TrainConfig:
    settings = {
        "data": DATA, "bits": 16, "epochs": 2, "device": "cpu", "precision": "float32",
        "threads": 1, "backbone": NET, **changes,
    }  # fmt: skip
    return TrainConfig(method=method, **settings)


def network(name: str = NET, channels: int = 3) -> HashNetwork:
    return HashNetwork(build_backbone(name, channels), torch.nn.Identity(), channels)


@pytest.mark.parametrize(
    "name", ["squeezenet1_1", "mobilenet_v2", "mobilenet_v3_large", "resnet18"]
)
def test_the_features_are_what_torchvisions_own_classifier_sees(name: str) -> None:
    backbone = build_torchvision(name, 3).eval()
    whole = getattr(models, name)(weights=None).eval()
    state = {n: t for n, t in backbone.net.state_dict().items()}  # type: ignore[union-attr]
    whole.load_state_dict(state, strict=False)
    seen: list[torch.Tensor] = []
    layer = whole.fc if name == "resnet18" else whole.classifier
    layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        whole(images)
        expected = seen[0] if seen[0].ndim == 2 else seen[0].mean((2, 3))
        torch.testing.assert_close(backbone(images), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layer"), [("alexnet", "classifier.6"), ("vgg11", "classifier.6"),
                                             ("vit_b_16", "heads")])  # fmt: skip
def test_large_networks_give_what_their_last_layer_sees(name: str, layer: str) -> None:
    backbone = build_torchvision(name, 3).eval()
    whole = getattr(models, name)(weights=None).eval()
    whole.load_state_dict(backbone.net.state_dict(), strict=False)  # type: ignore[union-attr]
    seen: list[torch.Tensor] = []
    whole.get_submodule(layer).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    images = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        whole(images)
        torch.testing.assert_close(backbone(images), seen[0])


def test_a_gray_image_is_seen_as_three_equal_channels() -> None:
    model = network(channels=1).eval()
    gray = torch.randint(0, 256, (3, 1, 70, 70), dtype=torch.uint8)
    in_color = (gray.expand(-1, 3, -1, -1) / 255 - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
                ) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)  # fmt: skip
    torch.testing.assert_close(model(gray), model.backbone(in_color))


def test_the_normalisation_of_the_weights_is_kept_whatever_the_images() -> None:
    model = network()
    before = model.mean.clone()
    model.prepare(torch.zeros(4, 3, 64, 64, dtype=torch.uint8))
    assert torch.equal(model.mean, before)
    tensorflow = network("mobilenet_v2_tf")
    assert tensorflow.mean.unique().tolist() == tensorflow.std.unique().tolist() == [127.5]


def test_small_images_are_enlarged_and_large_ones_are_not() -> None:
    backbone = build_torchvision(NET, 3)
    assert isinstance(backbone, Torchvision)
    assert backbone.enlarge(torch.zeros(1, 3, 32, 48)).shape == (1, 3, 64, 96)
    assert backbone.enlarge(torch.zeros(1, 1, 80, 70)).shape == (1, 3, 80, 70)


@pytest.mark.parametrize("size", [8, 9])
def test_padding_like_tensorflow_gives_half_the_size_with_the_window_at_the_end(size: int) -> None:
    """TensorFlow's SAME: ceil(n / 2) windows; the padding in all is (windows - 1) * 2 + 3 - n."""
    windows = -(-size // 2)
    total = (windows - 1) * 2 + 3 - size
    before = total // 2
    image = torch.arange(float(size * size)).view(1, 1, size, size)
    (padded,) = pad_like_tensorflow(torch.nn.Identity(), (image,))
    assert torch.equal(padded, functional.pad(image, (before, total - before) * 2))
    assert functional.conv2d(padded, torch.ones(1, 1, 3, 3), stride=2).shape[2] == windows


def test_weights_are_taken_over_exactly(file: Path) -> None:
    model = network()
    weights = find_weights(str(file), NET)
    assert weights is not None
    load_weights(model, weights)
    given = torch.load(file, weights_only=True)
    for name, tensor in model.backbone.net.state_dict().items():  # type: ignore[union-attr]
        assert torch.equal(tensor, given[name].float())
    assert weights.short == f"mine.pt@{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


def broken(file: Path, change: str) -> None:
    state = torch.load(file, weights_only=True)
    first = next(iter(state))
    if change == "missing":
        del state[first]
    elif change == "unknown":
        state["surplus.weight"] = torch.zeros(1)
    elif change == "shape":
        state[first] = torch.zeros(2, 3)
    elif change == "no tensors":
        state = {"epoch": 3, "state_dict": state}
    torch.save(state, file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "missing",
            r"'mine.pt' do not fit the backbone; expected and missing: features.0.weight\.",
        ),
        ("unknown", r"found and not known: surplus.weight\."),
        ("shape", r"shape: features.0.weight \(2, 3\) instead of \(64, 3, 3, 3\)\."),
        ("no tensors", "are not a state dict"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_sentence(
    file: Path, change: str, message: str
) -> None:
    broken(file, change)
    weights = find_weights(str(file), NET)
    assert weights is not None
    with pytest.raises(ValueError, match=message):
        load_weights(network(), weights)


class Payload:
    """What an attacker would pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("payload-was-run",))


@pytest.mark.parametrize("content", ["code", "noise", "nothing", "half"])
def test_a_file_with_code_or_damage_is_refused_and_nothing_runs(
    file: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    if content == "code":
        torch.save({"features.0.weight": Payload()}, file)
    else:
        data = file.read_bytes()
        wrong = {"noise": b"\x93noise" * 50, "nothing": b"", "half": data[: len(data) // 2]}
        file.write_bytes(wrong[content])
    weights = find_weights(str(file), NET)
    assert weights is not None
    with pytest.raises(ValueError, match="code in a file is never run"):
        load_weights(network(), weights)
    assert not (file.parent / "payload-was-run").exists()


def test_published_weights_are_looked_for_offline_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    with pytest.raises(
        ValueError, match="nothing is downloaded unasked; put https://download"
    ) as e:
        find_weights("imagenet", NET)
    assert str(folder) in str(e.value)
    folder.mkdir(parents=True)
    (folder / "squeezenet1_1-b8a52dc0.pth").write_bytes(b"something else")
    with pytest.raises(ValueError, match="its sha256 begins with"):
        find_weights("imagenet", NET)
    with pytest.raises(
        ValueError, match=r"no ImageNet weights for the backbone 'small'; .*alexnet"
    ):
        find_weights("imagenet", "small")


def test_what_is_absent_is_told_with_its_place_and_its_size() -> None:
    with pytest.raises(ValueError, match=r"put https://\S+/vgg16-397923af\.pth \(528 MB\) into"):
        find_weights("imagenet", "vgg16")
    assert all((row.megabytes > 0) == bool(row.published) for row in BACKBONES.values())


@pytest.mark.parametrize(
    ("name", "is_checked"),
    [
        ("mine-{sum}.pt", True), ("mine-{sum}.safetensors", True), ("mine-00c0ffee.th", True),
        ("mine-20261121.pt", False), ("mine-v2.pt", False), ("mine.pt", False),
    ],
)  # fmt: skip
def test_a_checksum_in_the_name_of_any_file_is_compared(
    name: str, is_checked: bool, tmp_path: Path
) -> None:
    content = next(  # whose checksum shows that it is none of a date
        b"%d" % k for k in range(99) if not hashlib.sha256(b"%d" % k).hexdigest()[:8].isdigit()
    )
    path = tmp_path / name.format(sum=hashlib.sha256(content).hexdigest()[:8])
    path.write_bytes(content)
    if is_checked and "sum" not in name:
        with pytest.raises(ValueError, match=f"{name!r} is damaged or not what its name says"):
            find_weights(str(path), NET)
        return
    assert find_weights(str(path), NET) is not None
    path.write_bytes(b"changed")
    if is_checked:
        with pytest.raises(ValueError, match="its sha256 begins with"):
            find_weights(str(path), NET)


def test_weights_that_are_nowhere_name_the_choices() -> None:
    with pytest.raises(ValueError, match="give none, imagenet, a file, or a run"):
        find_weights("nowhere.pt", NET)
    assert find_weights(None, NET) is find_weights("none", NET) is None


def frozen(
    model: HashNetwork, images: np.ndarray, content: str = "images", precision: str = "float32",
    **more: Any,
) -> keeping.Features:  # fmt: skip
    dataset = Dataset("some", images, np.ones((len(images), 1), bool), ("all",))
    given = config(backbone="small", precision=precision)
    return keeping.freeze(model, dataset, content, given, **more)


def test_features_are_computed_once_and_again_when_anything_changes(
    rng: np.random.Generator,
) -> None:
    images = rng.integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    model, told = network("small"), []
    first = frozen(model, images, progress=lambda done, total: told.append((done, total)))
    again = frozen(model, images, progress=lambda *_: pytest.fail("nothing is computed"))
    assert (first.cached, again.cached) == (False, True)
    assert told[-1] == (30, 30)
    assert np.array_equal(again.values, encode(model, images, features=True))
    assert not frozen(model, images, precision="bfloat16").cached
    model.mean += 1
    assert not frozen(model, images).cached
    next(model.backbone.parameters()).data[0] += 1
    assert not frozen(model, images).cached
    assert not frozen(model, images, "other images").cached


@pytest.mark.parametrize("damage", ["a byte", "half", "no file", "no json", "another json"])
def test_a_damaged_cache_is_computed_again(damage: str, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
    model = network("small")
    expected = np.array(frozen(model, images).values)
    (file,) = cache_folder().glob("features/*/features.npy")
    about = file.with_name("about.json")
    content = bytearray(file.read_bytes())
    if damage == "a byte":
        content[-1] ^= 1
        file.write_bytes(content)
    elif damage == "half":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "no file":
        file.unlink()
    else:
        about.write_text("{" if damage == "no json" else "[]")
    again = frozen(model, images)
    assert not again.cached
    assert np.array_equal(again.values, expected)
    assert frozen(model, images).cached


def test_an_interrupted_computation_leaves_nothing_behind(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frozen(network("small"), images, progress=stop)
    assert not list(cache_folder().glob("features/*"))


def test_a_memory_map_of_images_stays_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    np.save(path, np.full((20, 40, 40, 3), 7, np.uint8))
    images = np.load(path, mmap_mode="r")
    kept = frozen(network("small"), images)
    assert isinstance(kept.values, np.memmap)
    assert kept.values.shape == (20, 1024)


def test_frozen_training_is_training_on_the_features(file: Path, tmp_path: Path) -> None:
    wanted = config(frozen=True, weights=str(file))
    run = train(wanted, runs=tmp_path / "runs")
    dataset = load_dataset(DATA)
    parts = split(dataset, run.config.protocol, 0)
    torch.manual_seed(0)
    method = METHODS["csq"]
    settled = settle(wanted, method)
    problem = Problem(16, len(dataset.classes), len(parts.train), True, 0)
    loss = method.load()(problem)
    model = method.load_network()(build_backbone(NET, 3), 3, 16, hidden=settled.options["hidden"])
    weights = find_weights(str(file), NET)
    assert weights is not None
    load_weights(model, weights)
    model.backbone.requires_grad_(False)
    values = encode(model, dataset.images, features=True)
    model.head[0].prepare(torch.from_numpy(values[parts.train]))
    *_, last = fit(model, loss, values[parts.train], dataset.labels[parts.train], settled)
    assert last.terms["center"] == pytest.approx(run.history["center"][-1])
    assert np.array_equal(pack(sign(encode(model, values[parts.query]))), run.query_packed)


def test_a_run_needs_the_file_no_more_and_does_not_say_where_it_was(
    file: Path, tmp_path: Path
) -> None:
    run = train(config(frozen=True, weights=str(file)), runs=tmp_path / "runs")
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run.data["weights"] == {"name": "mine.pt", "sha256": checksum}
    for text in run.path.glob("*.*"):
        assert str(file.parent).encode() not in text.read_bytes()
    assert str(file.parent).replace("/", "_") not in run.name
    file.unlink()
    dataset = load_dataset(DATA)
    outputs = encode(load_model(Run.load(run.path)), dataset.images[run.query_index])
    np.testing.assert_allclose(outputs, run.query_outputs, rtol=2e-3, atol=1e-3)
    assert np.mean(pack(sign(outputs)) == run.query_packed) > 0.99


def remarks(events: list[Event]) -> list[str]:
    return [event.sentence for event in events if isinstance(event, Remark)]


def test_photographs_come_before_a_published_network_at_the_size_it_learned_from(
    file: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    for n in range(6):
        pixels = rng.integers(0, 256, (30, 40, 3), np.uint8)
        (tmp_path / "pics").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "pics" / f"{n}.png")
    data = f"folder:{tmp_path / 'pics'}"
    told: list[Event] = []
    wanted = config("lsh", data=data, weights=str(file))
    run = train(wanted, runs=tmp_path / "runs", listen=told.append)
    assert run.data["image"] == [224, 224, 3]
    assert run.config.data == f"{data}?size=224"  # whoever opens the run finds the same pictures
    assert same_settings(run.config, wanted)
    assert sum("224x224 pixels" in said and "?size=64" in said for said in remarks(told)) == 1
    for given in (f"{data}?size=64", DATA, "cifar10"):  # what is asked for, or has one size, stays
        assert settle(replace(wanted, data=given), METHODS["lsh"]).data == given
    plain = replace(wanted, weights=None)
    assert settle(plain, METHODS["lsh"]).data == data
    own = replace(plain, backbone=None, weights=str(run.path))  # a run knows its own size
    assert settle(own, METHODS["lsh"]).data == f"{data}?size=224"


def test_another_seed_reads_the_features_of_the_first(file: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        train(config(frozen=True, weights=str(file), seed=seed), runs=tmp_path / "runs")
    (about,) = cache_folder().glob("features/*/about.json")
    assert json.loads(about.read_text())["backbone"] == NET


def test_what_a_frozen_backbone_leaves_out_of_a_method_is_told(file: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    for options in ({"enhancement": "both"}, {"enhancement": "none"}):
        given = config("dfeh", frozen=True, weights=str(file), epochs=1, options=options)
        run = train(given, runs=tmp_path / "runs", listen=told.append)
        (sentence,) = remarks(told)  # of the first one only
        assert sentence.startswith("DFEH learns without its feature enhancement layer")
        assert (sentence in run.data["report"]) == (options["enhancement"] == "both")


def test_the_network_is_guessed_from_the_name_of_its_file_or_named_in_the_refusal(
    file: Path, tmp_path: Path
) -> None:
    named = file.rename(file.with_name(f"{NET}_mine.pt"))
    unnamed = config("lsh", backbone=None, weights=str(named))
    assert train(unnamed, runs=tmp_path / "runs").config.backbone == NET
    other = replace(unnamed, weights=str(named.rename(file)), epochs=None)
    with pytest.raises(ValueError, match=r"do not fit the backbone 'pixels'; .* by --backbone\."):
        train(other, runs=tmp_path / "runs")


@pytest.mark.parametrize("name", ["vectors.npy", "vectors.npz", "vectors.pt"])
def test_vectors_are_not_called_damaged_weights(name: str, tmp_path: Path) -> None:
    with (tmp_path / name).open("wb") as file:
        (np.savez if name.endswith("npz") else np.save)(file, np.ones((4, 3), np.float32))
    with pytest.raises(ValueError, match=r"holds arrays, not the weights .* method_named\('itq'\)"):
        find_weights(str(tmp_path / name), NET)
    features, labels = torch.randn(50, 8), torch.eye(2).bool()[torch.arange(50) % 2]
    encoder = METHODS["itq"].load()(features, labels, 4, 0)  # the way out that is named
    assert encoder(features).shape == (50, 4)


def test_a_fitted_method_sees_the_features_of_the_weights(file: Path, tmp_path: Path) -> None:
    run = train(config("itq", weights=str(file)), runs=tmp_path / "runs")
    assert run.config.frozen
    assert len(list(cache_folder().glob("features/*"))) == 1
    dataset = load_dataset(DATA)
    outputs = encode(load_model(run), dataset.images[run.query_index])
    np.testing.assert_allclose(outputs, run.query_outputs, rtol=2e-3, atol=1e-3)


def test_the_backbone_of_a_run_serves_another(tmp_path: Path) -> None:
    first = train(config(backbone="small", epochs=3), runs=tmp_path / "runs")
    second = train(config("itq", backbone=None, weights=str(first.path)), runs=tmp_path / "more")
    assert second.config.backbone == "small"
    a, b = (load_model(run) for run in (first, second))
    images = load_dataset(DATA).images[:20]
    assert np.array_equal(encode(a, images, features=True), encode(b, images, features=True))
    with pytest.raises(ValueError, match="has the backbone 'small', got 'conv16'"):
        settle(config("itq", backbone="conv16", weights=str(first.path)), METHODS["itq"])


def test_pretrained_weights_are_tuned_in_small_steps(file: Path) -> None:
    open_config = replace(config(weights=str(file)), epochs=None)
    tuned = settle(open_config, METHODS["csq"])
    kept = settle(replace(open_config, frozen=True), METHODS["csq"])
    plain = settle(replace(open_config, weights=None), METHODS["csq"])
    assert (tuned.optimizer, plain.optimizer) == ("adamw", "muon")
    assert kept.augment == "none"
    assert kept.options["hidden"] > 0 == len(tuned.options)


def test_standardized_features_have_mean_zero_and_spread_one() -> None:
    features = 3 + 2 * torch.randn(500, 4)
    features[:, 3] = 5
    layer = Standardize(4)
    layer.prepare(features)
    assert layer(features).mean(0).abs().max() < 1e-5
    assert (layer(features)[:, :3].std(0, correction=0) - 1).abs().max() < 1e-4


def test_missing_torchvision_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'hashviz\[train\]'"):
        build_backbone(NET, 3)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("mobilenet_v2", 0.48), ("squeezenet1_1", 0.4)])
def test_real_weights_know_photographs(name: str, least: float, tmp_path: Path) -> None:
    """HASHVIZ_WEIGHTS holds *_fp16.pt files, HASHVIZ_PHOTOGRAPHS names a labels.csv of pictures."""
    folder, table = os.environ.get("HASHVIZ_WEIGHTS"), os.environ.get("HASHVIZ_PHOTOGRAPHS")
    if not (folder and table):
        pytest.skip("set HASHVIZ_WEIGHTS (a folder) and HASHVIZ_PHOTOGRAPHS (a labels.csv)")
    given = config(
        data=f"folder:{table}?size=224", backbone=name, weights=f"{folder}/{name}_fp16.pt",
        frozen=True, bits=48, epochs=20, precision="auto",
    )  # fmt: skip
    weights = find_weights(given.weights, name)
    assert matching_backbone(weights, name) == {"mobilenet_v2": "mobilenet_v2_tf"}.get(name, name)
    scores = train(given, runs=tmp_path).scores["map"]
    assert scores["expected"] > scores["chance"] + least
    content = fingerprint(load_dataset(given.data))
    assert len(content) == 32
