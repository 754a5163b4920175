"""What the served interface says of itself in OpenAPI, asked for by schemathesis: no crash, ever.

Only with `uv run --with schemathesis pytest -m slow tests/demo/test_described_api.py`: it is a
dependency of nothing else.
"""

import pytest
from hypothesis import HealthCheck, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="needs `uv run --with schemathesis`")

requests = pytest.importorskip("requests")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
CALM = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_whatever_the_description_allows_is_answered_or_refused(served: str):
    schema = schemathesis.openapi.from_url(f"{served}gradio_api/openapi.json")
    asked = []
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.append(operation.label)

        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=CALM)
        @given(case=operation.as_strategy())
        def ask(case) -> None:
            try:
                answer = case.call(timeout=30)
            except requests.exceptions.ChunkedEncodingError:
                # gradio cuts the stream of an event that it does not know, instead of a 404.
                assert case.method == "GET"
                return
            assert answer.status_code < 500, answer.text
            assert "Traceback" not in answer.text

        ask()
    assert len(asked) >= 4, asked
    assert requests.get(served, timeout=30).ok
