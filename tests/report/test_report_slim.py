"""A run that keeps codes and no outputs, as those in results/ do, has a page too."""

from pathlib import Path

from hashviz.report.registry import FIGURES, Subject
from hashviz.runs import Run

RESULTS = Path(__file__).resolve().parents[2] / "results" / "digits"


def test_a_run_without_outputs_says_so_instead_of_a_figure():
    run = Run.load(next(path.parent for path in sorted(RESULTS.rglob("config.json"))))
    assert not run.database_outputs.size
    (sentence,) = FIGURES["output_violins"]["run"].items(Subject([run]))
    assert "no outputs" in str(sentence)
