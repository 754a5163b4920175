"""Every check accepts the solution and an unusual right answer, and rejects usual mistakes."""

import importlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hashviz_course import check
from hashviz_course.checks.exercise import same_as

ANSWERS = {
    name: importlib.import_module(f"tests.course.checks.answers.{name}") for name in check.EXERCISES
}
RIGHT = [(name, said) for name, answers in ANSWERS.items() for said in answers.RIGHT]
WRONG = [(name, said) for name, answers in ANSWERS.items() for said in answers.WRONG]
LONGEST = 420


def stub(*_):
    raise NotImplementedError("Your turn.")


@pytest.mark.parametrize(("name", "said"), RIGHT)
def test_a_right_answer_passes_in_less_than_a_second_of_the_processor(name, said):
    started = time.process_time()
    verdict = check.EXERCISES[name].verdict(ANSWERS[name].RIGHT[said])
    assert time.process_time() - started < 5  # a loaded machine may need some of it
    assert verdict.passed, verdict.text
    assert verdict.text.startswith("pass: ")
    assert "\n" not in verdict.text


@pytest.mark.parametrize("name", [name for name, e in check.EXERCISES.items() if e.library])
def test_what_stands_in_for_the_learners_function_passes_its_check(name):
    assert check.EXERCISES[name].verdict(check.EXERCISES[name].library).passed


@pytest.mark.parametrize(("name", "said"), WRONG)
def test_a_wrong_answer_is_told_in_few_words_and_without_a_traceback(name, said):
    verdict = check.EXERCISES[name].verdict(ANSWERS[name].WRONG[said])
    assert not verdict.passed
    assert verdict.written
    assert verdict.text.startswith("not yet: ")
    assert "Traceback" not in verdict.text
    assert 2 <= len(verdict.text.splitlines()) <= 5, verdict.text
    assert len(verdict.text) < LONGEST, verdict.text


@pytest.mark.parametrize("name", check.EXERCISES)
def test_every_check_has_two_right_answers_and_several_wrong_ones(name):
    assert len(ANSWERS[name].RIGHT) >= 2
    assert len(ANSWERS[name].WRONG) >= 5


@pytest.mark.parametrize("name", check.EXERCISES)
def test_a_wrong_answer_gets_the_same_words_again(name):
    wrong = next(iter(ANSWERS[name].WRONG.values()))
    exercise = check.EXERCISES[name]
    assert exercise.verdict(wrong) == exercise.verdict(wrong)


@pytest.mark.parametrize("name", check.EXERCISES)
def test_a_stub_a_value_and_a_function_of_other_arguments_are_answered_politely(name):
    exercise = check.EXERCISES[name]
    assert not exercise.verdict(stub).written
    assert "without parentheses" in exercise.verdict(3).text
    assert "stopped with TypeError" in exercise.verdict(lambda: 0).text
    assert "is a `return` missing?" in exercise.verdict(lambda *_: None).text


@pytest.mark.parametrize("name", check.EXERCISES)
def test_every_rule_has_cases_and_says_a_sentence(name):
    exercise = check.EXERCISES[name]
    assert exercise.rules
    for rule in exercise.rules:
        assert rule.says.endswith(".")
        assert next(iter(rule.cases()), None) is not None
    assert exercise.passed.endswith(".")
    assert exercise.passed.startswith(name)
    assert len(exercise.notebook) == 2
    assert all(exercise.hints)


def test_the_checks_of_a_notebook_are_in_the_file_of_its_name():
    notebooks = Path(__file__).parents[3] / "notebooks"
    files = {path.stem for path in (notebooks / "hashviz_course" / "checks").glob("n*.py")}
    assert files - {"n13_evaluators"} == {f"n{path.stem}" for path in notebooks.glob("[0-9]*.py")}
    for name, exercise in check.EXERCISES.items():
        judges = {rule.judge.__module__ for rule in exercise.rules} - {same_as.__module__}
        for module in judges:
            assert module.split(".")[-1].startswith(f"n{exercise.notebook}_"), name


def test_checks_need_no_torch_where_the_notebook_needs_none():
    code = """
import sys
sys.modules["torch"] = None
from hashviz_course import check
def unwritten(*_):
    raise NotImplementedError
for name, exercise in check.EXERCISES.items():
    if exercise.notebook not in ("06", "07", "08", "12"):
        assert not exercise.verdict(unwritten).written, name
assert check.hamming.verdict(lambda a, b: int((a ^ b).sum())).text.startswith("not yet: The dist")
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
