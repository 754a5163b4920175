"""From files in the formats of others to a run, by the command line, in one go."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hashviz.cli.main import main
from hashviz.runs import list_runs

COLORS = np.array([[220, 40, 40], [40, 200, 60], [50, 80, 230], [230, 220, 50]], np.uint8)


def halves(file: Path, left: int, right: int) -> None:
    """A picture of two colors, each of them a label."""
    pixels = np.repeat(COLORS[[left, right]], 10, 0)[None].repeat(20, 0)
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def learn(tmp_path: Path, method: str, data: str) -> dict:
    """The run's own account of one epoch."""
    settings = ["--bits", "16", "--epochs", "1", "--batch-size", "8", "--backbone", "small"]
    places = ["--runs", str(tmp_path / "runs"), "--data-root", str(tmp_path)]
    options = ["--protocol", "holdout", "--threads", "1", "--device", "cpu"]
    assert main(["train", method, "--data", data, *settings, *options, *places]) == 0
    (run,) = list_runs(tmp_path / "runs")
    assert 0 < run.scores["map"]["expected"] <= 1
    return run.data


@pytest.mark.parametrize("table", ["labels.csv", "mine.jsonl"])
def test_csq_learns_from_a_table_of_paths_and_labels(tmp_path, table):
    names = [f"pictures/{k}.png" for k in range(24)]
    for k, name in enumerate(names):
        halves(tmp_path / "own" / name, k % 3, k % 3)
    rows = [{"path": name, "label": "rgb"[k % 3]} for k, name in enumerate(names)]
    lines = [json.dumps(row) for row in rows]
    if table.endswith("csv"):
        lines = ["path,label", *(f"{row['path']},{row['label']}" for row in rows)]
    (tmp_path / "own" / table).write_text("\n".join(lines))
    place = "own" if table.startswith("labels") else f"own/{table}"
    data = learn(tmp_path, "csq", f"folder:{tmp_path / place}?size=16")
    assert data["classes"] == ["b", "g", "r"]
    assert not data["multi_label"]
    (line,) = data["report"]  # there are only three pictures, many times
    assert line.startswith("queries with an identical picture in the database: 6 of 6 (pictures/")


@pytest.mark.parametrize("method", ["csq", "hybrid-centers"])
def test_methods_for_several_labels_learn_from_a_tree_of_coco(tmp_path, method):
    number = 0
    for half, images in (("train", 24), ("val", 12)):
        listed, objects = [], []
        for k in range(images):
            number += 1
            name = f"COCO_{half}2014_{number:012d}.jpg"
            pair = k % 4, (k * 7 // 4) % 4
            halves(tmp_path / "coco" / f"{half}2014" / name, *pair)
            listed.append({"id": number, "file_name": name, "height": 20, "width": 20})
            for color in set(pair) if k % 6 else ():  # every sixth is not annotated
                found = {
                    "id": 10 * number + color,
                    "image_id": number,
                    "category_id": 11 * color + 1,
                }
                objects.append({**found, "bbox": [0, 0, 10, 20], "segmentation": [[0, 0, 10, 20]]})
        content = {
            "images": listed,
            "annotations": objects,
            "categories": [{"id": 11 * k + 1, "name": f"color {k}"} for k in range(4)],
        }
        file = tmp_path / "coco" / "annotations" / f"instances_{half}2014.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
    data = learn(tmp_path, method, "coco2014?size=16")
    assert data["classes"] == [f"color {k}" for k in range(4)]
    assert data["multi_label"]
    assert data["report"][0] == "pictures without a label: 6 of 36"
    assert any("identical picture in the database" in line for line in data["report"])
