"""Milvus gives the hits of memory: against a stand-in that breaks ties by chance, as servers do.

The stand-in holds this suite up where pymilvus is not installed. With HASHVIZ_MILVUS=ADDRESS, such
as milvus:codes.db/test or milvus://127.0.0.1:19530/test, the same tests run on the real engine.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hashviz.codes import pack, sign
from hashviz.search import HammingIndex, SearchIndex, milvus, open_index
from hashviz.search.milvus import EngineError, MilvusIndex, content_of

REAL = os.environ.get("HASHVIZ_MILVUS", "")


class StandIn:
    """What hashviz asks of a MilvusClient, in memory; equal distances come in any order."""

    def __init__(self) -> None:
        self.collections: dict[str, dict[str, Any]] = {}
        self.rng = np.random.default_rng(3)
        self.broken: int | None = None

    def create_schema(self, *, description: str, **_: Any) -> Any:
        fields: dict[str, Any] = {}

        def add_field(name: str, kind: int, **more: Any) -> None:
            fields[name] = {"kind": kind, **more}

        return SimpleNamespace(description=description, add_field=add_field)

    def prepare_index_params(self) -> Any:
        return SimpleNamespace(add_index=lambda *_, **__: None)

    def create_collection(self, name: str, *, schema: Any, **_: Any) -> None:
        self.collections[name] = {"description": schema.description, "rows": {}}

    def has_collection(self, name: str, **_: Any) -> bool:
        return name in self.collections

    def describe_collection(self, name: str, **_: Any) -> dict[str, Any]:
        return self.collections[name]

    def drop_collection(self, name: str, **_: Any) -> None:
        del self.collections[name]

    def upsert(self, name: str, rows: list[dict[str, Any]], **_: Any) -> None:
        for row in rows:
            if self.broken is not None:
                if not self.broken:
                    raise KeyboardInterrupt
                self.broken -= 1
            self.collections[name]["rows"][row["id"]] = np.frombuffer(row["code"], np.uint8)

    def query(self, name: str, *, filter: str, **_: Any) -> list[dict[str, int]]:
        ids = self.collections[name]["rows"]
        if filter.startswith("id in"):
            chosen = set(map(int, re.findall(r"\d+", filter)))
            return [{"count(*)": sum(i in chosen for i in ids)}]
        low, *high = map(int, re.findall(r"\d+", filter))
        return [{"count(*)": sum(low <= i < (high[0] if high else 2**60) for i in ids)}]

    def search(self, name: str, *, data: list[bytes], limit: int, **_: Any) -> list[Any]:
        assert limit <= milvus.LIMIT
        rows = self.collections[name]["rows"]
        answers = []
        for query in data:
            code = np.frombuffer(query, np.uint8)
            hits = [
                {"id": i, "distance": float(np.bitwise_count(code ^ row).sum())}
                for i, row in rows.items()
            ]
            self.rng.shuffle(hits)
            answers.append(sorted(hits, key=lambda hit: hit["distance"])[:limit])
        return answers

    def query_iterator(self, name: str, *, batch_size: int, **_: Any) -> Any:
        rows = [{"id": i, "code": [c.tobytes()]} for i, c in self.collections[name]["rows"].items()]
        pages = [rows[a : a + batch_size] for a in range(0, len(rows), batch_size)] + [[]]
        return SimpleNamespace(next=lambda: pages.pop(0), close=lambda: None)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens the same collection again and again; it is empty at first and gone at the end."""
    if REAL:

        def open_(bits: int | None = None) -> MilvusIndex:
            return MilvusIndex(REAL, bits)

        with contextlib.suppress(EngineError):
            open_().drop()
        yield open_
        with contextlib.suppress(EngineError):
            open_().drop()
        return
    fake = ModuleType("pymilvus")
    fake.DataType = SimpleNamespace(INT64=5, BINARY_VECTOR=100)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pymilvus", fake)
    client = StandIn()

    def open_(bits: int | None = None) -> MilvusIndex:
        return MilvusIndex("milvus://localhost:19530/codes", bits, client=client)

    yield open_


