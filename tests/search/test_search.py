"""Search against sorting every distance, on every engine; indexes on disk."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashviz.codes import pack, sign
from hashviz.search import HammingIndex, SearchIndex, open_index
from hashviz.search import engines as ways
from hashviz.search import index as search
from hashviz.search.engines import ENGINES

engines = pytest.mark.parametrize("engine", sorted(ENGINES))


def some_packed(rng: np.random.Generator, n: int, bits: int, distinct: int = 10**9) -> np.ndarray:
    codes = sign(rng.standard_normal((min(n, distinct), bits)))
    return pack(codes[rng.integers(0, len(codes), n)])


def slow(
    ids: np.ndarray, packed: np.ndarray, query: np.ndarray, k: int | None, radius: int | None
) -> list[tuple[int, int]]:
    distances = np.unpackbits(packed ^ query, axis=1).sum(1)
    order = sorted((int(d), int(i)) for d, i in zip(distances, ids, strict=True))
    return [(d, i) for d, i in order if radius is None or d <= radius][:k]


def assert_same(index: HammingIndex, ids, packed, queries, k, radius) -> None:
    hits = index.search(queries, k, radius=radius)
    for i, query in enumerate(queries):
        expected = slow(ids, packed, query, k, radius)
        n = int(hits.found[i])
        got = list(zip(hits.distances[i].tolist(), hits.ids[i].tolist(), strict=True))
        assert got[:n] == expected
        assert set(got[n:]) <= {(-1, -1)}


@engines
@given(data=st.data())
def test_hits_are_those_of_sorting_all_by_distance_and_id(engine: str, data: st.DataObject) -> None:
    bits = data.draw(st.sampled_from([1, 7, 8, 12, 64, 130]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n = data.draw(st.integers(1, 60))
    packed = some_packed(rng, n, bits, distinct=data.draw(st.integers(1, 60)))
    ids = rng.choice(10_000, n, replace=False)
    k = data.draw(st.one_of(st.none(), st.integers(1, 70)))
    radius = data.draw(st.integers(0, bits) if k is None else st.none() | st.integers(0, bits))
    index = HammingIndex(bits, engine=engine)
    cut = data.draw(st.integers(0, n))
    index.add(ids[:cut], packed[:cut])
    index.add(ids[cut:], packed[cut:])
    queries = np.concatenate([packed[:3], some_packed(rng, 2, bits)])
    assert_same(index, ids, packed, queries, k, radius)


@pytest.mark.parametrize("k", [1, 1500, 3000])
@pytest.mark.parametrize("queries", [1, 9])
@pytest.mark.parametrize(
    ("engine", "memory"), [("faiss", 0), *((engine, 1 << 28) for engine in sorted(ENGINES))]
)
def test_thousands_of_ties_are_broken_by_id(
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    k: int,
    queries: int,
    memory: int,
) -> None:
    monkeypatch.setattr(ways, "FAISS_COUNTING", memory)  # 0: faiss keeps a heap
    packed = some_packed(rng, 3000, 16, distinct=20)
    ids = rng.choice(10**6, 3000, replace=False)
    index = HammingIndex(16, engine=engine)
    index.add(ids, packed)
    assert_same(index, ids, packed, some_packed(rng, queries, 16), k, None)


@pytest.mark.parametrize("k", [1, 30, 1000, 2500])
@pytest.mark.parametrize(("bits", "radius"), [(16, None), (130, None), (16, 4)])
def test_a_scan_that_guesses_where_the_nearest_lie_finds_the_same(
    rng: np.random.Generator, k: int, bits: int, radius: int | None
) -> None:
    packed = some_packed(rng, 20_001, bits, distinct=5_000)
    index = HammingIndex(bits, engine="numba")
    index.add(np.arange(len(packed)), packed)
    queries = np.concatenate([packed[:2], some_packed(rng, 3, bits)])
    assert_same(index, np.arange(len(packed)), packed, queries, k, radius)


def test_a_scan_whose_sample_misleads_it_looks_again() -> None:
    scan = pytest.importorskip("hashviz.search.scan", reason="pip install hashviz[speed]")
    n, runs = 90_000, scan.SAMPLE // 64
    codes = -np.ones((n, 16), np.int8)
    for run in range(runs):  # where the sample is taken, everything is near; nowhere else
        codes[run * (n // runs) :][:64] = 1
    index = HammingIndex(16, engine="numba")
    index.add(np.arange(n), pack(codes))
    k = scan.SAMPLE + 900
    query = pack(np.ones((1, 16), np.int8))
    assert_same(index, np.arange(n), pack(codes), query, k, None)


@engines
def test_blocks_of_rows_and_queries_are_joined(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.setattr(ways, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(search, "QUERIES_AT_ONCE", 3)
    packed, ids = some_packed(rng, 50, 130, distinct=30), rng.permutation(50)
    index = HammingIndex(130, engine=engine)
    index.add(ids, packed)
    assert_same(index, ids, packed, packed[:10], 20, None)


@pytest.mark.parametrize("ids", [[0, 1, 2], [0, 2, 3], [0, 1, 3], [1, 2, 3], [2, 1, 0]])
def test_found_are_ids_and_no_rows_where_ids_have_gaps(ids: list[int]) -> None:
    packed = np.array([[0b11], [0b1], [0]], np.uint8)  # at distances 0, 1, 2
    index = HammingIndex(8)
    index.add(ids, packed)
    assert index.search(packed[:1], 3).ids.tolist() == [ids]


@engines
@pytest.mark.parametrize(("k", "radius"), [(None, 3), (300, None), (384, None)])
def test_a_block_of_rows_that_all_lie_at_the_last_distance_is_found(
    engine: str, k: int | None, radius: int | None
) -> None:
    distances = np.repeat([5, 3, 1], 128)
    packed = pack(sign(distances[:, None] - np.arange(8) - 0.5))
    index = HammingIndex(8, engine=engine)
    index.add(np.arange(384), packed)
    assert_same(index, np.arange(384), packed, np.zeros((2, 1), np.uint8), k, radius)


@engines
def test_an_empty_index_finds_nothing_and_few_codes_are_padded(engine: str) -> None:
    index = HammingIndex(8, engine=engine)
    query = np.array([[255]], np.uint8)
    np.testing.assert_array_equal(index.search(query, 3).ids, [[-1, -1, -1]])
    assert index.search(query, None, radius=8).ids.shape == (1, 0)
    index.add([4], query)
    np.testing.assert_array_equal(index.search(query, 3).ids, [[4, -1, -1]])
    np.testing.assert_array_equal(index.search(query, 3).distances, [[0, -1, -1]])
    assert index.search(np.empty((0, 1), np.uint8), 3).ids.shape == (0, 3)
    index.add([], np.empty((0, 1), np.uint8))
    assert len(index) == 1


def test_faiss_keeps_the_number_of_threads_it_was_given() -> None:
    faiss = pytest.importorskip("faiss")
    before = faiss.omp_get_max_threads()
    index = HammingIndex(8, engine="faiss")
    index.add([0, 1], np.zeros((2, 1), np.uint8))
    index.search(np.zeros((1, 1), np.uint8), 1)
    assert faiss.omp_get_max_threads() == before


def test_auto_takes_what_is_installed_and_says_what_is_missing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = some_packed(rng, 20, 8)
    found = []
    monkeypatch.setattr(search, "CODES_THAT_REPAY_NUMBA", 20)
    for missing in [(), ("numba",), ("numba", "faiss")]:
        monkeypatch.setattr(search, "_is_installed", lambda name, m=missing: name not in m)
        index = HammingIndex(8)
        index.add(np.arange(20), packed)
        found.append(index.search(packed, 5).ids.tolist())
    assert found[0] == found[1] == found[2]
    index = HammingIndex(8, engine="faiss")
    index.add([0], packed[:1])
    with pytest.raises(ValueError, match=r"not installed: pip install hashviz\[search\]"):
        index.search(packed)


def test_an_index_in_memory_has_the_whole_interface() -> None:
    assert isinstance(HammingIndex(8), SearchIndex)


@engines
@pytest.mark.parametrize("mmap", [True, False])
def test_a_saved_index_is_loaded_and_appended_to(
    rng: np.random.Generator, tmp_path: Path, engine: str, mmap: bool
) -> None:
    packed, ids = some_packed(rng, 40, 20, distinct=10), rng.permutation(80)[:40]
    index = HammingIndex(20)
    index.add(ids[:30], packed[:30])
    index.save(tmp_path / "codes.index")
    assert [p.name for p in tmp_path.iterdir()] == ["codes.index"]
    loaded = HammingIndex.load(tmp_path / "codes.index", mmap=mmap, engine=engine)
    assert (loaded.bits, len(loaded)) == (20, 30)
    assert isinstance(loaded._packed, np.memmap) == mmap
    assert_same(loaded, ids[:30], packed[:30], packed[:5], 12, None)
    loaded.add(ids[30:], packed[30:])
    assert_same(loaded, ids, packed, packed[:5], 12, None)
    loaded.save(tmp_path / "codes.index")
    again = open_index(tmp_path / "codes.index", engine=engine)
    assert len(again) == 40
    with pytest.raises(ValueError, match="got id"):
        again.add(ids[:1], packed[:1])


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    HammingIndex(9).save(tmp_path / "empty")
    assert len(HammingIndex.load(tmp_path / "empty")) == 0


def test_a_failed_save_leaves_the_old_index_and_nothing_else(
    rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "codes.index"
    index = HammingIndex(8)
    index.add([1], some_packed(rng, 1, 8))
    index.save(path)
    before = path.read_bytes()
    index.add([2], some_packed(rng, 1, 8))

    def full(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        index.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["codes.index"]


@pytest.mark.parametrize("place", [0, 9, 20, 30, 70, -1, "short", "long", "empty"])
def test_a_damaged_index_is_named(
    rng: np.random.Generator, tmp_path: Path, place: int | str
) -> None:
    path = tmp_path / "codes.index"
    index = HammingIndex(16)
    index.add(np.arange(9), some_packed(rng, 9, 16))
    index.save(path)
    content = bytearray(path.read_bytes())
    if place == "short":
        content = content[:-1]
    elif place == "long":
        content += b"0"
    elif place == "empty":
        content = bytearray()
    else:
        content[place] ^= 1  # type: ignore[index]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"codes\.index' is no index or is damaged; write it"):
        HammingIndex.load(path)


BYTE = np.zeros((1, 1), np.uint8)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda i: HammingIndex(0), "at least one bit, got bits=0"),
        (lambda i: HammingIndex(8, engine="fais"), "Unknown engine 'fais', did you mean 'faiss'"),
        (lambda i: i.add([1], np.zeros((1, 2), np.uint8)), r"5 bits are uint8 \[n, 1\], got uint8"),
        (lambda i: i.search(np.zeros((1, 1))), r"got float64 of shape \(1, 1\); use hashviz"),
        (lambda i: i.search(BYTE[0]), r"got uint8 of shape \(1,\)"),
        (lambda i: i.search(BYTE + 1), "last byte of 5 bits must end in zeros"),
        (lambda i: i.add([1], BYTE), "An id names one code, got id 1 twice"),
        (lambda i: i.add([6, 6], BYTE.repeat(2, 0)), "got id 6 twice; choose new ids"),
        (lambda i: i.add([-1], BYTE), "Ids are integers from 0, got -1"),
        (lambda i: i.add([2, 3], BYTE), r"one integer id, got int64 \(2,\) for 1 codes"),
        (lambda i: i.add([0.5], BYTE), "one integer id, got float64"),
        (lambda i: i.search(BYTE, 0), "k >= 1 codes, got k=0"),
        (lambda i: i.search(BYTE, 1, radius=-1), "0 or more, got -1"),
        (lambda i: i.search(BYTE, None), "needs a limit, got k=None and radius=None"),
        (lambda i: open_index("nowhere.index"), "there is no file 'nowhere.index'"),
        (lambda i: open_index("lance://host/codes"), "a file or milvus://"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_lost(act, message: str) -> None:
    index = HammingIndex(5)
    index.add([1], BYTE)
    with pytest.raises(ValueError, match=message):
        act(index)
    np.testing.assert_array_equal(index.search(BYTE, 1).ids, [[1]])
