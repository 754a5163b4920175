"""Exact search on a Milvus server, or in the file of its embedded engine: the hits of memory.

An address is `milvus://HOST:PORT/COLLECTION`, or `milvus:FILE.db/COLLECTION` for the embedded
engine. Milvus orders equal distances as it likes and cuts among them, so more is asked for until
the distance has passed the last one wanted; what comes back is ordered by (distance, id).
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from hashviz.search.index import Hits, SearchIndex

LIMIT = 16_384
"""Rows that Milvus returns for one query at most."""
ANSWERED_AT_ONCE = 1 << 20
"""Rows that one answer holds at most, over all its queries."""
BATCH = 10_000
"""Codes sent at once."""
SECONDS = 30
"""Patience with one request; without a limit the client tries for minutes."""
ADDRESS = re.compile(r"milvus:(?://(?P<server>[^/]+)|(?P<file>.+\.db))/(?P<name>[A-Za-z_]\w*)")

Progress = Callable[[int, int], object]


class EngineError(ValueError):
    """The engine is not installed, not reachable, or holds something else."""


class MilvusIndex:
    """Packed codes in a collection of Milvus, searched exactly; a `SearchIndex`.

    `bits` is needed to make a collection; one that exists knows its own. `client` is a
    `pymilvus.MilvusClient`, for tests and for those who need credentials.

    Raises:
        EngineError: when the address has another form, pymilvus is missing, nothing answers, or
            the collection is not one of hashviz or has another number of bits.
    """

    def __init__(self, address: str, bits: int | None = None, *, client: Any = None) -> None:
        found = checked_address(address)
        self.address, self.name = str(address), found["name"]
        self._client = client or connect(found["file"] or f"http://{found['server']}")
        about = self._about()
        if about is None and bits is None:
            raise EngineError(
                f"There is no collection {self.name!r} at {self.address}; "
                "`hashviz index push RUN ADDRESS` makes one."
            )
        if about is not None and bits not in (None, about["bits"]):
            raise EngineError(
                f"The collection {self.name!r} holds codes of {about['bits']} bits, not of {bits}."
            )
        self.bits: int = about["bits"] if about is not None else bits  # type: ignore[assignment]
        self.content: str = about["content"] if about is not None else ""
        self.expected: int | None = about["codes"] if about is not None else None
        self._there = about is not None

    def __len__(self) -> int:
        return self._count("id >= 0") if self._there else 0

    @property
    def complete(self) -> bool:
        """Whether all codes arrived that were to be pushed."""
        return self.expected is None or len(self) == self.expected

    def add(self, ids: Any, packed: Any) -> None:
        """Add packed codes under new ids, which are integers from 0.

        Raises:
            ValueError: when the two do not fit, or an id is negative, twice there or taken; no
                code has been added then.
        """
        ids, packed = np.asarray(ids, np.int64), self._checked(packed)
        if ids.shape != (len(packed),) or (len(ids) and ids.min() < 0):
            raise ValueError(
                f"Each code needs one id from 0, got ids of shape {ids.shape} for {len(packed)}."
            )
        if len(np.unique(ids)) < len(ids):
            raise ValueError("Every id stands for one code, got some of them twice.")
        if self._there:
            for part in _parts(len(ids)):
                if taken := self._count(f"id in {ids[part].tolist()}"):
                    raise ValueError(f"{taken} of the ids are taken, in {ids[part].tolist()[:5]}…")
        self._put(ids, packed)

    def fill(self, packed: Any, content: str, progress: Progress | None = None) -> int:
        """Make the collection hold exactly these codes under ids 0, 1, ...; how many were sent.

        `content` is a checksum of the codes. What arrived before, as when a push was interrupted,
        is not sent again.

        Raises:
            EngineError: when the collection holds other codes.
        """
        packed = self._checked(packed)
        if self._there and (self.content, self.expected) != (content, len(packed)):
            raise EngineError(
                f"The collection {self.name!r} holds other codes ({len(self):,}); push to another "
                "name, or drop that one first."
            )
        if not self._there:
            self._make(content, len(packed))
        sent = 0
        for part in _parts(len(packed)):
            ids = np.arange(part.start, part.stop)
            if self._count(f"id >= {part.start} and id < {part.stop}") < len(ids):
                self._put(ids, packed[part])
                sent += len(ids)
            if progress is not None:
                progress(part.stop, len(packed))
        return sent

    def search(self, query_packed: Any, k: int | None = 10, *, radius: int | None = None) -> Hits:
        """The k nearest codes of each query, or all within a radius (k=None), or both limits.

        Raises:
            ValueError: for queries of another width, a k or radius below its least value, or
                neither of them.
            EngineError: when only a part of the codes arrived.
        """
        queries = self._checked(query_packed)
        if (k is None and radius is None) or (k or 1) < 1 or (radius or 0) < 0 or k == 0:
            raise ValueError(
                f"A search has a k of 1 or more, a radius of 0 or more, or both; got k={k}, "
                f"radius={radius}."
            )
        if not self.complete:
            raise EngineError(
                f"The collection {self.name!r} holds {len(self):,} of {self.expected:,} codes; "
                "push again to finish it."
            )
        most = self.bits if radius is None else min(radius, self.bits)
        wanted = len(self) if k is None else min(k, len(self))
        rows = [_nothing() for _ in queries]
        open_, limit = list(range(len(queries))), min(wanted + 64, LIMIT)
        while open_ and wanted:
            left = []
            for place, near in zip(open_, self._nearest(queries[open_], limit), strict=True):
                # Beyond this distance nothing is wanted; k-th distance and radius both count.
                last = min(int(near[wanted - 1, 0]) if len(near) >= wanted else self.bits, most)
                if len(near) < limit or near[-1, 0] > last:
                    rows[place] = _first(near, wanted, last)
                elif limit == LIMIT:
                    rows[place] = _first(self._within(queries[place], last), wanted, last)
                else:
                    left.append(place)
            open_, limit = left, min(8 * limit, LIMIT)
        width = k or max(map(len, rows), default=0)
        ids, distances = (np.full((len(queries), width), -1, np.int64) for _ in range(2))
        for place, row in enumerate(rows):
            distances[place, : len(row)], ids[place, : len(row)] = row.T
        return Hits(ids, distances)

    def drop(self) -> None:
        """Delete the collection."""
        with told():
            self._client.drop_collection(self.name, timeout=SECONDS)
        self._there, self.expected, self.content = False, None, ""

    def _nearest(
        self, queries: UInt8[np.ndarray, "queries bytes"], limit: int
    ) -> Iterator[Int64[np.ndarray, "rows 2"]]:
        """Distance and id of the nearest rows, by distance; among equal ones any."""
        step = max(1, ANSWERED_AT_ONCE // limit)
        for start in range(0, len(queries), step):
            with told():
                answers = self._client.search(
                    self.name,
                    data=[query.tobytes() for query in queries[start : start + step]],
                    limit=limit,
                    search_params={"metric_type": "HAMMING"},
                    consistency_level="Session",
                    timeout=SECONDS,
                )
            for answer in answers:
                pairs = [(round(hit["distance"]), hit["id"]) for hit in answer]
                yield np.array(pairs, np.int64).reshape(-1, 2)

    def _within(
        self, query: UInt8[np.ndarray, " bytes"], radius: int
    ) -> Int64[np.ndarray, "rows 2"]:
        """All rows within the radius, by reading every code: for ties beyond Milvus' limit."""
        found = [_nothing()]
        for ids, packed in self._everything():
            distances = np.bitwise_count(packed ^ query).sum(1, np.int64)
            near = distances <= radius
            found.append(np.stack([distances[near], ids[near]], 1))
        return np.concatenate(found)

    def _everything(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        with told():
            pages = self._client.query_iterator(
                self.name, filter="id >= 0", output_fields=["id", "code"], batch_size=BATCH,
                consistency_level="Session", timeout=SECONDS,
            )  # fmt: skip
        try:
            while True:
                with told():
                    page = pages.next()
                if not page:
                    return
                codes = b"".join(
                    row["code"] if isinstance(row["code"], bytes) else row["code"][0]
                    for row in page
                )
                ids = np.array([row["id"] for row in page], np.int64)
                yield ids, np.frombuffer(codes, np.uint8).reshape(len(page), -1)
        finally:
            pages.close()

    def _about(self) -> dict[str, Any] | None:
        with told():
            if not self._client.has_collection(self.name, timeout=SECONDS):
                return None
            described = self._client.describe_collection(self.name, timeout=SECONDS)
        try:
            about = json.loads(described["description"])
            return {key: about[key] for key in ("bits", "content", "codes")}
        except (ValueError, KeyError, TypeError):
            raise EngineError(
                f"The collection {self.name!r} was not made by hashviz; choose another name."
            ) from None

    def _make(self, content: str = "", codes: int | None = None) -> None:
        from pymilvus import DataType  # pyright: ignore[reportMissingImports]

        about = json.dumps({"bits": self.bits, "content": content, "codes": codes})
        with told():
            schema = self._client.create_schema(
                auto_id=False, enable_dynamic_field=False, description=about
            )
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("code", DataType.BINARY_VECTOR, dim=8 * -(-self.bits // 8))
            index = self._client.prepare_index_params()
            index.add_index("code", index_type="BIN_FLAT", metric_type="HAMMING")
            self._client.create_collection(
                self.name, schema=schema, index_params=index, timeout=SECONDS
            )
        self._there, self.content, self.expected = True, content, codes

    def _put(self, ids: np.ndarray, packed: np.ndarray) -> None:
        if not self._there:
            self._make()
        for part in _parts(len(ids)):
            rows = [
                {"id": i, "code": code.tobytes()}
                for i, code in zip(ids[part].tolist(), packed[part], strict=True)
            ]
            with told():
                self._client.upsert(self.name, rows, timeout=SECONDS)

    def _count(self, condition: str) -> int:
        with told():
            rows = self._client.query(
                self.name, filter=condition, output_fields=["count(*)"],
                consistency_level="Strong", timeout=SECONDS,
            )  # fmt: skip
        return int(rows[0]["count(*)"])

    def _checked(self, packed: Any) -> UInt8[np.ndarray, "n bytes"]:
        packed = np.ascontiguousarray(packed)
        width = -(-self.bits // 8)
        if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != width:
            raise ValueError(
                f"Packed codes of {self.bits} bits are uint8 of shape [n, {width}], "
                f"got {packed.dtype} of shape {packed.shape}."
            )
        return packed


def checked_address(address: Any) -> re.Match[str]:
    """The parts of an address: `server` or `file`, and `name`.

    Raises:
        EngineError: when it has another form.
    """
    found = ADDRESS.fullmatch(str(address))
    if found is None:
        raise EngineError(
            "An engine's address is milvus://HOST:PORT/COLLECTION or milvus:FILE.db/COLLECTION,"
            f" a collection's name being letters, digits and _; got {str(address)!r}."
        )
    return found


def connect(place: str) -> Any:
    """A client of a server, or of the file of the embedded engine.

    Raises:
        EngineError: when pymilvus is missing or nothing answers.
    """
    try:
        from pymilvus import MilvusClient  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise EngineError(
            f"Milvus needs the package {error.name!r}; `pip install 'hashviz[milvus]'` brings it."
        ) from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    with told():
        return MilvusClient(place, timeout=SECONDS)


@contextmanager
def told() -> Iterator[None]:
    """What Milvus complains of, in one sentence."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("pymilvus", "grpc"):
            raise
        sentence = str(getattr(error, "message", error)).splitlines()[0]
        raise EngineError(f"Milvus did not do what it was asked for: {sentence}") from None


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + BATCH, count)) for start in range(0, count, BATCH))


def _nothing() -> Int64[np.ndarray, "0 2"]:
    return np.empty((0, 2), np.int64)


def _first(
    near: Int64[np.ndarray, "rows 2"], wanted: int, last: int
) -> Int64[np.ndarray, "fewer 2"]:
    """Of distances and ids, those up to the last distance in order, at most so many."""
    near = near[near[:, 0] <= last]
    return near[np.lexsort((near[:, 1], near[:, 0]))][:wanted]


def content_of(packed: Sequence[Any] | np.ndarray, bits: int) -> str:
    """A checksum of codes, by which a push knows what it began."""
    import hashlib

    digest = hashlib.blake2b(f"{bits} ".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(packed).data)
    return digest.hexdigest()


def check_content(
    index: SearchIndex, packed: UInt8[np.ndarray, "n bytes"], bits: int, name: str
) -> None:
    """Refuse an index of other codes than those of the run `name`: its ids would be wrong images.

    Raises:
        ValueError: when the number, length or checksum of the codes differ.
    """
    content = getattr(index, "content", "")
    expected = content_of(packed, bits) if content else ""
    if (index.bits, len(index), content) != (bits, len(packed), expected):
        raise ValueError(
            f"That index does not hold the codes of {name}; `hashviz index push` makes one that "
            "does."
        )
