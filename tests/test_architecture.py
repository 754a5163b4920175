"""Imports point one way: what measures and draws knows nothing of what trains."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSES = {
    "hashviz": ROOT / "hashviz",
    "hashviz_demo": ROOT / "demo" / "hashviz_demo",
    "hashviz_course": ROOT / "notebooks" / "hashviz_course",
}
FILES = sorted(path for folder in HOUSES.values() for path in folder.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

ROOMS = (
    *("codes", "files", "config", "metrics", "centers", "search", "data", "runs", "plots"),
    *("models", "methods", "training", "explain", "maps", "report", "cli"),
)
"""The library from the ground up: a room imports rooms that stand before it, never after it."""

SEES = {
    "metrics": {"codes", "config"},
    "centers": {"codes", "config"},
    "search": {"codes", "config", "files", "metrics"},
    "plots": {"codes", "config", "metrics", "centers"},
}
"""Rooms that know nothing of data, runs and training: numbers and arrays are all they get."""

LIGHT = (
    *("codes", "files", "config", "metrics", "centers", "search", "data", "runs", "plots"),
    *("maps", "report", "cli", "hashviz_course"),
)
"""Parts that never import torch while they are being imported; `pip install hashviz` is enough."""

TRAINS = {"hashviz.data.batches"}
"""Named exceptions: what feeds a training, and is imported only by what trains."""


def module_of(path: Path) -> str:
    """The dotted name of a file of one of the three houses."""
    for house, folder in HOUSES.items():
        if path.is_relative_to(folder):
            parts = [house, *path.relative_to(folder).with_suffix("").parts]
            return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    raise ValueError(f"{path} stands in no house")


MODULES = {module_of(path): path for path in FILES}


def room_of(module: str) -> str:
    """The first folder or file below the library; of the other houses, the house."""
    house, _, rest = module.partition(".")
    return house if house != "hashviz" else rest.partition(".")[0] or "front door"


@cache
def parse(path: Path) -> list[ast.AST]:
    """Everything in a file but what stands below `if TYPE_CHECKING:`, which is no import."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    return list(ast.walk(tree))


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Modules that a file imports."""
    found = set()
    for node in parse(path)[0].body if top_level else parse(path):  # type: ignore[attr-defined]
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & MODULES.keys() or {node.module}
    return found


def test_imports_point_down() -> None:
    for module in MODULES.keys() - {"hashviz", "hashviz.__main__"}:  # the front door opens all
        room = room_of(module)
        ours = {name for name in imports(MODULES[module]) if name.partition(".")[0] in HOUSES}
        others = {room_of(name) for name in ours} - {room}
        if room in HOUSES:
            wrong = others & (HOUSES.keys() - {"hashviz"} | {"cli"})
            assert not wrong, f"{module} uses the library, not {wrong}"
        else:
            wrong = others - SEES.get(room, set(ROOMS[: ROOMS.index(room)]))
            assert not wrong, f"{module} imports {wrong}, which stand above it"


def test_no_two_files_need_each_other() -> None:
    graph = {
        module: {name for name in imports(path) if name in MODULES and name != module}
        for module, path in MODULES.items()
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_what_shows_results_does_not_import_torch() -> None:
    light = [m for m in MODULES if room_of(m) in LIGHT and m not in TRAINS]
    assert [m for m in light if "torch" in top_level_imports(m)] == []


def top_level_imports(module: str) -> set[str]:
    return {name.partition(".")[0] for name in imports(MODULES[module], top_level=True)}


def test_a_file_holds_one_idea() -> None:
    assert [str(p) for p in FILES if len(p.read_text().splitlines()) > 400] == []


def test_nobody_asks_for_the_name_of_a_method() -> None:
    """No branch on a method's key: what differs stands in its row."""
    from hashviz.methods import METHODS

    for path in FILES:
        for node in parse(path):
            if isinstance(node, ast.Compare):
                compared = [node.left, *node.comparators]
                keys = {c.value for c in compared if isinstance(c, ast.Constant)} & METHODS.keys()
                assert not keys, f"{path.name} line {node.lineno} compares with {keys}"


def test_no_test_draws_from_a_generator_that_others_draw_from() -> None:
    """What a test gets would depend on which tests ran before it in the same process."""
    shared = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).split(".")[-1] in ("default_rng", "Generator", "Random")
    ]
    assert not shared, "make the generator where it is drawn from"
