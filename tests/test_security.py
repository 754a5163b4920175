"""SECURITY.md promises nothing without a test."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "SECURITY.md").read_text()


def test_every_promise_names_tests_that_are_there():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 8
    for row in rows:
        named = re.findall(r"`(tests/[\w/.]+)`", row)
        assert named, row
        for name in named:
            assert "def test_" in (ROOT / name).read_text(), name


def test_the_limits_are_those_of_the_code():
    from hashviz_demo.quota import UPLOAD_BYTES
    from hashviz_demo.server import FILE_MB, REQUEST_BYTES

    assert f"{REQUEST_BYTES // 10**6} MB in all, a file {FILE_MB} MB" in PAGE
    assert f"together at most {UPLOAD_BYTES // 10**6} MB" in PAGE
