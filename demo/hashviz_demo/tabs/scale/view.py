"""What N pictures cost: memory, milliseconds and money, for codes and for the floats they replace.

Every number is a product that anybody can do again; the rates in it were measured.
"""

import math
from dataclasses import dataclass
from typing import Any

from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.scale.measuring import BEFORE, Measurement, memory_bytes, stopwatch_of

DTYPES = {"float32": 4, "float16": 2, "int8": 1}
"""Bytes of one number of a vector."""
LOW, HIGH = 30, 100
"""Places of the slider: N is 10 to the tenth part of it, rounded to two digits."""
NOTICED = 0.1
"""Seconds after which a person notices that an answer took time."""
DEAREST = 1000.0


@dataclass(frozen=True)
class Question:
    """What is asked of the calculator."""

    place: int = 60
    """Of the slider."""
    bits: int = 64
    dimensions: int = 512
    dtype: str = "float32"
    price: float = 3.0
    """Of a GB of memory for a month, in any currency."""

    @property
    def n(self) -> int:
        """How many pictures.

        >>> Question(place=60).n, Question(place=63).n, Question(place=100).n
        (1000000, 2000000, 10000000000)
        """
        exponent = self.place // 10 - 1
        return round(10 ** (self.place / 10 - exponent)) * 10**exponent


@dataclass(frozen=True)
class Side:
    """Codes, or floats."""

    bytes: float
    seconds: float
    """Of one query."""
    price: float
    fits: bool | None
    """Whether it fits into the memory of this machine; None where the system does not tell."""
    noticed: float
    """The N from which a query takes as long as a person notices."""
    full: float | None
    """The N from which it does not fit."""


@dataclass(frozen=True)
class Answer:
    """The question answered, with all that the page shows."""

    question: Question
    codes: Side
    floats: Side
    measurement: Measurement
    memory: int | None

    @property
    def ratio(self) -> float:
        """How many times as much memory the floats need."""
        return self.floats.bytes / self.codes.bytes


def asked(scene: Scene, library: Library) -> Question:
    """The question in the address; what it leaves open comes from the run."""
    start = Question(bits=min(1024, library.open(scene.run).run.config.bits))
    text = scene.choice("scale")
    if not text:
        return start
    parts = text.split(",")
    names = ("place", "bits", "dimensions", "dtype", "price")
    try:
        if len(parts) != len(names):
            raise BadRequest("A question has five parts.")
        return read(dict(zip(names, parts, strict=True)))
    except BadRequest:  # somebody wrote an address
        return start


def written(question: Question) -> str:
    """The question as a short text for an address.

    >>> written(Question())
    '60,64,512,float32,3'
    """
    return (
        f"{question.place},{question.bits},{question.dimensions},{question.dtype},"
        f"{question.price:g}"
    )


def read(sent: Any) -> Question:
    """The question that a browser sent.

    Raises:
        BadRequest: when a part of it is not what the page can ask.
    """
    if not isinstance(sent, dict):
        raise BadRequest("A question arrives as a table of its parts; load the page again.")
    dtype = sent.get("dtype")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise BadRequest(f"Numbers are stored as one of {', '.join(DTYPES)}.")
    try:
        price = float(sent.get("price") or 0)
    except (TypeError, ValueError):
        price = math.nan
    if not 0 <= price <= DEAREST:
        raise BadRequest(f"A price is a number from 0 to {DEAREST:g}.")
    return Question(
        place=whole(sent.get("place"), LOW, HIGH, "The slider"),
        bits=whole(sent.get("bits"), 1, 1024, "The length of a code"),
        dimensions=whole(sent.get("dimensions"), 1, 65_536, "The length of a vector"),
        dtype=dtype,
        price=price,
    )


def answer(library: Library, question: Question) -> Answer:
    """The costs at the rates that were measured last."""
    found = stopwatch_of(library).last or BEFORE
    memory = memory_bytes()
    words = -(-question.bits // 64)
    return Answer(
        question,
        codes=_side(question, question.bits / 8, words / found.scan.per_second, memory),
        floats=_side(
            question,
            question.dimensions * DTYPES[question.dtype],
            question.dimensions / found.floats.per_second,
            memory,
        ),
        measurement=found,
        memory=memory,
    )


def _side(question: Question, each: float, seconds: float, memory: int | None) -> Side:
    """What n items of so many bytes, and so many seconds in every query, cost."""
    size = question.n * each
    return Side(
        bytes=size,
        seconds=question.n * seconds,
        price=size / 1e9 * question.price,
        fits=None if memory is None else size <= memory,
        noticed=NOTICED / seconds,
        full=None if memory is None else memory / each,
    )


def verdicts(found: Answer) -> tuple[str, ...]:
    """What the numbers mean, in sentences."""
    n, codes, floats = found.question.n, found.codes, found.floats
    said = []
    if floats.fits is False and codes.fits:
        said.append(
            f"At {number(n)} pictures the floats no longer fit into this machine's memory: "
            f"{size(floats.bytes)} of {size(found.memory or 0)}. The codes do: {size(codes.bytes)}."
        )
    elif codes.fits is False:
        said.append(
            f"At {number(n)} pictures not even the codes fit into this machine's memory, "
            f"{size(codes.bytes)} of {size(found.memory or 0)}: this is for several machines."
        )
    elif floats.seconds <= NOTICED:
        said.append(
            f"At {number(n)} pictures you gain nothing that a human notices: the floats answer in "
            f"{duration(floats.seconds)} as well"
            + (", and they fit into memory." if floats.fits else ".")
        )
    if floats.seconds > NOTICED >= codes.seconds:
        said.append(
            f"A person waits {duration(floats.seconds)} for the floats, and "
            f"{duration(codes.seconds)} for the codes: one is noticed, the other is not."
        )
    elif codes.seconds > NOTICED:
        said.append(
            f"Even the codes take {duration(codes.seconds)} for a query; from here on a scan needs "
            "more cores, more machines, or an index that does not touch every code."
        )
    return tuple(said)


def number(value: float) -> str:
    """A number of pictures.

    >>> number(1000), number(2_500_000), number(1e10)
    ('1,000', '2.5 million', '10 billion')
    """
    for least, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= least:
            return f"{value / least:.3g} {word}"
    return f"{value:,.0f}"


def about(value: float) -> str:
    """A number of pictures that was computed from rates: two digits are enough.

    >>> about(355_806), about(12_345_678)
    ('360,000', '12 million')
    """
    return number(float(f"{value:.1e}"))


def size(value: float) -> str:
    """Bytes, in the units in which memory is sold.

    >>> size(800), size(8e6), size(2.048e12)
    ('800 B', '8 MB', '2.05 TB')
    """
    for least, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= least:
            return (
                f"{value / least:,.3g} {unit}" if value < 1e15 else f"{value / least:,.0f} {unit}"
            )
    return f"{value:.3g} B"


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(0.00012), duration(0.25), duration(2.5), duration(600), duration(9000)
    ('0.12 ms', '250 ms', '2.5 s', '10 min', '2.5 h')
    """
    if seconds < 0.9995:
        return f"{1e3 * seconds:.2g} ms" if seconds < 0.0995 else f"{1e3 * seconds:.0f} ms"
    least, unit = next(each for each in UNITS if seconds >= each[0] or each[1] == "s")
    return f"{seconds / least:.3g} {unit}"


UNITS = ((3600, "h"), (60, "min"), (1, "s"))
