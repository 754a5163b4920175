"""Imports point one way: what measures and draws knows nothing of what trains."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "hashviz").rglob("*.py"), *(ROOT / "demo").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LAYERS = (
    {"hamming", "labels", "config", "files", "comparison"},
    {"centers", "metrics", "plots", "data", "search", "engines", "scan", "milvus"},
    {"evaluate"},
    {"runs"},
    {"models", "optim", "pretrained", "weights"},
    {"methods"},
    {
        *("machine", "encoding", "features", "explain", "attacks", "layouts", "projection"),
        *("scales", "check", "widgets", "distributed", "parallel", "checkpoints"),
    },
    {"recipes", "ablation", "fit", "train", "report"},
    {"commands", "__main__", "hashviz_demo"},
)
"""From the ground up: a part may import what is below it or beside it, never what is above."""

LAYER = {part: level for level, parts in enumerate(LAYERS) for part in parts}
LIGHT = (
    *("metrics", "plots", "centers", "search", "evaluate"),
    *("runs", "report", "hamming", "config", "layouts", "projection", "check", "widgets"),
)
"""Parts that never import torch while they are being imported."""


def part_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "demo":
        return "demo"
    return parts[1].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    found = set()
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "hashviz":
                found |= {f"hashviz.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        return  # the front door names rooms of every floor, and opens them when asked
    assert part in LAYER, f"give {part!r} a layer"
    for name in imports(path):
        words = name.split(".")
        if words[0] not in ("hashviz", "demo") or (len(words) < 2 and words[0] == "hashviz"):
            continue
        other = "demo" if words[0] == "demo" else words[1]
        allowed = LAYER[other] <= LAYER[part] or (part, other) in LAZY
        assert allowed, f"{part} imports {other}, which stands above it"


LAZY = {("plots", "methods")}
"""Looks upwards that are meant: the colors of figures follow the table of methods."""


@pytest.mark.parametrize(
    "path", [p for p in FILES if part_of(p) in LIGHT], ids=lambda p: str(p.relative_to(ROOT))
)
def test_what_shows_results_does_not_import_torch(path: Path) -> None:
    assert not {name for name in imports(path, top_level=True) if name.split(".")[0] == "torch"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_nobody_asks_for_the_name_of_a_method() -> None:
    """No branch on a method's key: what differs stands in its row."""
    from hashviz.methods import METHODS

    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                compared = [node.left, *node.comparators]
                keys = {c.value for c in compared if isinstance(c, ast.Constant)} & METHODS.keys()
                assert not keys, f"{path.name} line {node.lineno} compares with {keys}"


@pytest.mark.parametrize("path", TESTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_test_draws_from_a_generator_that_others_draw_from(path: Path) -> None:
    """What a test gets would depend on which tests ran before it in the same process."""
    shared = [
        node.lineno
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).split(".")[-1] in ("default_rng", "Generator", "Random")
    ]
    assert not shared, f"lines {shared}: make the generator where it is drawn from"
