"""One list of dependencies; everything else that names packages is in step with it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

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


def test_the_library_works_with_its_plain_dependencies_only() -> None:
    """Extras are blocked; training, scoring and searching go on without them."""
    code = (
        "import sys\n"
        "for name in ('gradio', 'umap', 'faiss', 'numba', 'torchvision', 'IPython', 'jupyterlab',\n"
        "             'ipywidgets', 'pandas'):\n"
        "    sys.modules[name] = None\n"
        "import numpy as np\n"
        "import hashviz.training.jobs, hashviz.metrics.evaluation, hashviz.search.index\n"
        "import hashviz.report, hashviz.plots\n"
        "import hashviz.models.encoding, hashviz.centers, hashviz.metrics.comparison\n"
        "codes = np.sign(np.random.default_rng(0).standard_normal((30, 16)))\n"
        "labels = np.arange(30) % 3\n"
        "scores = hashviz.metrics.evaluation.evaluate(codes, labels, codes, labels)\n"
        "assert 0 < scores['map']['expected'] < 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("name", ["METHODS", "HammingIndex", "TrainConfig", "load_dataset"])
def test_public_names_are_found_where_they_are_promised(name: str) -> None:
    import hashviz

    assert name in dir(hashviz)
    assert getattr(hashviz, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = hashviz.nonsense
