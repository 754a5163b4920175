"""What a check says, asks and keeps: the smallest case, one line of an error, one file."""

import json

import numpy as np
import pytest
import torch

from hashviz_course import check
from hashviz_course.checks import progress
from hashviz_course.checks.exercise import Exercise, Rule, Wrong
from hashviz_course.checks.values import same, shown


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("HASHVIZ_PROGRESS", str(tmp_path / "mine" / "progress.json"))
    progress._session.clear()


HINTS = ("one", "two", "three")


def file():
    path = progress.path()
    assert path is not None
    return path


def right(a, b):
    return int(np.bitwise_count(a ^ b).sum())


def wrong(a, b):
    return int((a != b).sum())


def said(capsys):
    return capsys.readouterr().out.splitlines()


def test_the_counter_example_is_the_smallest_case_with_what_came_and_what_was_expected():
    text = check.hamming.verdict(wrong).text
    assert text.splitlines() == [
        "not yet: The distance is the number of bits that differ.",
        "  wrong([0], [3]) gave 1, expected 2.",
    ]


def test_where_four_digits_look_the_same_the_difference_is_told():
    verdict = check.average_precision.verdict(lambda relevant, k, mode: 1.00001)
    assert verdict.text.endswith("gave 1, expected 1; they differ by 1e-05.")


def test_an_error_inside_the_function_is_one_sentence_with_the_line_of_the_learner():
    def mine(a, b):
        return np.array([1, 2]) + np.array([1, 2, 3])  # broadcast

    text = check.hamming.verdict(mine).text.splitlines()
    assert len(text) == 2
    assert "stopped with ValueError: operands could not be broadcast" in text[1]
    assert "return np.array([1, 2]) + np.array([1, 2, 3])" in text[1]


def test_what_the_function_prints_is_held_back_and_shown_for_the_case_that_fails(capsys):
    def talks(a, b):
        print("bytes", len(a))
        return wrong(a, b)

    text = check.hamming.verdict(talks).text
    assert text.endswith("\n  It printed: bytes 1")
    assert said(capsys) == []


def test_a_lambda_has_the_name_of_the_exercise():
    assert "  hamming([0], [3]) gave 1" in check.hamming.verdict(lambda a, b: wrong(a, b)).text


def test_a_function_may_keep_its_input_for_itself_but_not_change_it():
    given = []

    def keeps(a, b):
        given.append(a)
        return right(a, b)

    assert check.hamming.verdict(keeps).passed

    def zeroes(a, b):
        distance = right(a, b)
        b[:] = 0
        return distance

    assert "changed its arguments; work on a copy" in check.hamming.verdict(zeroes).text


def test_an_answer_that_no_rule_can_use_is_told_too():
    def judge(attempt, *case):
        if not attempt(*case) > 0:
            raise Wrong("It is not positive.")

    exercise = Exercise("sign", "99", "sign is.", (Rule("It is.", lambda: [(1,)], judge),), HINTS)
    text = exercise.verdict(lambda number: [number, {}]).text.splitlines()
    assert text[1].startswith("  sign(1) gave [1, {}]: '>' not supported")


def test_the_first_failure_is_the_learners_then_come_three_hints_and_the_third_stays(capsys):
    for _ in range(6):
        check.hamming(wrong)
    lines = [line.strip() for line in said(capsys)]
    assert lines.count('Stuck? check.hint("hamming")') == 1
    hints = [line.split(":")[0] for line in lines if line.startswith("Hint")]
    assert hints == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3", "Hint 3 of 3"]


def test_a_hint_is_given_when_asked_for(capsys):
    check.hint("hamming")
    check.hint("hamming")
    assert [line.split(":")[0] for line in said(capsys)] == ["Hint 1 of 3", "Hint 2 of 3"]
    with pytest.raises(ValueError, match="Unknown exercise 'haming', did you mean 'hamming'"):
        check.hint("haming")


def test_an_unwritten_function_is_no_failure(capsys):
    def hamming(a, b):
        raise NotImplementedError("Your turn.")

    check.hamming(hamming)
    assert said(capsys) == ["not yet: hamming is not written. Fill it in above and run it again."]
    assert progress.load() == {}


def test_progress_is_one_file_whose_place_is_told_once(capsys):
    check.hamming(right)
    check.hamming(right)
    told = [line for line in said(capsys) if "progress" in line]
    assert told == [f"  Your progress is kept in {file()}; check.progress() shows it."]
    content = json.loads(file().read_text())
    assert content["format"] == 1
    assert set(content["exercises"]) == {"hamming"}
    check.progress()
    lines = said(capsys)
    assert lines[0].split()[:4] == ["00", "hamming", "passed", "on"]
    assert lines[-1] == f"Kept in {file()}."


def test_progress_counts_tries_and_hints_and_a_pass_stays_one(capsys):
    check.progress()
    assert "not tried yet" in said(capsys)[0]
    check.hamming(wrong)
    check.progress()
    assert said(capsys)[-len(check.EXERCISES) - 1].endswith("1 try")
    check.hamming(wrong)
    check.hamming(right)
    check.hamming(wrong)
    check.progress()
    line = said(capsys)[-len(check.EXERCISES) - 1]
    assert "passed on" in line
    assert line.endswith("1 hint")


