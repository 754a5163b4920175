"""The learner's progress: one small JSON file on this computer that nothing else reads.

It is `HASHVIZ_PROGRESS`, or progress.json in the user's data folder; with `HASHVIZ_PROGRESS=off`
nothing outlives this session. A file that cannot be read is reported and never overwritten.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from hashviz.files import write_file

FORMAT = 1
OFF = "off"

Entry = dict[str, Any]

_session: dict[str, Entry] = {}
"""What is known without a file, until Python ends."""


class ProgressError(ValueError):
    """The file is there, but does not hold the progress of this course."""


def path() -> Path | None:
    """Return where the progress is kept; None when it is not."""
    chosen = os.environ.get("HASHVIZ_PROGRESS", "")
    if chosen == OFF:
        return None
    data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share")
    return Path(chosen or data / "hashviz" / "progress.json").expanduser()


def load() -> dict[str, Entry]:
    """Return what is known of each exercise: failures since the last pass, hints, day of the pass.

    Raises:
        ProgressError: when the file cannot be read or holds something else.
    """
    file = path()
    if file is None:
        return _session
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(file, type(error).__name__) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unreadable(file, f"it is not of format {FORMAT}")
    entries = content.get("exercises")
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        raise _unreadable(file, "it lists no exercises")
    return entries


def note(name: str, *, passed: bool) -> tuple[Entry, list[str]]:
    """Keep the outcome of one check; return the entry and what to tell the learner."""
    entry = _entry(name)
    if passed:
        entry |= {"failures": 0, "passed": entry["passed"] or date.today().isoformat()}
    else:
        entry["failures"] += 1
    return entry, _keep(name, entry)


def next_hint(name: str, most: int) -> int:
    """Count one more hint as seen and return its number."""
    entry = _entry(name)
    entry["hints"] = min(entry["hints"] + 1, most)
    _keep(name, entry)
    return entry["hints"]


def _entry(name: str) -> Entry:
    """Return a whole entry, whatever an older or edited file holds."""
    try:
        kept = load().get(name, {})
    except ProgressError:
        kept = _session.get(name, {})
    counts = {
        key: kept[key] if isinstance(kept.get(key), int) else 0 for key in ("failures", "hints")
    }
    return {**kept, **counts, "passed": kept.get("passed")}


def _keep(name: str, entry: Entry) -> list[str]:
    """Keep an entry, in the session where the file is no use; return what to tell the learner."""
    try:
        entries = load()
    except ProgressError as error:
        _session[name] = entry
        return [f"  {error}"]
    first, file = not entries, path()
    entries[name] = entry
    if file is None:
        return []
    text = json.dumps({"format": FORMAT, "exercises": entries}, indent=1, sort_keys=True) + "\n"
    try:
        write_file(file, text.encode())
    except OSError as error:
        _session.update(entries)
        return [f"  Your progress could not be kept in {file} ({type(error).__name__})."]
    return [f"  Your progress is kept in {file}; check.progress() shows it."] if first else []


def _unreadable(file: Path, why: str) -> ProgressError:
    return ProgressError(
        f"Your progress in {file} cannot be read ({why}). The file stays as it is and nothing is "
        "added to it; move it away, or name another file in HASHVIZ_PROGRESS."
    )
