"""What the templates of the tab Ablate need: the scales of their drawings.

Numbers of variants are in the page only after the bet.
"""

from hashviz.methods import METHODS
from hashviz.training.ablation import NOT_TRAINED
from hashviz_demo.frame.files import render
from hashviz_demo.tabs.ablate import grids
from hashviz_demo.tabs.ablate.changes import FIRST
from hashviz_demo.tabs.ablate.grids_view import Work
from hashviz_demo.tabs.ablate.view import Board

LANE = 15
"""Pixels between the dots of two seeds."""
VERDICTS = {"undecided": "is undecided", NOT_TRAINED: "is open: too little is learned"}


def page(board: Board, *, shown: bool, bet: str = "", free: bool = False) -> str:
    """Render everything about a choice; what variants are worth only if `shown`."""
    shown = shown or free or sum(share.mean is not None for share in board.alone) < 2
    here, rows = board.here, [("as it stands", board.whole)]
    if shown and here is not None and board.choice.off:
        rows.append((here.variant.title, here))
    values = [board.chance, *(v for _, measured in rows for v in measured.quality.values())]
    margin = 0.06 * (max(values) - min(values))
    reach = 0.0
    if here is not None:
        edge = abs(here.difference.mean) + (here.difference.half_width or 0.0)
        reach = 1.12 * max([edge, *map(abs, here.paired.values())])
    shares = board.shapley or board.alone
    edges = [abs(value) for share in shares for value in share.values.values()]
    edges += [abs(s.mean.mean) + (s.mean.half_width or 0.0) for s in shares if s.mean]
    return render(
        "tabs/ablate/page.html",
        board=board,
        shown=shown,
        bet=bet,
        free=free,
        rows=rows,
        low=max(0.0, min(values) - margin),
        high=max(values) + margin or 1.0,
        reach=reach or 0.01,
        shares=shares,
        stretch=48 / (max(edges, default=0.0) or 0.01),
        lane=LANE,
        first=FIRST,
        verdicts=VERDICTS,
    )


def work(shown: Work) -> str:
    """Render what can be computed on digits, or the progress of what was asked for."""
    methods = [(name, METHODS[name].title, count) for name, count in shown.methods.items()]
    values = vars(shown) | {"methods": methods}
    fixed = {"first": grids.FIRST, "seeds": grids.SEEDS, "in_words": grids.in_words}
    return render("tabs/ablate/work.html", **values, **fixed)
