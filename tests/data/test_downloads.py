"""An archive from a server on this machine: fetched, continued, verified, unpacked, or refused."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import hashviz.data.downloads
from hashviz.data.downloads import archive, fetch_file


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        entry = tarfile.TarInfo("batches/data")
        entry.size = 5
        packed.addfile(entry, io.BytesIO(b"seven"))
    return out.getvalue()


class Server(ThreadingHTTPServer):
    """What it gives out, and how: `lost` bytes at the end of the first answer, `parts` or not."""

    content, wrong, lost, parts = tar(), 0, 0, True
    ranges: list[str | None]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server, asked = self.server, self.headers["Range"]
        assert isinstance(server, Server)
        server.ranges.append(asked)
        start = int(asked[6:-1]) if asked and server.parts else 0
        content = server.content[start:]
        if not content:
            self.send_error(416)
            return
        if server.wrong:
            server.wrong, content = server.wrong - 1, b"<" * len(content)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) - server.lost])
        server.lost = 0

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as made:
        made.ranges = []
        threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield made
        made.shutdown()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/batches.tar.gz"


MD5 = hashlib.md5(Server.content).hexdigest()


def test_an_archive_is_fetched_with_a_bar_verified_and_unpacked(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(url(server), MD5)(tmp_path)
    assert (tmp_path / "batches" / "data").read_bytes() == b"seven"
    assert "batches.tar.gz: 100%" in capsys.readouterr().err
    archive(url(server), MD5)(tmp_path)
    assert len(server.ranges) == 1, "what is there and right is not fetched again"


@pytest.mark.parametrize("parts", [True, False])
def test_a_broken_download_goes_on_where_it_ended_or_starts_again(
    server: Server, tmp_path: Path, parts: bool
) -> None:
    server.lost, server.parts, file = 40, parts, tmp_path / "file"
    with pytest.raises(OSError, match=r"the connection ended after \d+ of \d+ bytes"):
        fetch_file(url(server), file, MD5)
    there = len(server.content) - 40
    assert file.stat().st_size == there
    fetch_file(url(server), file, MD5)
    assert file.read_bytes() == server.content
    assert server.ranges == [None, f"bytes={there}-"]


def test_wrong_bytes_are_thrown_away_and_fetched_once_more(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"wrong" * len(server.content))  # longer than the file: nothing is missing
    fetch_file(url(server), file, MD5)
    assert file.read_bytes() == server.content
    server.wrong = 2
    file.unlink()
    with pytest.raises(RuntimeError, match="is not the official file"):
        fetch_file(url(server), file, MD5)
    assert not file.exists()


def test_no_disk_and_no_network_are_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = url(server)
    monkeypatch.setattr("hashviz.files.shutil.disk_usage", lambda _: type("", (), {"free": 9}))
    with pytest.raises(ValueError, match=r"where 9 bytes are free; make room.*--data-root"):
        fetch_file(address, tmp_path / "file", MD5)
    monkeypatch.setattr(hashviz.data.downloads, "PATIENCE", 1)
    with pytest.raises(OSError, match="refused"):
        fetch_file("http://127.0.0.1:9/x", tmp_path / "file", MD5)
