"""What the templates of the panel Collisions need: its lists, and small numbers in words."""

from hashviz_demo.frame.files import power_of_ten, render
from hashviz_demo.tabs.collisions.view import ORDERS, SHOWN, Browser, Inside


def browser(found: Browser, chosen: int | None) -> str:
    """Render the collisions in numbers beside those of chance, and the buckets to open."""
    return render(
        "tabs/collisions/buckets.html",
        found=found,
        chosen=chosen,
        orders=ORDERS,
        quantity=quantity,
        probability=probability,
    )


def opened(found: Inside) -> str:
    """Render the pictures of a bucket, the rarest class first, below its worst neighbors."""
    return render("tabs/collisions/bucket.html", **vars(found), shown=SHOWN)


def quantity(value: float) -> str:
    """Return a count that may be far below one.

    >>> quantity(1234.5), quantity(0.25), quantity(3.2e-9)
    ('1,234', '0.25', '3.2 · 10⁻⁹')
    """
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 0.01 or value == 0:
        return f"{value:.3g}"
    return power_of_ten(value)


def probability(chance: float) -> str:
    """Return a probability, but never one that claims certainty.

    >>> probability(0.5), probability(0.99999), probability(1e-12)
    ('50 %', 'more than 99.9 %', 'less than 0.1 %')
    """
    if chance > 0.999:
        return "more than 99.9 %"
    return "less than 0.1 %" if chance < 0.001 else f"{100 * chance:.3g} %"
