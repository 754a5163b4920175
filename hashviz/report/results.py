"""What `hashviz compare --json` and `ablate --json` print, read back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """What `hashviz compare --json` or `ablate --json` printed, and where its runs are."""

    value: dict[str, Any]
    runs: Path = Path("runs")
    root: Path | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of the result; each has its name and its scores, `maps`."""
        return self.value["rows"]

    @property
    def kind(self) -> str:
        """The command that made the result."""
        return "ablate" if "method" in self.value else "compare"

    def __getitem__(self, key: str) -> Any:
        """Return an entry of the result; None where it is missing."""
        return self.value.get(key)


def read_result(path: Path) -> dict[str, Any]:
    """Read what `hashviz compare --json` or `ablate --json` said, alone or after all they printed.

    Raises:
        ValueError: when the file holds no JSON, or none of these.
    """
    try:
        text = path.read_text()
        try:
            result = json.loads(text)
        except json.JSONDecodeError:
            # Lines for a person may stand before; the value is the last line.
            result = json.loads((text.strip().splitlines() or [""])[-1])
    except FileNotFoundError:
        raise ValueError(f"There is no file {str(path)!r}.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from None
    wrong = f"{path} does not hold what `hashviz compare --json` or `ablate --json` prints"
    if not (isinstance(result, dict) and isinstance(result.get("rows"), list) and result["rows"]):
        raise ValueError(f"{wrong}: it has no rows.")
    for row in result["rows"]:
        try:
            maps = row["map"]["values"] if "method" in result else row["maps"]
            row["maps"] = [float(value) for value in maps]
        except (KeyError, TypeError, ValueError):
            row["maps"] = []
        if not row["maps"] or "name" not in row:
            raise ValueError(f"{wrong}: a row lacks its name or its scores.")
    return result
