"""Write the generated parts of README.md and docs/: methods, data sets, speed, files, code lines.

uv run python -m tools.build_readme            rewrites them
uv run python -m tools.build_readme --check    exits 1 when they are not up to date
uv run python -m tools.build_readme --picture  takes the picture of the running app again
"""

import argparse
import ast
import re
import sys
from pathlib import Path

from benchmarks.__main__ import FOLDER, read, summary
from tools.lines import table as code_lines

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "search.png"
OTHERS = {
    "notebooks/": "the course: scripts, and the executed notebooks built from them",
    "tests/": "mirrors the three packages; contracts, notebooks, and the app in a real browser",
    "tools/": "builds the notebooks, README and docs, the league, and one page of all figures",
    "benchmarks/": "what is fast, against what: `python -m benchmarks`, and its tables",
    "results/": "the league, with scores of every seed; four papers' claims, with codes as well",
    "environment.yml": "the same packages for conda",
    "pyproject.toml": "the one list of dependencies, each with a reason",
}
"""What stands beside the three packages, in a line each."""


def methods_table() -> str:
    """One line per row of METHODS."""
    from hashviz.methods import METHODS

    lines = ["| key | method | family | learns from | paper |", "|---|---|---|---|---|"]
    for name, m in METHODS.items():
        lines.append(
            f"| `{name}` | {m.title} | {m.family} | {m.supervision} | [{m.paper}]({m.url}) |"
        )
    return "\n".join(lines)


def datasets_table() -> str:
    """One line per row of DATASETS."""
    from hashviz.data import DATASETS

    lines = ["| name | what | needs |", "|---|---|---|"]
    for name, row in DATASETS.items():
        key = f"{name}:{'NAME' if name == 'memory' else 'PATH'}" if row.takes_path else name
        needs = "nothing" if row.embedded else "your pictures" if row.takes_path else "its files"
        lines.append(f"| `{key}` | {row.title}: {row.description} | {needs} |")
    return "\n".join(lines)


def phrase(path: Path) -> str:
    """What a file says of itself: its docstring up to the first full stop or semicolon."""
    documentation = ast.get_docstring(ast.parse(path.read_text())) or ""
    first = documentation.splitlines()[0] if documentation else ""
    return re.split(r"(?<=\S)[.;](?:\s|$)", first)[0].strip()


def tree(folder: Path, depth: int = 0) -> list[tuple[str, str]]:
    """Name and phrase of every Python file and package, packages after files."""
    rows = []
    files = sorted(p for p in folder.glob("*.py") if p.name != "__init__.py")
    rows += [("  " * depth + p.name, phrase(p)) for p in files]
    for package in sorted(p.parent for p in folder.glob("*/__init__.py")):
        rows.append(("  " * depth + package.name + "/", phrase(package / "__init__.py")))
        rows += tree(package, depth + 1)
    return rows


def file_tree() -> str:
    """The tree of the three packages, one phrase per file, and the rest in a line each."""
    rows = []
    for top in ("hashviz", "demo/hashviz_demo", "notebooks/hashviz_course"):
        rows.append((top + "/", phrase(ROOT / top / "__init__.py")))
        rows += tree(ROOT / top, 1)
    rows += list(OTHERS.items())
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name.ljust(width)}{text}".rstrip() for name, text in rows]
    return "\n".join(["```", *lines, "```"])


def speed_table() -> str:
    """What the front page shows of benchmarks/results."""
    return summary(read(FOLDER / "results"))


PARTS = {
    "README.md": {"methods": methods_table, "speed": speed_table},
    "docs/datasets.md": {"datasets": datasets_table},
    "docs/files.md": {"lines": code_lines, "tree": file_tree},
}
"""The generated parts of each page."""


def fill(name: str) -> str:
    """A page with every generated part written anew between its marks."""
    text = (ROOT / name).read_text()
    for part, build in PARTS[name].items():
        pattern = rf"(<!-- begin {part} -->\n)(?:.*?\n)?(<!-- end {part} -->)"
        text, found = re.subn(
            pattern, lambda m, b=build: f"{m[1]}{b().strip()}\n{m[2]}", text, flags=re.DOTALL
        )
        if found != 1:
            raise ValueError(f"{name} needs exactly one part {part!r}, found {found}.")
    return text


def take_picture() -> None:
    """A screenshot of the search tab on the default runs, which are trained if they are missing."""
    import io
    import tempfile

    from PIL import Image
    from playwright.sync_api import sync_playwright

    from hashviz.config import TrainConfig
    from hashviz.training.jobs import train
    from hashviz_demo.app import build_app
    from hashviz_demo.library import Library
    from hashviz_demo.server import serve
    from tests.demo.conftest import CHROMIUM, FLAGS

    with tempfile.TemporaryDirectory() as folder:
        run = train(TrainConfig(method="hashnet", data="digits", epochs=6), runs=folder)
        library = Library([run])
        with serve(build_app(library), library) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(address)
            page.wait_for_timeout(4000)
            shot = Image.open(io.BytesIO(page.screenshot()))
            browser.close()
    PICTURE.parent.mkdir(exist_ok=True)
    shot.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(PICTURE, optimize=True)


def main() -> int:
    """Rewrite, or check, or take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--picture", action="store_true")
    arguments = parser.parse_args()
    if arguments.picture:
        take_picture()
        return 0
    stale = {name: new for name in PARTS if (new := fill(name)) != (ROOT / name).read_text()}
    if arguments.check and stale:
        print(f"{', '.join(stale)}: uv run python -m tools.build_readme", file=sys.stderr)
        return 1
    for name, text in stale.items():
        (ROOT / name).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
