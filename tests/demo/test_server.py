"""The app as a server: what it refuses, and where it listens."""

import asyncio

import pytest

from hashviz_demo import server

gradio = pytest.importorskip("gradio", reason="the app needs `pip install hashviz[demo]`")
httpx = pytest.importorskip("httpx")

# gradio, its server and its client warn of each other's old names; none of it is ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:starlette.*"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:websockets.*"),
]


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        f"gradio_api/file={__file__}",
        "gradio_api/file=http://127.0.0.1:1/",
        "gradio_api/file=https://example.org/",
        "thumbnails/..%2f..%2fetc/passwd.png",
        "thumbnails/x/1.png",
        "static/..%2f..%2f..%2fetc%2fpasswd",
        "assets/..%2f..%2f..%2fetc%2fpasswd",
    ],
)
def test_paths_outside_are_refused(served: str, path: str):
    assert httpx.get(served + path).status_code in (400, 403, 404, 422)


def test_another_name_for_this_machine_is_refused(served: str):
    assert httpx.get(served, headers={"host": "evil.example"}).status_code == 400


def test_history_and_monitoring_are_off(served: str):
    assert httpx.get(f"{served}gradio_api/runs").status_code == 404
    assert httpx.get(f"{served}docs").status_code == 404


def posted(address: str, **body) -> int:
    """The status of an upload; 413 too when the server closed while we were still sending."""
    try:
        return httpx.post(f"{address}gradio_api/upload", timeout=20, **body).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return 413


def test_requests_are_bounded_in_all_and_not_only_per_file(served: str):
    files = [("files", (f"{i}.bin", bytes(9_000_000))) for i in range(3)]
    assert posted(served, files=files[:2]) == 200
    assert posted(served, files=files) == 413


def test_a_chunked_request_is_bounded_too(served: str):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(1_000_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert posted(served, content=endless(), headers=headers) == 413


def test_the_limit_lets_small_requests_through():
    received = []

    async def inner(scope, receive, send):
        received.append(await receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask(size: int, header: bool) -> list[int]:
        sent = []

        async def receive():
            return {"type": "http.request", "body": bytes(size)}

        async def send(message):
            sent.append(message)

        headers = [(b"content-length", str(size).encode())] if header else []
        scope = {"type": "http", "headers": headers}
        await server.BodyLimit(inner, 100)(scope, receive, send)
        return [m["status"] for m in sent if m["type"] == "http.response.start"]

    for header in (True, False):
        assert asyncio.run(ask(100, header)) == [200]
        assert asyncio.run(ask(101, header)) == [413]
    assert len(received) == 2


def test_a_port_in_use_gives_the_next_free_one(monkeypatch: pytest.MonkeyPatch):
    with server.free_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with server.free_port("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] < port + server.PORTS
        monkeypatch.setattr(server, "PORTS", 1)
        with pytest.raises(ValueError, match=f"No port from {port} to {port} is free"):
            server.free_port("127.0.0.1", port)