def test_what_follows_is_computed_with_the_function_that_passed_or_with_the_librarys(capsys):
    check.hamming(wrong)
    said(capsys)
    assert check.use("hamming") is check.hamming.library
    assert said(capsys) == ["hamming has not passed its check: the library's is used instead."]
    check.hamming(right)
    said(capsys)
    assert check.use("hamming") is right
    assert said(capsys) == []
    check.hamming(wrong)
    assert check.use("hamming") is check.hamming.library
    with pytest.raises(ValueError, match=r"pass check\.centers first"):
        check.use("centers")
    with pytest.raises(ValueError, match="did you mean 'hamming'"):
        check.use("haming")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"format": 2, "exercises": {}}', '{"format": 1, "exercises": [1]}', "\xff"],
)
def test_a_file_that_cannot_be_read_is_told_and_never_overwritten(content, capsys):
    file().parent.mkdir()
    file().write_bytes(content.encode("latin-1"))
    check.hamming(wrong)
    check.hamming(wrong)
    lines = said(capsys)
    assert sum("cannot be read" in line for line in lines) == 2
    assert any(line.strip().startswith("Hint 1") for line in lines)
    check.hint("hamming")
    check.progress()
    assert "The file stays as it is" in said(capsys)[-1]
    assert file().read_bytes() == content.encode("latin-1")


def test_what_another_version_wrote_into_a_readable_file_is_kept():
    file().parent.mkdir()
    exercises = {"tomorrow": {"passed": "2030-01-01"}, "hamming": {"failures": "many", "mood": 1}}
    file().write_text(json.dumps({"format": 1, "exercises": exercises}))
    check.hamming(right)
    kept = json.loads(file().read_text())["exercises"]
    assert kept["tomorrow"] == {"passed": "2030-01-01"}
    assert kept["hamming"]["mood"] == 1
    assert kept["hamming"]["failures"] == 0


def test_the_day_of_the_first_pass_stays():
    file().parent.mkdir()
    exercises = {"hamming": {"failures": 2, "hints": 1, "passed": "2020-02-02"}}
    file().write_text(json.dumps({"format": 1, "exercises": exercises}))
    check.hamming(right)
    kept = json.loads(file().read_text())["exercises"]["hamming"]
    assert kept == {"failures": 0, "hints": 1, "passed": "2020-02-02"}


def test_a_folder_that_cannot_be_written_is_told_and_the_check_goes_on(
    monkeypatch, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HASHVIZ_PROGRESS", str(tmp_path / "file" / "progress.json"))
    check.hamming(right)
    lines = said(capsys)
    assert lines[0].startswith("pass: ")
    assert "progress" in lines[1]


def test_switched_off_nothing_is_kept_but_hints_go_on(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HASHVIZ_PROGRESS", "off")
    for _ in range(3):
        check.hamming(wrong)
    lines = said(capsys)
    assert any(line.strip().startswith("Hint 2") for line in lines)
    check.progress()
    assert said(capsys)[-1] == "Nothing is kept: HASHVIZ_PROGRESS is off."
    assert not list(tmp_path.iterdir())


def test_without_a_choice_progress_lies_in_the_data_folder_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("HASHVIZ_PROGRESS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert file() == tmp_path / "hashviz" / "progress.json"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert file() == tmp_path / ".local" / "share" / "hashviz" / "progress.json"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (True, "True"),
        ("hits", "'hits'"),
        (None, "None"),
        (np.array([True, False]), "[True, False]"),
        (torch.tensor([1.0, 0.33333]), "[1, 0.3333]"),
        (torch.zeros(2, requires_grad=True), "[0, 0]"),
        ([[1, 2], [3]], "[[1, 2], [3]]"),
        ({"k": None, "seeds": [1, 2]}, "{'k': None, 'seeds': [1, 2]}"),
        (np.zeros((5, 64)), "an array of shape (5, 64)"),
        (float("nan"), "nan"),
        (right, "the function right"),
        ((n for n in ()), "a generator"),
        (object(), "an object"),
    ],
)  # fmt: skip
def test_values_are_written_as_a_learner_reads_them(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(
    ("came", "expected", "is_same"),
    [
        (np.float32(0.5), 0.5, True),
        ([1, 0], np.array([True, False]), True),
        ([1, 2], [1, 2, 3], False),
        ([[1]], [1], False),
        (float("nan"), float("nan"), True),
        (float("nan"), 0.0, False),
        ("a", 1, False),
        ("a", "a", True),
        ("a", "b", False),
        ([[1, 2], [3]], [[1, 2], [3]], True),
        ([[1, 2], [3]], [[1, 2], [4]], False),
        ({"a": [1]}, {"a": np.array([1])}, True),
        ({"a": 1}, {"b": 1}, False),
        (3, {"b": 1}, False),
        (None, 0, False),
        (None, None, True),
        (right, right, True),
        (right, {1}, False),
    ],
)
def test_the_same_numbers_are_the_same_answer_however_they_are_held(came, expected, is_same):
    assert same(came, expected) is is_same
