"""One list of dependencies; everything else that names packages is in step with it."""

import ast
import importlib
import inspect
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import hashviz
from hashviz.config import EXTRAS as MODULES

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "pyproject.toml").read_text()
PROJECT = tomllib.loads(TEXT)["project"]
EXTRAS = PROJECT["optional-dependencies"]


def test_every_dependency_says_why_and_is_bounded_on_both_sides() -> None:
    for line in TEXT.partition("[tool.")[0].splitlines():
        if match := re.match(r'\s+"([A-Za-z][^"]*)"|(?!requires)\w+ = \["([a-z][^"]*)"\]', line):
            name = match.group(1) or match.group(2)
            if "hashviz[" not in name:
                assert "#" in line, f"{name}: say why it is there"
    heavy = [*PROJECT["dependencies"], *(r for rs in EXTRAS.values() for r in rs)]
    for requirement in map(Requirement, heavy):
        if requirement.name != "hashviz":
            operators = {s.operator for s in requirement.specifier}
            assert operators >= {">=", "<"}, f"{requirement.name} is bounded on both sides"


def test_the_conda_file_takes_everything_from_pyproject() -> None:
    lines = [line.strip(" -") for line in (ROOT / "environment.yml").read_text().splitlines()]
    python = next(line for line in lines if line.startswith("python="))
    assert SpecifierSet(PROJECT["requires-python"]).contains(python.removeprefix("python="))
    assert "e .[all]" in lines
    assert "nodefaults" in lines
    everything = {name for name in EXTRAS if name not in ("all", "milvus")}  # for servers only
    named = re.fullmatch(r"hashviz\[(.*)\]", EXTRAS["all"][0])
    assert named
    assert set(named.group(1).split(",")) == everything


def test_no_address_of_a_registry_and_no_lock_is_kept() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("this is not a git checkout")
    assert "uv.lock" not in tracked.stdout.split()
    assert "index-url" not in TEXT


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, hashviz, hashviz.cli.main\n"
        "hashviz.cli.main.build_parser()\n"
        "heavy = {'numpy', 'torch', 'torchvision', 'gradio', 'umap', 'matplotlib', 'sklearn',\n"
        "         'faiss', 'numba', 'scipy', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


BLOCK = """
import sys
from importlib.machinery import PathFinder

class Bare(PathFinder):
    "An installation without any extra: what an extra brings is not found."

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        gone = {'torch', 'torchvision', 'safetensors', 'gradio', 'numba', 'faiss', 'umap',
                'pymilvus', 'IPython', 'jupyterlab', 'ipywidgets', 'pandas'}
        return None if name.partition('.')[0] in gone else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Bare
"""


