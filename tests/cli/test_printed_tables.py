"""The printed tables that the last notebook reads are those that the results keep."""

import ast
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_last_notebook_quotes_the_printed_tables_as_they_are_kept():
    kept = json.loads((ROOT / "results" / "published.json").read_text())
    script = next((ROOT / "notebooks").glob("13_*.py")).read_text()
    named = {
        node.targets[0].id: node.value
        for node in ast.parse(script).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    table = kept["tables"][0]
    assert ast.literal_eval(named["bits"]) == table["bits"]
    for method, row in ast.literal_eval(named["printed"]).items():
        assert row == table["map"][method]
    assert ast.literal_eval(named["loss_rows"]) == kept["dfeh"]["loss"]["cifar10"]
    weights = kept["dfeh"]["regularization"]
    assert ast.literal_eval(named["weight_rows"]) == dict(
        zip(weights["values"], weights["map"], strict=True)
    )
