"""Lanes as long as what a search touches; styles in static/scale.css."""

from math import log10

from hashviz_demo.tabs.scale.race import Lane, Race


def race(found: Race) -> str:
    """One lane for each way to search; longer is more work."""
    most = max(log10(max(lane.steps, 10)) for lane in found.lanes)
    lanes = "".join(_lane(lane, lane == found.first, most) for lane in found.lanes)
    return (
        '<section class="hv hv-sheet hv-race"><h2>One answer, several ways</h2>'
        f'<p class="hv-words">What it takes to be sure of the {found.k} nearest of '
        f"{found.database:,} codes of this query: cells looked up, and codes touched.</p>"
        f'<ul>{lanes}</ul><p class="hv-note">The lanes are logarithmic: equal lengths are equal '
        "factors. A table is quick while the nearest are very near; a few bits farther, the cells "
        "to look up outnumber the pictures, and the plain scan wins. Try another query.</p>"
        "</section>"
    )


def _lane(lane: Lane, first: bool, most: float) -> str:
    wide = 100 * log10(max(lane.steps, 1.3)) / most
    cells, touched = lane.probing.cells, lane.probing.touched
    looked = f"{count(cells)} {'cell' if cells == 1 else 'cells'}, " if cells else ""
    won = " <em>fewest steps</em>" if first else ""
    return (
        f"<li{' class=hv-first' if first else ''}><p><b>{lane.name}</b>{won}<span>{looked}"
        f"{count(touched)} {'code' if touched == 1 else 'codes'}</span></p>"
        f'<i style="width:{wide:.1f}%"></i><small>{lane.how}</small></li>'
    )


def count(value: int) -> str:
    """A count that may be astronomical.

    >>> count(1438), count(2**64)
    ('1,438', '1.8 · 10^19')
    """
    if value < 10**7:
        return f"{value:,}"
    exponent = len(str(value)) - 1
    return f"{value / 10**exponent:.1f} · 10^{exponent}"
