"""What the templates of the tab Scale need: numbers in words, and lengths of lanes."""

from math import log10

from hashviz_demo.frame.files import power_of_ten, render
from hashviz_demo.tabs.scale.engines import Engines
from hashviz_demo.tabs.scale.measuring import Measurement, Rate
from hashviz_demo.tabs.scale.race import Race
from hashviz_demo.tabs.scale.view import (
    DTYPES,
    HIGH,
    LOW,
    NOTICED,
    Answer,
    Question,
    Side,
    about,
    duration,
    number,
    size,
    verdicts,
)


def controls(question: Question) -> str:
    """Render the question; the browser sends it with every change."""
    return render(
        "tabs/scale/controls.html",
        question=question,
        dtypes=DTYPES,
        low=LOW,
        high=HIGH,
        noticed=NOTICED,
        number=number,
        duration=duration,
    )


def answer(found: Answer) -> str:
    """Render the costs of both sides with their formulas, what they mean, and their limits."""
    return render(
        "tabs/scale/costs.html",
        found=found,
        verdicts=verdicts(found),
        roads=[("codes", _parts(found.codes)), ("floats", _parts(found.floats))],
        dtypes=DTYPES,
        noticed=NOTICED,
        along=along,
        about=about,
        duration=duration,
        money=money,
        number=number,
        rate=rate,
        size=size,
    )


def rate(measured: Rate) -> str:
    """Return what is passed in a second, in words."""
    return f"{measured.per_second / 1e9:.2g} billion"


def money(value: float) -> str:
    """Return a price in dollars.

    >>> money(0.0003), money(12.5), money(30720)
    ('below $0.01', '$12.50', '$30,720')
    """
    if 0 < value < 0.01:
        return "below $0.01"
    return f"${value:,.2f}" if value < 1000 else f"${value:,.0f}"


def along(n: float) -> float:
    """Return where a number of pictures lies on the road, in percent."""
    return min(100.0, max(0.0, 100 * (log10(max(n, 1)) - LOW / 10) / ((HIGH - LOW) / 10)))


def _parts(side: Side) -> list[tuple[str, float, float]]:
    """Return the parts of the road: answers at once, answers one waits for, no room in memory."""
    full = 100.0 if side.full is None else along(side.full)
    noticed = min(along(side.noticed), full)
    return [("at once", 0.0, noticed), ("one waits", noticed, full), ("no room", full, 100.0)]


def machine(found: Measurement | None) -> str:
    """Render the button that measures, and what it measured."""
    return render("tabs/scale/machine.html", found=found, duration=duration, rate=rate)


def engines(found: Engines | None, run: str, address: str | None) -> str:
    """Render the same search on every engine, and the commands that do it elsewhere."""
    values = {"found": found, "run": run, "address": address, "duration": duration}
    return render("tabs/scale/engines.html", **values)


def race(found: Race) -> str:
    """Render a lane for each way to search, as long as the logarithm of its work."""
    most = log10(max(10, *(lane.steps for lane in found.lanes)))
    lengths = [100 * log10(max(lane.steps, 1.3)) / most for lane in found.lanes]
    return render("tabs/scale/race.html", found=found, lengths=lengths, count=count)


def count(value: int) -> str:
    """Return a count that may be astronomical.

    >>> count(1438), count(2**64)
    ('1,438', '1.8 · 10¹⁹')
    """
    return f"{value:,}" if value < 10**7 else power_of_ten(value)
