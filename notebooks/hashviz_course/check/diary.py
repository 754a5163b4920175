"""How far the learner is: one small JSON file on this computer, read by nobody else.

It is `HASHVIZ_PROGRESS`, or progress.json in the user's data folder; with `HASHVIZ_PROGRESS=off`
nothing is kept beyond this session. A file that cannot be read is told and never overwritten.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from hashviz.files import write_file

FORMAT = 1
OFF = "off"

_session: dict[str, dict[str, Any]] = {}
"""What is known without a file, until Python ends."""


class ProgressError(ValueError):
    """The file is there and is no progress of this course."""


def path() -> Path | None:
    """Where the progress is kept; None when it is not."""
    chosen = os.environ.get("HASHVIZ_PROGRESS", "")
    if chosen == OFF:
        return None
    data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share")
    return Path(chosen or data / "hashviz" / "progress.json").expanduser()


def load() -> dict[str, dict[str, Any]]:
    """What is known of each exercise: failures since the last pass, hints seen, day of the pass.

    Raises:
        ProgressError: when the file cannot be read or is something else.
    """
    file = path()
    if file is None:
        return _session
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ProgressError(_unreadable(file, type(error).__name__)) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ProgressError(_unreadable(file, f"it is not of format {FORMAT}"))
    entries = content.get("exercises")
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise ProgressError(_unreadable(file, "it lists no exercises"))
    return entries


def note(name: str, *, passed: bool) -> tuple[dict[str, Any], list[str]]:
    """Keep the outcome of one check; returns the entry and what the learner should be told."""
    entries, notes = _known()
    first = not entries and path() is not None and not notes
    entry = _entry(entries, name)
    if passed:
        entry["passed"] = entry["passed"] or date.today().isoformat()
        entry["failures"] = 0
    else:
        entry["failures"] += 1
    entries[name] = entry
    notes += _keep(entries) if not notes else []
    if first and not notes:
        notes = [f"  Your progress is kept in {path()}; check.progress() shows it."]
    return entry, notes


def next_hint(name: str, most: int) -> int:
    """Count one more hint as seen and return its number."""
    entries, notes = _known()
    entry = _entry(entries, name)
    entry["hints"] = min(entry["hints"] + 1, most)
    entries[name] = entry
    if not notes:
        _keep(entries)
    return entry["hints"]


def _known() -> tuple[dict[str, dict[str, Any]], list[str]]:
    """All entries, and why they are those of the session only where the file is unreadable."""
    try:
        return load(), []
    except ProgressError as error:
        return _session, [f"  {error}"]


def _entry(entries: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """A whole entry, whatever an older or edited file holds."""
    kept = entries.get(name, {})
    counts = {
        key: kept[key] if isinstance(kept.get(key), int) else 0 for key in ("failures", "hints")
    }
    return {**kept, **counts, "passed": kept.get("passed")}


def _keep(entries: dict[str, dict[str, Any]]) -> list[str]:
    file = path()
    if file is None:
        return []
    text = json.dumps({"format": FORMAT, "exercises": entries}, indent=1, sort_keys=True) + "\n"
    try:
        write_file(file, text.encode())
    except OSError as error:
        _session.update(entries)
        return [f"  Your progress could not be kept in {file} ({type(error).__name__})."]
    return []


def _unreadable(file: Path, why: str) -> str:
    return (
        f"Your progress in {file} cannot be read ({why}). It stays as it is and nothing is added; "
        "move it away, or name another file in HASHVIZ_PROGRESS."
    )
