"""The tabs of the app: one row here, one file each; all share one `Scene`.

The frame (`hashviz_demo.frame.tab`) builds every row of `TABS`, shows the bar of run and query
above it, keeps the address up to date, and renders a pane only while it is the visible one: when
its tab is chosen, when the page loads with it, and when another run or query is chosen in the
bar. A tab is a function that lays itself out, wires its own events and says what to render:

    def echo_tab(app: gr.Blocks, library: Library, scene: gr.State) -> Pane:
        said = html("", "echo.js", elem_id="hv-echo")

        def render(scene: Scene) -> tuple[Any, ...]:  # one value per output, or gr.skip()
            return (cards.page(views.look(library, scene)),)

        def pick(scene: Scene, event: gr.EventData) -> tuple[Any, ...]:
            with told():
                scene = with_hit(library, scene, sent(event, "position"))
                return scene, *render(scene)

        said.pick(pick, scene, [scene, said], **QUICK)
        return Pane([said], render)

and `Tab("echo", "Echo", "What is seen here. And why.", "hashviz_demo.tabs.echo.tab.echo_tab")` in
`TABS`. An event that gives a new scene moves bar and address by itself. What else a link should
bring back, a tab keeps as a short text: `scene.choose("speed", "fast")`, read with
`scene.choice("speed")`, and `kept=("speed",)` in its row; it comes from anybody, so it is checked
like an event. Outputs begin empty: a pane that was never visible costs nothing, and its script
starts when the tab is first shown. A control with the id `hv-speed` is hidden by `?hide=speed`, a
tab by its key; `hv-fine` marks what a projector does not need. Scripts and styles stand in the
folder of the tab; the page joins all styles by itself.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hashviz_demo.frame.files import static

if TYPE_CHECKING:
    import gradio as gr

    from hashviz_demo.library import Library
    from hashviz_demo.scene import Scene


@dataclass(frozen=True)
class Pane:
    """What the frame renders of a tab: components, and their values for a scene."""

    outputs: Sequence[Any]
    render: Callable[["Scene"], tuple[Any, ...]]


@dataclass(frozen=True)
class Tab:
    """A row of the table of tabs."""

    key: str
    """Its name in the address, of its files and of its styles; `break` is a word of Python, so the
    files of that tab are called breaking."""
    title: str
    about: str
    """What is seen here, in two sentences."""
    code: str
    """The function that lays it out; imported when the app is built."""
    kept: tuple[str, ...] = ()
    """Names in the address of choices that only this tab reads (`Scene.choice`, `Scene.choose`)."""

    def build(self, app: "gr.Blocks", library: "Library", scene: "gr.State") -> Pane:
        """Lay the tab out and wire it."""
        module, _, function = self.code.rpartition(".")
        return getattr(import_module(module), function)(app, library, scene)


TABS = (
    Tab(
        "search",
        "Search",
        "Every picture became a short code of bits; the pictures whose codes differ from the "
        "query's in the fewest bits come first. Pictures in one box differ in equally many bits: "
        "among them there is no first and no last.",
        "hashviz_demo.tabs.search.tab.search_tab",
    ),
    Tab(
        "bits",
        "Bits",
        "The keys are the bits of the query: press one, or drag across some, and the pictures are "
        "sorted again for the code that is left. Below, all bits are held against the light: which "
        "of them say something, and what.",
        "hashviz_demo.tabs.bits.tab.bits_tab",
    ),
    Tab(
        "why",
        "Why",
        "Query and result, bit by bit: where their codes agree, and where on both pictures a bit "
        "looks. A result is near because of the bits that agree; the fewest flips that drive it "
        "away are the ones it hangs on.",
        "hashviz_demo.tabs.why.tab.why_tab",
    ),
    Tab(
        "compare",
        "Compare",
        "The same query in up to four runs, row by row: which pictures enter, which leave, and "
        "which run you would want. One query is an anecdote; mAP is the mean over all of them.",
        "hashviz_demo.tabs.compare.tab.compare_tab",
        kept=("with",),
    ),
    Tab(
        "space",
        "Space",
        "The codes of the database on a map: a bubble is one code, its area the number of "
        "pictures that have it. Grow the ball around the query and see what a search would touch.",
        "hashviz_demo.tabs.space.tab.space_tab",
    ),
    Tab(
        "scores",
        "Scores",
        "One number says how good a run retrieves; the band says what luck in the order of equal "
        "distances is worth. Then cheat, and see how little the number means without its protocol.",
        "hashviz_demo.tabs.scores.tab.scores_tab",
        kept=("protocol",),
    ),
    Tab(
        "train",
        "Train",
        "Every dot is a picture, every star a class: watch the codes find their places while a "
        "network learns. Training goes on when you leave, and what it made can be searched in all "
        "tabs.",
        "hashviz_demo.tabs.train.tab.train_tab",
        kept=("train",),
    ),
    Tab(
        "ablate",
        "Ablate",
        "A method is a sum of parts: turn one off and see which pictures leave the results, which "
        "enter, and what it costs. Dots are seeds; a difference inside its interval shows nothing.",
        "hashviz_demo.tabs.ablate.tab.ablate_tab",
        kept=("ablation", "off", "seed"),
    ),
    Tab(
        "break",
        "Break",
        "Change a picture by less than an eye sees, and its code and all that it finds are others; "
        "or give it the very code of a stranger. Below: pictures that share a code already.",
        "hashviz_demo.tabs.breaking.tab.break_tab",
        kept=("aim", "bucket"),
    ),
    Tab(
        "scale",
        "Scale",
        "What N pictures cost as codes and as floats: memory, milliseconds, money, each with its "
        "formula. Measure this machine, then ask the same of an engine on many.",
        "hashviz_demo.tabs.scale.tab.scale_tab",
        kept=("scale",),
    ),
)

QUICK: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}
"""For events. The newest wish wins: while one is answered, only the last of the others is kept."""


def html(value: str, script: str | None = None, **named: Any) -> Any:
    """A piece of the page with a style and, from the static folder, a script of its own."""
    import gradio as gr

    return gr.HTML(
        value,
        js_on_load=static("newest.js") + static(script) if script else None,
        apply_default_css=False,
        **named,
    )


def anew(page: str) -> str:
    """The same page, told apart from what is shown, so that its script starts again."""
    return f'<div data-anew="{next(_COUNT)}">{page}</div>'


_COUNT = itertools.count()
