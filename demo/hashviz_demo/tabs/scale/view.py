"""What N pictures cost: memory, milliseconds and money, for codes and for the floats they replace.

Every number is a product that anybody can check; the rates in it were measured.
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
"""Positions of the slider: N is 10^(position / 10), rounded to two digits."""
NOTICED = 0.1
"""Seconds after which a person notices a delay."""
HIGHEST_PRICE = 1000.0


@dataclass(frozen=True)
class Question:
    """The input of the calculator."""

    place: int = 60
    """Position of the slider."""
    bits: int = 64
    dimensions: int = 512
    dtype: str = "float32"
    price: float = 3.0
    """Per GB of memory and month, in any currency."""

    @property
    def n(self) -> int:
        """The number of pictures.

        >>> Question(place=60).n, Question(place=63).n, Question(place=100).n
        (1000000, 2000000, 10000000000)
        """
        exponent = self.place // 10 - 1
        return round(10 ** (self.place / 10 - exponent)) * 10**exponent


@dataclass(frozen=True)
class Side:
    """The costs of codes, or of floats."""

    bytes: float
    seconds: float
    """Of one query."""
    price: float
    fits: bool | None
    """Whether it fits into the memory of this machine; None if the system does not tell."""
    noticed: float
    """The N at which a person begins to notice that a query takes time."""
    full: float | None
    """The N at which memory is full."""


@dataclass(frozen=True)
class Answer:
    """The costs of a question, with everything the page shows."""

    question: Question
    codes: Side
    floats: Side
    measurement: Measurement
    memory: int | None

    @property
    def ratio(self) -> float:
        """How many times as much memory the floats need."""
        return self.floats.bytes / self.codes.bytes


def read_link(scene: Scene, library: Library) -> Question:
    """Return the question in the address; without one, the run gives the number of bits."""
    start = Question(bits=min(1024, library.open(scene.run).run.config.bits))
    text = scene.choice("scale")
    if not text:
        return start
    try:
        return read_sent(dict(zip(vars(start), text.split(","), strict=True)))
    except ValueError:  # somebody edited the address
        return start


def write_link(question: Question) -> str:
    """Return the question as a short text for an address.

    >>> write_link(Question())
    '60,64,512,float32,3'
    """
    return ",".join(f"{v:g}" if isinstance(v, float) else str(v) for v in vars(question).values())


def read_sent(sent: Any) -> Question:
    """Return the question that a browser sent.

    Raises:
        BadRequest: when a part of it is not something that the page can ask.
    """
    if not isinstance(sent, dict):
        raise BadRequest("A question is sent as a table of its parts; reload the page.")
    dtype = sent.get("dtype")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise BadRequest(f"Numbers are stored as one of {', '.join(DTYPES)}.")
    try:
        price = float(sent.get("price") or 0)
    except (TypeError, ValueError):
        price = math.nan
    if not 0 <= price <= HIGHEST_PRICE:
        raise BadRequest(f"A price is a number from 0 to {HIGHEST_PRICE:g}.")
    return Question(
        place=whole(sent.get("place"), LOW, HIGH, "The slider"),
        bits=whole(sent.get("bits"), 1, 1024, "The length of a code"),
        dimensions=whole(sent.get("dimensions"), 1, 65_536, "The length of a vector"),
        dtype=dtype,
        price=price,
    )


def answer(library: Library, question: Question) -> Answer:
    """Return the costs at the rates that were measured last."""
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
    """Return the costs of n items of `each` bytes that add `seconds` to every query."""
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
    """Return what the numbers mean, in sentences."""
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
            f"At {number(n)} pictures you gain nothing that a person notices: the floats answer in "
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
    """Return a number of pictures in words.

    >>> number(1000), number(2_500_000), number(1e10)
    ('1,000', '2.5 million', '10 billion')
    """
    for least, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= least:
            return f"{value / least:.3g} {word}"
    return f"{value:,.0f}"


def about(value: float) -> str:
    """Return a number of pictures computed from rates, for which two digits are enough.

    >>> about(355_806), about(12_345_678)
    ('360,000', '12 million')
    """
    return number(float(f"{value:.1e}"))


def size(value: float) -> str:
    """Return bytes in the units in which memory is sold.

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
    """Return a time as a person says it.

    >>> duration(0.00012), duration(0.25), duration(2.5), duration(600), duration(9000)
    ('0.12 ms', '250 ms', '2.5 s', '10 min', '2.5 h')
    """
    if seconds < 0.9995:
        return f"{1e3 * seconds:.2g} ms" if seconds < 0.0995 else f"{1e3 * seconds:.0f} ms"
    unit, least = ("h", 3600) if seconds >= 3600 else ("min", 60) if seconds >= 60 else ("s", 1)
    return f"{seconds / least:.3g} {unit}"
