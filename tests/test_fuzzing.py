"""Every reader of files against damage: it reads, or it says in one sentence that it cannot.

A valid file is written, then bytes are flipped, cut out, doubled or replaced by what breaks
parsers. Whatever comes of it, no reader may fail in another way than by its own error, take long,
run code, or take memory that the file does not justify.
"""

import io
import json
import os
import pickle
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from hashviz.config import TrainConfig
from hashviz.data.images import read_image
from hashviz.metrics.evaluation import read_codes
from hashviz.models.weights import Weights, read_state
from hashviz.runs import Run, Side, save_run
from hashviz.search.index import HammingIndex
from hashviz.training import checkpoints
from hashviz.training.checkpoints import Checkpoint

NASTY = (
    b"\0", b"\xff" * 8, b"\xff\xff\xff\x7f", b"9" * 400, b"[" * 3000, b"{" * 3000, b'"', b"\\u",
    b"NaN", b"-1", b"1e999", b"../../../etc/passwd", b"\r\n,,,;\t", b"\x80\x04\x95", b"PK\x03\x04",
)  # fmt: skip
MORE = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 1
"""With HYPOTHESIS_PROFILE=thorough there is more damage, and new damage each time."""
CALM = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
Damage = Callable[[bytes], bytes]


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """One to four kinds of damage, one after the other."""
    kinds = st.sampled_from(["flip", "cut", "end", "double", "nasty", "zero"])
    steps = draw(
        st.lists(
            st.tuples(kinds, st.floats(0, 1), st.integers(1, 64), st.sampled_from(NASTY)),
            min_size=1,
            max_size=4,
        )
    )

    def damage(content: bytes) -> bytes:
        for kind, where, length, nasty in steps:
            at = int(where * len(content))
            end = min(len(content), at + length)
            if kind == "flip" and at < len(content):
                content = content[:at] + bytes([content[at] ^ 1 << length % 8]) + content[at + 1 :]
            elif kind == "cut":
                content = content[:at] + content[end:]
            elif kind == "end":
                content = content[:at]
            elif kind == "double":
                content = content[:end] + content[at:]
            elif kind == "nasty":
                content = content[:at] + nasty + content[end:]
            else:
                content = content[:at] + bytes(end - at) + content[end:]
        return content

    return damage


def a_picture(format: str) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)).save(
        out, format
    )
    return out.getvalue()


def some_codes(path: Path) -> None:
    codes = np.random.default_rng(0).integers(0, 2, (20, 12), np.int8)
    labels = np.arange(20) % 3
    np.savez(path, query_codes=codes[:5], query_labels=labels[:5],
             database_codes=codes, database_labels=labels)  # fmt: skip


def an_index(path: Path) -> None:
    index = HammingIndex(16)
    index.add(np.arange(30), np.random.default_rng(0).integers(0, 256, (30, 2), np.uint8))
    index.save(path)


def a_state(path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"model.a": torch.ones(3, 4), "model.b": torch.zeros(5)}, path)


def a_checkpoint(path: Path) -> None:
    model = torch.nn.Linear(3, 2)
    kept = Checkpoint(path, {"a": 1})
    kept.begin(model, torch.nn.Identity(), [torch.optim.AdamW(model.parameters())],
               torch.Generator())  # fmt: skip
    kept.reached, kept.threads = (1, 10, 0.5), 1
    kept.save(now=True)


FILES: dict[str, tuple[str, Callable[[Path], object], Callable[[Path], object]]] = {
    "PNG": ("a.png", lambda p: p.write_bytes(a_picture("PNG")), read_image),
    "JPEG": ("a.jpg", lambda p: p.write_bytes(a_picture("JPEG")), read_image),
    "GIF": ("a.gif", lambda p: p.write_bytes(a_picture("GIF")), read_image),
    "TIFF": ("a.tif", lambda p: p.write_bytes(a_picture("TIFF")), read_image),
    "codes": ("a.npz", some_codes, read_codes),
    "index": ("a.index", an_index, HammingIndex.load),
    "weights": ("a.safetensors", a_state, lambda p: read_state(Weights(p, p.name, ""))),
    "checkpoint": ("a.training", a_checkpoint, lambda p: Checkpoint(p, {"a": 1})),
    "configuration": (
        "a.json",
        lambda p: p.write_text(json.dumps(TrainConfig(method="csq", data="digits").to_json())),
        lambda p: TrainConfig.from_json(parsed(p)),
    ),
}
"""Name of a file, how a good one is written, how it is read."""


def parsed(path: Path) -> dict:
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(values, dict):
        raise ValueError("not an object")
    return values


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=25 * MORE, suppress_health_check=CALM)
@given(damage=damages())
def test_a_damaged_file_is_read_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, kind: str, damage: Damage
):
    name, write, read = FILES[kind]
    folder = tmp_path_factory.getbasetemp() / "fuzzing"
    folder.mkdir(exist_ok=True)
    good, path = folder / f"good {name}", folder / name
    if not good.exists():
        before, checkpoints.EVERY = checkpoints.EVERY, 0.0
        write(good)
        checkpoints.EVERY = before
        read(good)
    path.write_bytes(damage(good.read_bytes()))
    tracemalloc.start()
    told = "read"
    try:
        read(path)
    except ValueError as error:
        told = str(error).strip()
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 300e6
    assert told
    assert "\n" not in told


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config, rng = TrainConfig(method="lsh", data="digits", bits=12), np.random.default_rng(0)
    sides = [
        Side(rng.normal(size=(n, 12)).astype("f4"), np.eye(3, dtype=bool)[np.arange(n) % 3],
             np.arange(n))
        for n in (6, 20)
    ]  # fmt: skip
    data = {"classes": ["a", "b", "c"], "image": [8, 8, 1], "split": "small"}
    folder = tmp_path_factory.mktemp("fuzzed")
    return save_run(
        folder / config.name, config, data=data, environment={}, history=[], query=sides[0],
        database=sides[1],
    ).path  # fmt: skip


@settings(max_examples=40 * MORE, suppress_health_check=CALM)
@given(data=st.data(), damage=damages())
def test_a_run_with_a_damaged_file_is_refused_or_the_same(
    saved: Path, data: st.DataObject, damage: Damage
):
    files = sorted(path for path in saved.iterdir() if path.is_file())
    file = data.draw(st.sampled_from(files))
    good = file.read_bytes()
    expected, told = Run.load(saved).query_codes, "read"
    try:
        file.write_bytes(damage(good))
        run = Run.load(saved)
        codes = run.query_codes
        _ = run.database_packed, run.history, run.environment, run.split
        assert file.name != "codes.npz" or np.array_equal(codes, expected)
    except ValueError as error:
        told = str(error)
    finally:
        file.write_bytes(good)
    assert told


class Trap:
    """Unpickled, it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("kind", FILES)
def test_code_in_a_file_is_never_run(kind: str, tmp_path: Path):
    name, _, read = FILES[kind]
    sprung = tmp_path / "sprung"
    for content in (pickle.dumps(Trap(sprung)), objects(Trap(sprung))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError):  # noqa: PT011 - every reader has words of its own
            read(tmp_path / name)
    assert not sprung.exists()


def objects(trap: Trap) -> bytes:
    out = io.BytesIO()
    whole = np.array([trap], dtype=object)
    np.savez(out, query_codes=whole, query_labels=whole, database_codes=whole,
             database_labels=whole)  # fmt: skip
    return out.getvalue()
