"""Exact search on a Milvus server, or in the file of its embedded engine: the hits of memory.

An address is `milvus://HOST:PORT/COLLECTION`, or `milvus:FILE.db/COLLECTION` for the embedded
engine. Milvus orders equal distances as it likes and cuts among them, so more is asked for until
the distance has passed the last one wanted; what comes back is ordered by (distance, id).
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from hashviz.search.engines import stack
from hashviz.search.index import Hits, SearchIndex, check_ids, check_limits, check_packed

LIMIT = 16_384
"""The most rows that Milvus returns for one query."""
ANSWERED_AT_ONCE = 1 << 20
"""The most rows in one answer, over all its queries."""
BATCH = 10_000
"""Codes sent at once."""
SECONDS = 30
"""Timeout of one request; without it, the client tries for minutes."""
ADDRESS = re.compile(r"milvus:(?://(?P<server>[^/]+)|(?P<file>.+\.db))/(?P<name>[A-Za-z_]\w*)")


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
        found = parse_address(address)
        self.address, self.name = str(address), found["name"]
        self._client = client or connect(found["file"] or f"http://{found['server']}")
        about = self._about()
        self._there = about is not None
        if about is None:
            if bits is None:
                raise EngineError(
                    f"There is no collection {self.name!r} at {self.address}; "
                    "`hashviz index push RUN ADDRESS` makes one."
                )
            about = bits, "", None
        self.bits, self.content, self.expected = about
        if bits not in (None, self.bits):
            raise EngineError(
                f"The collection {self.name!r} holds codes of {self.bits} bits, not of {bits}."
            )

    def __len__(self) -> int:
        return self._count("id >= 0") if self._there else 0

    def add(self, ids: Any, packed: Any) -> None:
        """Add packed codes under new ids, which are integers from 0.

        Raises:
            ValueError: when the two do not fit, or an id is negative, twice there or taken; no
                code has been added then.
        """
        packed = check_packed(packed, self.bits)
        ids = check_ids(ids, len(packed))
        if len(np.unique(ids)) < len(ids):
            raise ValueError("Each id stands for one code, but some ids occur twice.")
        if self._there:
            for part in _parts(len(ids)):
                if taken := self._count(f"id in {ids[part].tolist()}"):
                    raise ValueError(f"{taken} ids are in use, among {ids[part].tolist()[:5]}…")
        else:
            self._make()
        self._put(ids, packed)

    def fill(
        self, packed: Any, content: str, progress: Callable[[int, int], object] | None = None
    ) -> int:
        """Make the collection hold these codes under ids 0, 1, ...; return how many were sent.

        `content` is a checksum of the codes. What arrived before, as when a push was interrupted,
        is not sent again.

        Raises:
            EngineError: when the collection holds other codes.
        """
        packed = check_packed(packed, self.bits)
        if self._there and (self.content, self.expected) != (content, len(packed)):
            raise EngineError(
                f"The collection {self.name!r} holds other codes; drop it, or push to another name."
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
        """Return the k nearest codes of each query, or all within a radius (k=None), or both.

        Raises:
            ValueError: as `HammingIndex.search` does.
            EngineError: when only some of the codes have arrived.
        """
        queries = check_packed(query_packed, self.bits)
        check_limits(k, radius)
        there = len(self)
        if self.expected not in (None, there):
            raise EngineError(
                f"{self.name!r} holds {there:,} of {self.expected:,} codes; push again to finish."
            )
        most = self.bits if radius is None else min(radius, self.bits)
        wanted = there if k is None else min(k, there)
        found = [np.empty((0, 2), np.int64)] * len(queries)
        left, limit = list(range(len(queries))), min(wanted + 64, LIMIT)
        while left and wanted:
            again = []
            for place, near in zip(left, self._nearest(queries[left], limit), strict=True):
                # Beyond this distance nothing is wanted; k-th distance and radius both count.
                last = min(int(near[wanted - 1, 0]) if len(near) >= wanted else self.bits, most)
                is_whole = len(near) < limit or near[-1, 0] > last
                if not is_whole and limit < LIMIT:
                    again.append(place)
                    continue
                near = near if is_whole else self._within(queries[place], last)
                near = near[near[:, 0] <= last]
                found[place] = near[np.lexsort((near[:, 1], near[:, 0]))][:wanted]
            left, limit = again, min(8 * limit, LIMIT)
        distances, ids = stack([(near[:, 0], near[:, 1]) for near in found], k)
        return Hits(ids, distances)

    def drop(self) -> None:
        """Delete the collection."""
        self._call("drop_collection")
        self._there, self.expected, self.content = False, None, ""

    def _call(self, request: str, *arguments: Any, **options: Any) -> Any:
        with one_error():
            method = getattr(self._client, request)
            return method(self.name, *arguments, timeout=SECONDS, **options)

    def _nearest(
        self, queries: UInt8[np.ndarray, "queries bytes"], limit: int
    ) -> Iterator[Int64[np.ndarray, "rows 2"]]:
        """Yield distance and id of the nearest rows, by distance; ties in any order."""
        step = max(1, ANSWERED_AT_ONCE // limit)
        for start in range(0, len(queries), step):
            answers = self._call(
                "search",
                data=[query.tobytes() for query in queries[start : start + step]],
                limit=limit,
                search_params={"metric_type": "HAMMING"},
                consistency_level="Session",
            )
            for answer in answers:
                pairs = [(round(hit["distance"]), hit["id"]) for hit in answer]
                yield np.array(pairs, np.int64).reshape(-1, 2)

    def _within(
        self, query: UInt8[np.ndarray, " bytes"], radius: int
    ) -> Int64[np.ndarray, "rows 2"]:
        """Return all rows within the radius by reading every code: for ties beyond `LIMIT`."""
        pages = self._call(
            "query_iterator",
            filter="id >= 0",
            output_fields=["id", "code"],
            batch_size=BATCH,
            consistency_level="Session",
        )
        found = []
        with closing(pages), one_error():
            while page := pages.next():
                codes = [row["code"] for row in page]
                raw = b"".join(code if isinstance(code, bytes) else code[0] for code in codes)
                packed = np.frombuffer(raw, np.uint8).reshape(len(page), -1)
                distances = np.bitwise_count(packed ^ query).sum(1, np.int64)
                near = np.stack([distances, [row["id"] for row in page]], 1)
                found.append(near[distances <= radius])
        return np.concatenate(found)

    def _about(self) -> tuple[int, str, int | None] | None:
        """Return bits, checksum and number of the codes that a push announced."""
        if not self._call("has_collection"):
            return None
        try:
            about = json.loads(self._call("describe_collection")["description"])
            return about["bits"], about["content"], about["codes"]
        except (json.JSONDecodeError, KeyError, TypeError):
            raise EngineError(
                f"The collection {self.name!r} was not made by hashviz; choose another name."
            ) from None

    def _make(self, content: str = "", codes: int | None = None) -> None:
        from pymilvus import DataType  # pyright: ignore[reportMissingImports]

        about = json.dumps({"bits": self.bits, "content": content, "codes": codes})
        with one_error():
            schema = self._client.create_schema(
                auto_id=False, enable_dynamic_field=False, description=about
            )
            schema.add_field("id", DataType.INT64, is_primary=True)
            schema.add_field("code", DataType.BINARY_VECTOR, dim=8 * -(-self.bits // 8))
            index = self._client.prepare_index_params()
            index.add_index("code", index_type="BIN_FLAT", metric_type="HAMMING")
        self._call("create_collection", schema=schema, index_params=index)
        self._there, self.content, self.expected = True, content, codes

    def _put(self, ids: np.ndarray, packed: np.ndarray) -> None:
        for part in _parts(len(ids)):
            codes = zip(ids[part].tolist(), packed[part], strict=True)
            self._call("upsert", [{"id": i, "code": code.tobytes()} for i, code in codes])

    def _count(self, condition: str) -> int:
        options = {"output_fields": ["count(*)"], "consistency_level": "Strong"}
        return int(self._call("query", filter=condition, **options)[0]["count(*)"])


def parse_address(address: Any) -> re.Match[str]:
    """Return the parts of an address: `server` or `file`, and `name`.

    Raises:
        EngineError: when it has another form.
    """
    found = ADDRESS.fullmatch(str(address))
    if found is None:
        raise EngineError(
            "An address in Milvus is milvus://HOST:PORT/COLLECTION or milvus:FILE.db/COLLECTION, "
            f"with letters, digits and _ in the name; got {str(address)!r}."
        )
    return found


def connect(place: str) -> Any:
    """Connect to a server, or to the file of the embedded engine.

    Raises:
        EngineError: when pymilvus is missing or nothing answers.
    """
    try:
        from pymilvus import MilvusClient  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise EngineError(
            f"Milvus needs the package {error.name!r}: pip install 'hashviz[milvus]'."
        ) from None
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    with one_error():
        return MilvusClient(place, timeout=SECONDS)


@contextmanager
def one_error() -> Iterator[None]:
    """Turn what Milvus raises into one sentence."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("pymilvus", "grpc"):
            raise
        sentence = str(getattr(error, "message", error)).splitlines()[0]
        raise EngineError(f"Milvus could not complete the request: {sentence}") from None


def _parts(count: int) -> Iterator[slice]:
    return (slice(start, min(start + BATCH, count)) for start in range(0, count, BATCH))


def content_of(packed: Sequence[Any] | np.ndarray, bits: int) -> str:
    """Return a checksum of codes, by which an interrupted push recognizes what it began."""
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
            f"That index does not hold the codes of {name}; `hashviz index push` makes one."
        )
