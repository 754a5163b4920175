"""What the templates of the tab Break need: the data of the slider, and its curves."""

import json

from hashviz_demo.frame.files import render
from hashviz_demo.tabs.breaking.view import Attack, Bench

WIDE, HIGH = 300, 70


def bench(found: Bench) -> str:
    """Render the aims of the change: away from the query's code, or to that of another picture."""
    return render("tabs/breaking/bench.html", found=found)


def attack(found: Attack) -> str:
    """Render the slider with a bet before it, the picture, its change, its bits and results.

    The browser moves the slider; everything it can show is sent with the page.
    """
    aim, levels = found.aim, found.levels
    question, goal = bet_on(found)
    held = {
        "key": f"{found.query.kind}{found.query.position}:{aim.position if aim else ''}",
        "code": found.code,
        "aim": aim.code if aim else None,
        "goal": goal,
        "levels": [
            {
                **{name: getattr(level, name) for name in ("epsilon", "image", "change", "times")},
                "code": level.code,
                "apart": level.to_aim,
                "right": level.right,
                "hits": [[hit.position, hit.distance, hit.right] for hit in level.hits],
            }
            for level in levels
        ],
        "pictures": {hit.position: [hit.name, hit.image] for each in levels for hit in each.hits},
    }
    return render(
        "tabs/breaking/attack.html",
        found=found,
        held=json.dumps(held),
        question=question,
        curves=curves(found),
        wide=WIDE,
        high=HIGH,
    )


def bet_on(found: Attack) -> tuple[str, int | None]:
    """Return what is bet on, and the smallest change at which it happens."""
    if found.aim:
        return f"its code is exactly that of {found.aim.name}", found.collides
    if found.levels[0].right:
        return "most of its first results share no label with it", found.turned
    return "the first of its bits flips", found.first


def curves(found: Attack) -> list[dict[str, str]]:
    """Return distance to the own code, and to the aim or right results, by position of the slider.

    Each has its style, its words and the points of an SVG.
    """
    levels = found.levels
    flipped, apart = [len(each.flipped) for each in levels], [each.to_aim or 0 for each in levels]
    top = max(1, *flipped, *apart)
    lines = [
        ("precision", f"bits that differ from its own, up to {top}", [n / top for n in flipped])
    ]
    if found.aim:
        lines.append(("recall", "bits that differ from the aim's", [n / top for n in apart]))
    elif levels[0].right:
        shares = [(each.right or 0) / len(each.hits) for each in levels]
        lines.append(("recall", "share of results with a label in common", shares))
    step = WIDE / max(1, len(levels) - 1)
    return [
        {
            "kind": kind,
            "words": words,
            "points": " ".join(f"{i * step:.1f},{HIGH * (1 - v):.1f}" for i, v in enumerate(line)),
        }
        for kind, words, line in lines
    ]
