"""Every command works without a network, and none tries to reach one."""

import subprocess
import sys
from pathlib import Path

GUARDED = """
import socket, sys
from pathlib import Path

tried = []
connect, look_up = socket.socket.connect, socket.getaddrinfo

def guarded(self, address, *rest):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        tried.append(address)
        raise OSError("There is no network here.")
    return connect(self, address, *rest)

def nobody(host, *rest, **more):
    if host not in ("127.0.0.1", "::1", "localhost", None):
        tried.append(host)
        raise OSError("There is no network here.")
    return look_up(host, *rest, **more)

socket.socket.connect = socket.socket.connect_ex = guarded
socket.getaddrinfo = nobody
from hashviz.cli.main import main
from hashviz.report import chapters

pages = ("query_results", "bit_balance")  # one with pictures, one without
chapters.FIGURES = {name: chapters.FIGURES[name] for name in pages}
folder = Path(sys.argv[1])
run = "digits/itq/12bits/seed0"
figure = str(folder / "balance.svg")
commands = [
    *(["list", what] for what in ("datasets", "backbones", "runs")),
    ["train", "itq", "--data", "digits", "--bits", "12"],
    ["evaluate", run],
    ["score", str(folder / run / "codes.npz")],
    ["plot", "bit_balance", run, "-o", figure],
    ["report", run],
    ["doctor"],
]
for command in commands:
    status = main([*command, "--runs", str(folder)])
    assert status == 0 or command[0] == "score", (command, status)
assert Path(figure).is_file()
print("tried", tried)
"""


def test_no_command_reaches_for_the_network(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.rstrip().endswith("tried []")
