"""The command line as a person and as a program meets it."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hashviz.cli.demonstrating import DEFAULT_RUNS
from hashviz.cli.main import main
from hashviz.codes import pack, sign
from hashviz.config import missing_package
from hashviz.data import DATASETS
from hashviz.data.protocols import PROTOCOLS
from hashviz.methods import METHODS
from hashviz.metrics.evaluation import evaluate
from hashviz.runs import list_runs
from tests.report.test_report import keep_figures

QUICK = ["--data", "digits", "--bits", "16", "--epochs", "2"]
ONCE = ["--data", "digits", "--bits", "8", "--epochs", "1"]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Runs a command in this process; gives status, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main([*arguments, "--runs", str(tmp_path / "runs")])
        except SystemExit as leave:
            status = int(leave.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def last_json(out: str) -> Any:
    return json.loads(out.splitlines()[-1])


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("methods", METHODS),
        ("datasets", DATASETS),
        ("protocols", PROTOCOLS),
        ("backbones", {"small": 0, "dsh": 0}),
        ("centers", {"hadamard": 0, "greedy": 0}),
    ],
)
def test_everything_of_a_table_is_listed(cli: Any, what: str, names: dict[str, Any]) -> None:
    status, out, _ = cli("list", what, "--json")
    assert status == 0
    assert {row["name"] for row in last_json(out)} >= set(names)
    assert all(name in cli("list", what)[1] for name in names)


def test_settings_and_tables_of_labels_are_documented_where_they_are_looked_for(cli: Any) -> None:
    assert "quantization_weight=" in cli("list", "methods")[1]
    for command in ("train", "demo"):
        told = " ".join(cli(command, "--help")[1].split())
        assert all(word in told for word in ("labels.csv", "path and labels", "?size=96"))


def test_a_run_goes_through_every_command(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_figures(monkeypatch, {"bit_balance"})  # tests/report draws the others
    status, out, err = cli("train", "csq", *QUICK, "--json")
    assert status == 0
    assert "2/2" in err
    result = last_json(out)
    assert result["seconds"] > 0
    assert result["scores"]["map"].keys() == {"expected", "optimistic", "pessimistic", "chance"}
    folder = Path(result["run"])
    assert (folder / "config.json").is_file()

    status, out, _ = cli("evaluate", str(folder), "--json")
    assert status == 0
    assert last_json(out)["scores"] == result["scores"]
    assert last_json(cli("evaluate", str(folder), "-k", "10", "--json")[1])["scores"]["k"] == 10

    name = "digits/csq/16bits/seed0-epochs=2"
    assert [row["name"] for row in last_json(cli("list", "runs", "--json")[1])] == [name]

    picture = tmp_path / "picture.png"
    Image.fromarray(np.full((50, 80, 3), 200, np.uint8)).save(picture)
    status, out, _ = cli("search", name, str(picture), "-k", "5", "--json")
    assert status == 0
    found = last_json(out)["results"]
    assert [f["rank"] for f in found] == [1, 2, 3, 4, 5]
    assert [f["distance"] for f in found] == sorted(f["distance"] for f in found)
    everything = last_json(cli("search", name, str(picture), "--radius", "16", "--json")[1])
    assert len(everything["results"]) == 1438

    page = tmp_path / "page.html"
    status, out, _ = cli("report", name, "-o", str(page), "--json")
    assert status == 0
    assert last_json(out)["report"] == str(page)
    assert page.read_text().startswith("<!doctype html>")


def test_compare_gives_every_cell_a_mean_and_an_interval(cli: Any) -> None:
    arguments = ["--data", "digits", "--bits", "8", "12", "--seeds", "2"]
    status, out, _ = cli("compare", "lsh", "itq", *arguments, "--json")
    assert status == 0
    rows = last_json(out)["rows"]
    assert [(row["name"], row["bits"]) for row in rows] == [
        ("lsh", 8), ("lsh", 12), ("itq", 8), ("itq", 12),
    ]  # fmt: skip
    for row in rows:
        assert row["map"]["mean"] == pytest.approx(np.mean(row["maps"]))
        assert row["map"]["half_width"] > 0
        for worst, mean, best in zip(
            row["pessimistic_maps"], row["maps"], row["optimistic_maps"], strict=True
        ):
            assert worst <= mean <= best
    text = cli("compare", "lsh", "itq", *arguments)[1]
    assert "±" in text
    assert "best at 12 bits: itq; not significantly different from it" in text
    assert "holdout" in text


def test_compare_of_all_goes_on_without_those_that_do_not_fit_and_says_why(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashviz.cli import comparing

    train = comparing.find_or_train

    def some_fail(config: Any, *rest: Any, **named: Any) -> Any:
        if config.method != "lsh":
            raise ValueError("it looks inside the backbone")
        return train(config, *rest, **named)

    monkeypatch.setattr(comparing, "find_or_train", some_fail)
    arguments = ["--data", "digits", "--bits", "8", "--seeds", "1"]
    status, out, _ = cli("compare", *arguments, "--json")
    result = last_json(out)
    assert status == 0
    assert [row["name"] for row in result["rows"]] == ["lsh"]
    assert set(result["left_out"]) == {f"{name}, 8 bits" for name in METHODS if name != "lsh"}
    assert "left out: csq, 8 bits: it looks inside" in cli("compare", *arguments)[1]
    status, _, error = cli("compare", "csq", *arguments)
    assert status == 2
    assert "looks inside" in error


def test_ablate_compares_seed_by_seed(cli: Any) -> None:
    status, out, _ = cli("ablate", "csq", *ONCE, "--seeds", "2", "--json")
    assert status == 0
    rows = last_json(out)["rows"]
    assert [row["name"] for row in rows] == ["as it stands", *METHODS["csq"].ablation]
    whole = rows[0]["map"]["values"]
    for row in rows:
        expected = np.mean(np.subtract(row["map"]["values"], whole))
        assert row["map"]["difference"]["mean"] == pytest.approx(expected)
    assert "no quantization" in cli("ablate", "csq", *ONCE, "--seeds", "2", "--only", "quant")[1]
    assert "there are:" in cli("ablate", "csq", *ONCE, "--only", "nonsense")[2]


def test_fitted_methods_gain_from_the_features_of_a_trained_run(
    cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASHVIZ_CACHE", str(tmp_path / "cache"))
    run = ["--data", "digits", "--bits", "16"]
    trained = last_json(cli("train", "csq", *run, "--epochs", "4", "--json")[1])["run"]
    scores = {}
    for words in ([], ["--features", trained]):
        status, out, error = cli("train", "itq", *run, *words, "--json")
        assert status == 0, error
        scores[len(words)] = last_json(out)["scores"]["map"]["expected"]
    assert scores[2] > scores[0] + 0.1
    assert (tmp_path / "cache" / "features").is_dir()


def test_a_second_compare_trains_nothing(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("compare", "lsh", "--data", "digits", "--bits", "8", "--seeds", "1")
    monkeypatch.setattr("hashviz.training.jobs.train", None)
    assert cli("compare", "lsh", "--data", "digits", "--bits", "8", "--seeds", "1")[0] == 0


@pytest.mark.parametrize(
    ("codes", "labels"),
    [
        (lambda c: c, lambda y: y),
        (lambda c: c > 0, lambda y: np.eye(3, dtype=int)[y]),
        (lambda c: (c > 0).astype(float), lambda y: y.astype(np.int16)),
    ],
)
def test_anybodys_codes_are_scored(cli: Any, tmp_path: Path, codes: Any, labels: Any) -> None:
    rng = np.random.default_rng(0)
    c, y = np.sign(rng.standard_normal((60, 12))), rng.integers(3, size=60)
    path = tmp_path / "codes.npz"
    np.savez(
        path, query_codes=codes(c[:10]), query_labels=labels(y[:10]),
        database_codes=codes(c[10:]), database_labels=labels(y[10:]),
    )  # fmt: skip
    status, out, _ = cli("score", str(path), "--json")
    assert status == 0
    assert last_json(out)["scores"] == json.loads(
        json.dumps(evaluate(c[:10], y[:10], c[10:], y[10:]))
    )


def test_outputs_and_labels_as_authors_keep_them_are_scored_when_asked(
    cli: Any, tmp_path: Path, rng: np.random.Generator
) -> None:
    outputs, y = np.tanh(rng.standard_normal((60, 12))).astype(np.float32), rng.integers(3, size=60)
    sets = {"query": slice(10), "database": slice(10, None)}
    path = tmp_path / "authors.npz"
    arrays = {f"{name}_codes": outputs[rows] for name, rows in sets.items()}
    labels = {f"{name}_labels": y[rows].astype(np.float32) for name, rows in sets.items()}
    np.savez(path, **arrays, **labels)  # type: ignore[arg-type]
    status, _, error = cli("score", str(path))
    assert status == 2
    assert "--sign" in error
    expected = evaluate(*(a for rows in sets.values() for a in (sign(outputs[rows]), y[rows])))
    scores = last_json(cli("score", str(path), "--sign", "--json")[1])["scores"]
    assert scores == json.loads(json.dumps(expected))
    packed = {name: pack(sign(codes)) for name, codes in arrays.items()}
    np.savez(path, **packed, **labels)  # type: ignore[arg-type]
    assert "are packed, eight bits to a byte" in cli("score", str(path))[2]


def test_the_codes_of_a_run_are_scored_like_the_run(cli: Any) -> None:
    result = last_json(cli("train", "lsh", "--data", "digits", "--bits", "12", "--json")[1])
    scored = last_json(cli("score", str(Path(result["run"]) / "codes.npz"), "--json")[1])
    assert scored["bits"] == 12
    assert scored["scores"] == result["scores"]


def broken(path: Path) -> list[tuple[list[str], str]]:
    """Wrong commands and a word of the one line that answers."""
    text = path / "text.jpg"
    text.write_text("no picture")
    empty = path / "empty.npz"
    empty.write_bytes(b"")
    half = path / "half.npz"
    np.savez(half, query_codes=np.ones((2, 4)))
    nothing = path / "nothing.npz"
    none = np.ones((0, 4))
    np.savez(nothing, query_codes=none, query_labels=np.ones(0, int),
             database_codes=np.ones((2, 4)), database_labels=np.ones(2, int))  # fmt: skip
    wide = path / "wide.npz"
    np.savez(wide, query_codes=np.ones((1, 5)), query_labels=np.ones(1, int),
             database_codes=np.ones((2, 4)), database_labels=np.ones(2, int))  # fmt: skip
    return [
        (["train", "cqs", *QUICK], "did you mean 'csq'"),
        (["train", "csq", "--data", "digts"], "did you mean 'digits'"),
        (["train", "csq"], "--data"),
        (["train", "csq", *QUICK[:2], "--bits", "3"], "4 to 1024 bits"),
        (["train", "csq", *QUICK[:2], "--bits", "many"], "--bits"),
        (["train", "csq", *QUICK, "--set", "weight=1"], "Unknown setting of CSQ"),
        (["train", "csq", *QUICK, "--set", "weight"], "name=value"),
        (["train", "csq", *QUICK, "--set", "quantization_weight=NaN"], "finite"),
        (["train", "csq", *QUICK, "--learning-rate", "1e30"], "no longer finite"),
        (["train", "csq", *QUICK, "--device", "tpu"], "auto, cpu"),
        (["train", "csq", "--data", "cifar10", "--data-root", str(path)], "CIFAR-10"),
        (["train", "csq", "--data", f"folder:{path / 'none'}"], "none"),
        (["evaluate", "no/such/run"], "no run"),
        (["report", "no/such/run"], "no run"),
        (["search", "no/such/run", str(text)], "no run"),
        (["score", str(path / "none.npz")], "none.npz"),
        (["score", str(empty)], "empty.npz"),
        (["score", str(half)], "query_labels"),
        (["score", str(nothing)], "quer"),
        (["score", str(wide)], "bits"),
        (["list", "method"], "did you mean 'methods'"),
        (["ablate", "lsh", *QUICK], "no parts"),
        (["compare", "lsh", "--data", "digits", "--seeds", "0"], "one seed is needed"),
        (["nonsense"], "nonsense"),
    ]


@pytest.mark.parametrize("case", range(24))
def test_wrong_input_gets_one_line_and_status_2(cli: Any, tmp_path: Path, case: int) -> None:
    cases = broken(tmp_path)
    assert len(cases) == 24
    arguments, message = cases[case]
    status, out, err = cli(*arguments)
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert not out
    assert not list((tmp_path / "runs").rglob("config.json"))


def test_a_picture_that_is_none_gets_one_line(cli: Any, tmp_path: Path) -> None:
    cli("train", "lsh", "--data", "digits", "--bits", "8")
    for name, content in {"text.jpg": b"no picture", "zero.png": b""}.items():
        (tmp_path / name).write_bytes(content)
        status, _, err = cli("search", "digits/lsh/8bits/seed0", str(tmp_path / name))
        assert (status, len(err.splitlines())) == (2, 1)
    status, _, err = cli("search", "digits/lsh/8bits/seed0", str(tmp_path / "missing.png"))
    assert (status, len(err.splitlines())) == (2, 1)


def test_a_damaged_run_gets_one_line(cli: Any, tmp_path: Path) -> None:
    cli("train", "lsh", "--data", "digits", "--bits", "8")
    (run,) = list_runs(tmp_path / "runs")
    (run.path / "codes.npz").write_bytes(b"half")
    status, _, err = cli("evaluate", run.name)
    assert status == 2
    assert "checksum differs" in err


def test_interrupting_leaves_with_130_and_says_what_is_kept(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashviz.cli.training import Bar
    from hashviz.training.events import Epoch, Event

    def stop(self: Bar, event: Event) -> None:
        if isinstance(event, Epoch) and event.number == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Bar, "listen", stop)
    status, out, err = cli("train", "csq", *QUICK)
    assert status == 130
    assert "seed0-epochs=2-stopped" in err
    assert not out


def test_a_folder_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    status = main(["train", "lsh", "--data", "digits", "--runs", str(tmp_path / "file")])
    err = capsys.readouterr().err
    assert status in (1, 2)
    assert "file" in err
    assert "Traceback" not in err


def test_a_folder_of_pictures_becomes_a_run_and_says_what_it_left_out(
    cli: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(10):
            pixels = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i}.png")
    (tmp_path / "pets" / "cats" / "broken.png").write_bytes(b"no picture")
    data = f"folder:{tmp_path / 'pets'}"
    status, out, err = cli("train", "csq", "--data", data, "--bits", "8", "--epochs", "1", "--json")
    assert status == 0
    assert "broken.png" in err
    assert "4 queries, 16 train" in last_json(out)["protocol"]


def test_a_missing_package_names_its_extra() -> None:
    assert "pip install 'hashviz[demo]'" in str(missing_package("gradio.themes"))
    assert "pip install other" in str(missing_package("other"))


def test_demo_trains_what_is_missing_and_serves_it(
    cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import hashviz_demo.app
    from hashviz.cli import demonstrating

    served: dict[str, Any] = {}
    monkeypatch.setattr(hashviz_demo.app, "launch", lambda runs, **kw: served.update(kw, runs=runs))
    monkeypatch.setattr(demonstrating, "DEFAULT_RUNS", DEFAULT_RUNS[3:])
    status, _, err = cli("demo", "--no-browser", "--port", "7999")
    assert status == 0
    assert "Training 2" in err
    assert {run.name for run in served["runs"]} == {c.name for c in DEFAULT_RUNS[3:]}
    assert served["port"] == 7999
    assert served["open_browser"] is False
    assert "Training" not in cli("demo", "--no-browser")[2]


def test_the_module_is_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hashviz", "--version"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.startswith("hashviz ")


def test_a_reader_that_leaves_early_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["list", "methods"]) == 1
