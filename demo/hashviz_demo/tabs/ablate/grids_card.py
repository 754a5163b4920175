"""What can be computed on digits, and how far it is, as HTML."""

from html import escape

from hashviz.methods import METHODS
from hashviz_demo.tabs.ablate.grids import FIRST, SEEDS, Grid
from hashviz_demo.tabs.ablate.grids_view import Work


def work(shown: Work) -> str:
    """The buttons, or the progress of what was asked for."""
    running = shown.grid is not None and not shown.grid.ended
    inside = _progress(shown.grid) if running and shown.grid else _ended(shown) + _buttons(shown)
    return (
        f'<section class="hv hv-sheet hv-work" aria-labelledby="hv-work-head" '
        f'data-running="{"yes" if running else "no"}"><h2 id="hv-work-head">Compute on digits</h2>'
        f"{inside}</section>"
    )


def _progress(grid: Grid) -> str:
    now = f": {escape(grid.now)}" if grid.now else ""
    return (
        f'<div class="hv-progress"><progress max="{grid.total}" value="{grid.done}" '
        f'aria-label="Trainings that are done"></progress><p class="hv-words" role="status">'
        f"{grid.done} of {grid.total} trainings are done{now}. You may leave this page; what is "
        'done is shown at once.</p><button type="button" class="hv-more" data-stop>Stop</button>'
        f"</div>{_messages(grid)}"
    )


def _messages(grid: Grid) -> str:
    lines = "".join(f"<li>{escape(text)}</li>" for text in grid.messages[:4])
    return f'<ul class="hv-note hv-messages">{lines}</ul>' if lines else ""


def _ended(shown: Work) -> str:
    """What the last grid gave."""
    grid = shown.grid
    if grid is None:
        return ""
    end = "All" if grid.done == grid.total else f"{grid.done} of"
    look = ""
    if shown.made:
        look = (
            f'<button type="button" class="hv-main" data-look="{escape(shown.made)}">Look at it'
            "</button>"
        )
    return (
        f'<div class="hv-progress"><p class="hv-words" role="status">{end} {grid.total} trainings '
        f"are done.</p>{look}</div>{_messages(grid)}"
    )


def _buttons(shown: Work) -> str:
    buttons = []
    if shown.anew:
        buttons.append(
            '<button type="button" class="hv-more" data-compute="anew">Train “'
            f"{escape(shown.variant)}” and the whole, {SEEDS} new seeds: {shown.anew} trainings"
            "</button>"
        )
    if shown.lacking:
        buttons.append(
            '<button type="button" class="hv-more" data-compute="lacking">Train what the grid '
            f"lacks: {shown.lacking} trainings</button>"
        )
    options = "".join(
        f'<option value="{name}"{" selected" if name == FIRST else ""}>'
        f"{escape(METHODS[name].title)}, {f'{count} trainings' if count else 'computed'}</option>"
        for name, count in shown.methods.items()
    )
    return (
        f'<div class="hv-buttons">{"".join(buttons)}</div>'
        '<div class="hv-which"><label for="hv-grid-method">All combinations of the parts of'
        f'</label><select id="hv-grid-method">{options}</select>'
        '<button type="button" class="hv-main" data-compute="grid">Compute on digits</button></div>'
        f'<p class="hv-note">{SEEDS} seeds each, one training after another in the background: '
        "some seconds each.</p>"
    )
