"""Measure and write the table: `uv run python -m benchmarks [AREA ...] [--quick]`."""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
AREAS = {
    "evaluation": "Evaluation",
    "search": "Search",
    "training": "Training on a processor",
    "cifar10": "CIFAR-10 on a processor",
    "startup": "Start",
    "app": "The app",
    "figures": "Figures",
    "widgets": "Widgets of the notebooks",
    "gpu": "Training on a GPU",
}
"""What is measured, each by the module of that name; `gpu` only where there is one."""
LONG = ("cifar10",)
"""Measured only when asked for by name."""
HEADLINES = (
    ("evaluation", "mAP, 10,000 x 50,000 x 64 random codes, numba, one core"),
    ("evaluation", "mAP, as many codes as training leaves them"),
    ("search", "1,000,000 x 64 bits, k = 10, 1 query"),
    ("search", "1,000,000 x 64 bits, k = 10, 256 queries"),
    ("search", "1,000,000 x 1024 bits, k = 10, 1 query"),
    ("training", "digits, 32 bits, to mAP > 0.95"),
    ("cifar10", "CIFAR-10, 48 bits, 1,200 s"),
    ("startup", "app with runs"),
    ("app", "click on a sample to results"),
    ("app", "30 visitors"),
)
"""Area and beginning of the rows that the front page shows, target met or not."""


def main(given: list[str] | None = None) -> int:
    """Measure the areas one after the other; what was not asked for stays as it was measured.

    Ends with 1 when a target is missed.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}; or all")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: does it all run? Nothing is kept"
    )
    parser.add_argument("-o", "--output", type=Path, default=FOLDER / "results",
                        help="folder of results.json and README.md")  # fmt: skip
    arguments = parser.parse_args(given)
    unknown = [name for name in arguments.areas if name not in AREAS]
    if unknown:
        parser.error(f"there is no area {unknown[0]!r}; choose from {', '.join(AREAS)}")
    from benchmarks.measure import HEADER, machine

    kept = read(arguments.output)
    missed = 0
    for name in arguments.areas or [name for name in AREAS if name not in LONG]:
        print(f"\n## {AREAS[name]}\n\n{HEADER}", flush=True)
        facts, load, started = machine(), [os.getloadavg()[0]], time.perf_counter()
        rows = []
        try:
            for row in import_module(f"benchmarks.{name}").rows(arguments.quick):
                row = replace(row, target=None) if arguments.quick else row
                print(row.line, flush=True)
                rows.append(row)
                load.append(os.getloadavg()[0])
        except KeyboardInterrupt:
            print("stopped; what was measured is not kept", file=sys.stderr)
            return 130
        missed += sum(row.kept is False for row in rows)
        if rows and not arguments.quick:
            kept[name] = {
                "date": datetime.now(UTC).strftime("%Y-%m-%d"),
                "machine": {**facts, "load": f"{min(load):.1f} to {max(load):.1f}"},
                "seconds": round(time.perf_counter() - started),
                "rows": [row.as_json() for row in rows],
            }
            write(arguments.output, kept)
    return bool(missed)


def read(folder: Path) -> dict[str, Any]:
    """What was measured before."""
    path = folder / "results.json"
    return json.loads(path.read_text()) if path.is_file() else {}


def write(folder: Path, kept: dict[str, Any]) -> None:
    """The file, and the same as a page."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = {name: kept[name] for name in AREAS if name in kept}
    (folder / "results.json").write_text(json.dumps(ordered, indent=1) + "\n")
    (folder / "README.md").write_text(page(ordered))


def summary(kept: dict[str, Any]) -> str:
    """The rows of `HEADLINES`, and where they were measured, as markdown."""
    from benchmarks.measure import HEADER, Row

    lines = [HEADER]
    for area, beginning in HEADLINES:
        found = (row for row in kept[area]["rows"] if row["what"].startswith(beginning))
        row = next(found, None)
        if row is None:  # not measured since it was added here
            continue
        lines.append(Row(**{key: value for key, value in row.items() if key != "kept"}).line)
    places: dict[str, list[str]] = {}
    for area in dict.fromkeys(area for area, _ in HEADLINES):
        facts = kept[area]["machine"]
        place = f"{facts['processor']}, {facts['cores']} cores, {kept[area]['date']}"
        places.setdefault(place, []).append(AREAS[area])
    measured = [f"{', '.join(areas)}: {place}." for place, areas in places.items()]
    return "\n".join([*lines, "", "Measured on: " + " ".join(measured)])


def page(kept: dict[str, Any]) -> str:
    """All tables, each with its machine."""
    from benchmarks.measure import HEADER, Row

    parts = ["# Measured\n", "Written by `uv run python -m benchmarks`; nothing here is typed in."]
    for name, area in kept.items():
        facts = area["machine"]
        packages = ", ".join(f"{key} {value}" for key, value in facts["packages"].items())
        parts += [
            f"\n## {AREAS[name]}\n",
            f"{area['date']}, {facts['processor']}, {facts['cores']} cores"
            + (f", {facts['gpu']}" if facts.get("gpu") else "")
            + f", load {facts['load']}, Python {facts['python']}; {packages}. "
            f"Took {area['seconds']} s.\n",
            HEADER,
        ]
        parts += [Row(**{k: v for k, v in row.items() if k != "kept"}).line for row in area["rows"]]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