def bare(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own in which nothing that an extra brings can be imported."""
    command = [sys.executable, "-c", BLOCK + code, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)


EVERYTHING_WITHOUT_TORCH = """
from pathlib import Path
import numpy as np
import hashviz
from hashviz.cli.main import main
from hashviz.runs import Side, save_run

rng = np.random.default_rng(0)
digits = hashviz.load_dataset("digits")
axes = rng.standard_normal((10, 16))  # codes that know a little of the class

def side(rows):
    outputs = digits.labels[rows] @ axes + rng.standard_normal((len(rows), 16))
    return Side(outputs.astype(np.float32), digits.labels[rows], rows)

folder = Path(sys.argv[1])
save_run(
    folder / "digits/lsh/16bits/seed0", hashviz.TrainConfig(method="lsh", data="digits", bits=16),
    data={"classes": list(digits.classes), "split": "holdout", "image": [32, 32, 1], "k": None},
    environment={"seconds": 1.0}, history=[], query=side(np.arange(20)),
    database=side(np.arange(20, 120)),
)
(run,) = hashviz.list_runs(folder)
assert run.scores["map"]["expected"] > 2 * run.scores["map"]["chance"]

index = hashviz.HammingIndex(16)
index.add(range(100), run.database_packed)
hits = index.search(run.query_packed, 3)
assert (np.diff(hits.distances) >= 0).all()

from hashviz.report import chapters
from hashviz.report.registry import Subject
assert len(chapters.sections(Subject([run], digits))) > 8  # all are computed, two are drawn here
chapters.FIGURES = {name: chapters.FIGURES[name] for name in ("bit_balance", "code_matrix")}
for command in (["plot", "bit_balance", run.name, "-o", f"{folder}/a.svg"], ["report", run.name],
                ["list", "methods"], ["doctor"]):
    assert main([*command, "--runs", str(folder)]) == 0, command
assert (run.path / "derived" / "report.html").stat().st_size > 50_000

from hashviz_course import check
check.hamming(lambda a, b: (np.asarray(a) != np.asarray(b)).sum(-1))
assert "torch" not in sys.modules
"""


def test_without_any_extra_runs_are_scored_searched_drawn_and_exercises_checked(
    tmp_path: Path,
) -> None:
    done = bare(EVERYTHING_WITHOUT_TORCH, str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "extra train" in done.stdout
    assert "Nothing is wrong." in done.stdout


def test_training_without_torch_names_the_way_out_in_python_and_on_the_command_line() -> None:
    done = bare(
        "from hashviz.cli.main import main\n"
        "assert main(['train', 'itq', '--data', 'digits']) == 2\n"
        "from hashviz import train"
    )
    told = "This needs 'torch', which is not installed: pip install 'hashviz[train]'"
    assert done.stderr.startswith(f"hashviz: {told}\n")
    assert done.stderr.endswith(f"ModuleNotFoundError: {told}\n")


def test_the_base_installation_is_small_and_every_optional_module_has_its_extra() -> None:
    names = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert not names & {"torch", "torchvision", "safetensors", "gradio", "faiss-cpu", "numba"}
    assert set(MODULES.values()) <= set(EXTRAS)
    for extra in ("demo", "notebooks"):
        assert "hashviz[train]" in EXTRAS[extra], "both train what is missing"


def test_the_app_of_a_hosting_service_is_this_package_with_its_extra() -> None:
    lines = (ROOT / "demo" / "requirements.txt").read_text().splitlines()
    (line,) = (line for line in lines if not line.startswith("#"))
    assert (Requirement(line).name, Requirement(line).extras) == ("hashviz", {"demo"})
    text = (ROOT / "demo" / "README.md").read_text()
    assert "sdk: gradio" in text
    assert "app_file: app.py" in text


def test_on_a_hosting_service_the_app_is_open_to_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    arguments = runpy.run_path(str(ROOT / "demo" / "app.py"))["arguments"]
    assert arguments() == ["demo", "--port", "7860"]
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    assert arguments() == ["demo", "--port", "7861", "--lan", "--no-browser"]


def test_the_front_door_shows_public_names_only_and_is_typed_as_it_is_loaded() -> None:
    names = {
        *("centers", "methods", "metrics", "plots", "search"),
        *("HammingIndex", "Hasher", "Run", "TrainConfig"),
        *("encode", "evaluate", "list_runs", "load_dataset", "load_model", "train"),
    }
    assert set(dir(hashviz)) == set(hashviz.__all__) == names
    typed = {
        alias.asname: node.module if node.module != "hashviz" else f"hashviz.{alias.name}"
        for node in ast.walk(ast.parse(Path(hashviz.__file__).read_text()))
        if isinstance(node, ast.ImportFrom) and node.level == 0
        for alias in node.names
        if alias.asname
    }
    assert typed == {**hashviz._HOME, **{room: f"hashviz.{room}" for room in hashviz._ROOMS}}
    for name, home in typed.items():
        found = getattr(hashviz, name)
        assert found is getattr(importlib.import_module(home), name, found)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = hashviz.nonsense


@pytest.mark.parametrize("room", hashviz._ROOMS)
def test_a_room_shows_what_it_offers_and_nothing_else(room: str) -> None:
    module = getattr(hashviz, room)
    assert dir(module) == sorted(getattr(module, "__all__", dir(module)))
    assert not any(inspect.ismodule(getattr(module, name)) for name in dir(module))
    assert not [name for name in dir(module) if name.startswith("_") or not hasattr(module, name)]
