"""Every command works without a network, and none tries to reach one."""

import socket
from pathlib import Path
from typing import Any

import pytest

from hashviz.cli.main import main
from hashviz.report import chapters

HERE = ("127.0.0.1", "::1", "localhost", None)
RUN = "digits/itq/12bits/seed0"
PAGES = ("query_results", "bit_balance")  # one with pictures, one without


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was looked for outside this machine, where nothing is found."""
    addresses: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guard(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in HERE:
            addresses.append(address)
            raise OSError("There is no network here.")
        connect(self, address)

    def find_nobody(host: str | None, *rest: Any, **more: Any) -> Any:
        if host not in HERE:
            addresses.append(host)
            raise OSError("There is no network here.")
        return look_up(host, *rest, **more)

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, guard)
    monkeypatch.setattr(socket, "getaddrinfo", find_nobody)
    return addresses


def test_no_command_reaches_for_the_network(
    tmp_path: Path, tried: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapters, "FIGURES", {name: chapters.FIGURES[name] for name in PAGES})
    figure = str(tmp_path / "balance.svg")
    commands = [
        *(["list", what] for what in ("datasets", "backbones", "runs")),
        ["train", "itq", "--data", "digits", "--bits", "12"],
        ["evaluate", RUN],
        ["score", str(tmp_path / RUN / "codes.npz")],
        ["plot", "bit_balance", RUN, "-o", figure],
        ["report", RUN],
        ["doctor"],
    ]
    for command in commands:
        status = main([*command, "--runs", str(tmp_path)])
        assert status == 0 or command[0] == "score", (command, status)
    assert Path(figure).is_file()
    assert tried == []


def test_the_guard_notices_who_reaches(tried: list[Any]) -> None:
    with socket.socket() as ours:
        for reach in (socket.create_connection, ours.connect):
            with pytest.raises(OSError, match="no network here"):
                reach(("example.org", 80))
    assert tried == ["example.org", ("example.org", 80)]