def packed_codes(n: int, bits: int, distinct: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    codes = sign(rng.standard_normal((distinct, bits)))
    return pack(codes[rng.integers(0, distinct, n)])


def assert_same(index: SearchIndex, packed: np.ndarray, bits: int, **limits: Any) -> None:
    memory = HammingIndex(bits, engine="numpy")
    memory.add(np.arange(len(packed)), packed)
    queries = np.concatenate([packed[:4], packed_codes(3, bits, 3, seed=9)])
    ours, theirs = memory.search(queries, **limits), index.search(queries, **limits)
    assert np.array_equal(ours.ids, theirs.ids)
    assert np.array_equal(ours.distances, theirs.distances)


@pytest.mark.parametrize("bits", [8, 12, 64, 1024])
def test_the_hits_are_those_of_memory_ties_included(engine: Any, bits: int) -> None:
    packed = packed_codes(500, bits, 20)
    index = engine(bits)
    index.add(np.arange(300), packed[:300])
    index.add(np.arange(300, 500), packed[300:])
    assert isinstance(index, SearchIndex)
    assert len(index) == 500
    for k in (1, 10, 499, 500, 900):
        assert_same(index, packed, bits, k=k)
    for radius in (0, bits // 3, bits):
        assert_same(index, packed, bits, k=None, radius=radius)
        assert_same(index, packed, bits, k=7, radius=radius)


def test_all_codes_equal_and_fewer_codes_than_wanted(engine: Any) -> None:
    packed = np.repeat(packed_codes(1, 16, 1), 300, axis=0)
    index = engine(16)
    index.add(np.arange(300), packed)
    assert index.search(packed[:1], 5).ids.tolist() == [[0, 1, 2, 3, 4]]
    assert_same(index, packed, 16, k=301)


def test_more_ties_than_milvus_returns_are_read_from_the_codes(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus, "LIMIT", 100)
    monkeypatch.setattr(milvus, "BATCH", 70)
    packed = packed_codes(400, 16, 3)
    index = engine(16)
    index.add(np.arange(400), packed)
    for limits in ({"k": 5}, {"k": 150}, {"k": None, "radius": 8}, {"k": 400}):
        assert_same(index, packed, 16, **limits)


def test_a_collection_opened_again_knows_its_bits_and_its_codes(engine: Any) -> None:
    packed = packed_codes(60, 12, 30)
    engine(12).add(np.arange(60), packed)
    assert engine().bits == 12
    assert_same(engine(), packed, 12, k=9)
    with pytest.raises(EngineError, match="codes of 12 bits, not of 16"):
        engine(16)


def test_ids_are_new_and_once_there_or_nothing_is_added(engine: Any) -> None:
    packed = packed_codes(10, 16, 10)
    index = engine(16)
    index.add(np.arange(5), packed[:5])
    for ids, sentence in (([4, 7], "in use"), ([7, 7], "twice"), ([-1, 7], "from 0"), ([7], "one")):
        with pytest.raises(ValueError, match=sentence):
            index.add(ids, packed[:2])
    assert len(index) == 5
    with pytest.raises(ValueError, match=r"uint8 \[n, 2\]"):
        index.add([9], packed[:1, :1])


def test_a_push_sends_every_code_once_and_a_second_one_none(engine: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(milvus, "BATCH", 40)
    packed = packed_codes(100, 16, 50)
    content = content_of(packed, 16)
    seen: list[tuple[int, int]] = []
    assert engine(16).fill(packed, content, lambda *step: seen.append(step)) == 100
    assert seen == [(40, 100), (80, 100), (100, 100)]
    assert engine().fill(packed, content) == 0
    assert_same(engine(), packed, 16, k=11)
    with pytest.raises(EngineError, match="holds other codes"):
        engine().fill(packed[:50], content_of(packed[:50], 16))


@pytest.mark.skipif(bool(REAL), reason="the stand-in is interrupted at an exact row")
@pytest.mark.parametrize("rows", [0, 1, 39, 40, 77])
def test_a_push_that_was_killed_is_not_searched_and_goes_on_where_it_stopped(
    engine: Any, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(milvus, "BATCH", 40)
    packed = packed_codes(100, 16, 50)
    content = content_of(packed, 16)
    index = engine(16)
    client = index._client
    client.broken = rows
    with pytest.raises(KeyboardInterrupt):
        index.fill(packed, content)
    client.broken = None
    again = engine()
    assert len(again) == rows
    with pytest.raises(EngineError, match=f"{rows} of 100 codes; push again"):
        again.search(packed[:1], 3)
    assert again.fill(packed, content) == 100 - rows // 40 * 40
    assert_same(engine(), packed, 16, k=30)


@pytest.mark.parametrize(
    "address", ["milvus://host", "milvus://host:1/a-b", "milvus:codes/name", "http://x/y", ""]
)
def test_an_address_of_another_form_is_told(address: str) -> None:
    with pytest.raises(EngineError, match="milvus://HOST:PORT/COLLECTION"):
        MilvusIndex(address, 16, client=StandIn())


def test_what_is_not_there_is_told(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="There is no collection"):
        engine()
    index = engine(16)
    assert len(index) == 0
    assert index.search(packed_codes(2, 16, 2), 3).ids.tolist() == [[-1] * 3] * 2
    for limits in ({"k": 0}, {"k": None}, {"radius": -1}):
        with pytest.raises(ValueError, match=r"k >= 1|needs a limit|0 or more"):
            index.search(packed_codes(1, 16, 1), **limits)
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(EngineError, match=r"pip install 'hashviz\[milvus\]'"):
        open_index("milvus://127.0.0.1:1/codes")


@pytest.mark.skipif(bool(REAL), reason="the stand-in plays the stranger")
def test_a_collection_of_somebody_else_is_left_alone(engine: Any) -> None:
    client = StandIn()
    client.collections["codes"] = {"description": "my holiday pictures", "rows": {}}
    with pytest.raises(EngineError, match="not made by hashviz"):
        MilvusIndex("milvus://localhost:1/codes", client=client)


def test_a_file_and_a_server_are_told_apart() -> None:
    file = milvus.ADDRESS.fullmatch("milvus:some folder/codes.db/digits")
    server = milvus.ADDRESS.fullmatch("milvus://10.0.0.7:19530/digits")
    assert file is not None
    assert server is not None
    assert (file["file"], file["server"], file["name"]) == ("some folder/codes.db", None, "digits")
    assert (server["file"], server["server"]) == (None, "10.0.0.7:19530")
    assert Path(str(file["file"])).suffix == ".db"


def test_the_codes_of_a_run_are_pushed_and_searched_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    from hashviz.cli.main import main
    from hashviz.data import load_dataset

    client = StandIn()
    fake = ModuleType("pymilvus")
    fake.DataType = SimpleNamespace(INT64=5, BINARY_VECTOR=100)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pymilvus", fake)
    monkeypatch.setattr(milvus, "connect", lambda place: client)
    runs = ["--runs", str(tmp_path)]
    assert main(["train", "lsh", "--data", "digits", "--bits", "12", *runs]) == 0
    assert main(["train", "lsh", "--data", "digits", "--bits", "12", "--seed", "1", *runs]) == 0
    run, address = "digits/lsh/12bits/seed0", "milvus://127.0.0.1:19530/digits"
    capsys.readouterr()
    assert main(["index", "push", run, address, *runs]) == 0
    assert "1,438 codes sent" in capsys.readouterr().out
    assert main(["index", "push", run, address, *runs]) == 0
    assert "0 codes sent" in (out := capsys.readouterr().out)
    assert "1,438 were there before" in out
    picture = tmp_path / "digit.png"
    Image.fromarray(load_dataset("digits").images[3][:, :, 0]).save(picture)
    answers = []
    for words in ([], ["--index", address]):
        assert main(["search", run, str(picture), *words, *runs]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]
    other = ["search", "digits/lsh/12bits/seed1", str(picture), "--index", address, *runs]
    assert main(other) == 2
    assert "does not hold the codes of digits/lsh/12bits/seed1" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="HASHVIZ_MILVUS names no engine")
def test_a_hundred_thousand_clustered_codes_have_the_hits_of_memory(engine: Any) -> None:
    rng = np.random.default_rng(0)
    centers = sign(rng.standard_normal((10, 64)))
    flips = rng.random((100_000, 64)) < 0.05
    packed = pack(np.where(flips, -1, 1).astype(np.int8) * centers[rng.integers(0, 10, 100_000)])
    index = engine(64)
    assert index.fill(packed, content_of(packed, 64)) == 100_000
    assert_same(engine(), packed, 64, k=100)
    assert_same(engine(), packed, 64, k=None, radius=3)
