"""What is kept under results/ is complete, readable and drawn from its own files."""

import importlib.util
import json
import shlex
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from hashviz.methods import METHODS

ROOT = Path(__file__).parents[1]
LEAGUE = ROOT / "results" / "league"
PUBLISHED = json.loads((ROOT / "results" / "published.json").read_text())["tables"]
BITS = [12, 24, 36, 48]
MARGIN = 0.2


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def league() -> ModuleType:
    return tool("league")


KEPT = sorted(path.stem for path in LEAGUE.glob("*.json"))


def test_the_league_has_four_data_sets() -> None:
    assert {"digits", "scenes", "cifar10", "voc2007"} <= set(KEPT)


@pytest.mark.parametrize("data", KEPT)
def test_every_method_is_in_it_or_it_says_why_not(data: str, league: ModuleType) -> None:
    result = json.loads((LEAGUE / f"{data}.json").read_text())
    cells = {(row["name"], row["bits"]) for row in result["rows"]}
    for name, method in METHODS.items():
        if league.several_labels(data) and not method.multi_label:
            continue
        for bits in BITS:
            assert (name, bits) in cells or result["left_out"][f"{name}, {bits} bits"]
    assert result["command"].startswith("hashviz compare ")
    assert f" {shlex.join(league.SETTINGS[data])} " in result["command"]
    assert len(result["seeds"]) == 5
    for row in result["rows"]:
        assert len(row["maps"]) == len(result["seeds"])
        assert row["map"]["mean"] == pytest.approx(sum(row["maps"]) / len(row["maps"]), abs=1e-4)
        assert row["pessimistic"] <= row["map"]["mean"] + 1e-4
        assert row["optimistic"] >= row["map"]["mean"] - 1e-4


def test_every_method_beats_chance_on_digits_at_24_bits_in_less_than_a_minute() -> None:
    result = json.loads((LEAGUE / "digits.json").read_text())
    rows = {row["name"]: row for row in result["rows"] if row["bits"] == 24}
    assert set(rows) == set(METHODS)
    for row in rows.values():
        assert min(row["maps"]) > result["chance"] + MARGIN
        assert row["cpu_seconds"] < 60


def test_the_page_is_written_from_the_files_beside_it(league: ModuleType) -> None:
    assert (LEAGUE / "README.md").read_text() == "\n".join(league.page()) + "\n"


def test_the_claims_page_is_written_from_the_files_beside_it() -> None:
    claims = tool("claims")
    assert (ROOT / "results" / "README.md").read_text() == "\n".join(claims.page()) + "\n"


def test_a_verdict_counts_only_where_the_method_has_learned_and_the_data_can_show_it() -> None:
    claims = tool("claims")
    family = claims.judged_together(list(claims.results()))
    learned = {(r["method"], data): r["gate"]["passed"] for data, r in claims.results()}
    titles = {METHODS[name].title: name for name in claims.PARTS}
    assert family
    for claim in family:
        passed = learned[titles[claim["title"]], claim["data"]]
        tested = claim["holm"]["p"] is not None
        assert tested == (passed and claim["verdict"] != claims.NOT_APPLICABLE)
    tested = [claim for claim in family if claim["holm"]["p"] is not None]
    least = min(claim["p"] for claim in tested)
    assert min(claim["holm"]["p"] for claim in tested) == pytest.approx(len(tested) * least)


def test_every_kept_run_is_read_by_a_table_and_every_table_has_its_runs() -> None:
    results = ROOT / "results"
    tables = [json.loads(path.read_text()) for path in results.glob("*-*.json")]
    rows = [row for t in tables if "rows" in t for row in [*t["rows"], t.get("gate", {"runs": []})]]
    named = {name for row in rows for name in row["runs"]}
    assert {str(p.parent.relative_to(results)) for p in results.rglob("codes.npz")} == named


def test_the_league_tells_groups_by_differences_seed_by_seed(league: ModuleType) -> None:
    result = json.loads((LEAGUE / "voc2007.json").read_text())
    place = league.grouped(result)
    rows = {row["name"]: row["maps"] for row in result["rows"] if row["bits"] == BITS[-1]}
    best = max(rows, key=lambda name: sum(rows[name]))
    assert place[best] == (1, None)
    assert set(place) == set(rows)
    for name in set(rows) - {best}:
        mean = sum(rows[name]) / len(rows[name]) - sum(rows[best]) / len(rows[best])
        assert place[name][1].mean == pytest.approx(mean)


def test_no_folder_of_a_machine_is_kept() -> None:
    for path in LEAGUE.glob("*.json"):
        text = path.read_text()
        assert "/tmp" not in text
        assert '"runs"' not in text


@pytest.mark.parametrize("table", PUBLISHED, ids=lambda t: f"{t['data']} {t['source'][:20]}")
def test_a_published_table_names_its_source_and_its_protocol(table: dict) -> None:
    assert {"data", "bits", "metric", "network", "protocol", "source", "map"} == set(table)
    assert all(low < high for low, high in pairwise(table["bits"]))
    for name, values in table["map"].items():
        assert name in METHODS
        assert len(values) == len(table["bits"])
        assert all(0 < value < 1 for value in values)
