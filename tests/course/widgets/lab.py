"""JupyterLab on loopback with a small notebook, and Chromium in front of it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from tests.demo.browsing import _leaves

OURS = ("widget", "hashviz", "view for model")
"""Words of a complaint that is about us; JupyterLab has complaints of its own."""


def write_notebook(path: Path, cells: list[tuple[str, list[Any]]]) -> None:
    """A notebook of code cells with the outputs they had when it was saved."""
    book = new_notebook(
        cells=[new_code_cell(source, outputs=outputs) for source, outputs in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(book, path)


@contextmanager
def jupyterlab(home: Path) -> Iterator[str]:
    """The address of a JupyterLab over `home`/work that asks nobody and remembers nothing."""
    folders = {name: home / name for name in ("config", "data", "runtime", "ipython", "work")}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = folders["config"] / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": quiet}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(
            f"--port={port}",
            "--ServerApp.port_retries=50",
            f"--ServerApp.root_dir={folders['work']}",
        ),
        *("--IdentityProvider.token=", "--LabApp.extension_manager=readonly"),
        "--LabApp.expose_app_in_browser=True",
    ]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folders["config"]),
        "JUPYTER_DATA_DIR": str(folders["data"]),
        "JUPYTER_RUNTIME_DIR": str(folders["runtime"]),
        "IPYTHONDIR": str(folders["ipython"]),
        "OMP_NUM_THREADS": "1",
    }
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=folders["work"], stdout=output, stderr=output
        )
        try:
            yield f"http://127.0.0.1:{_port_of(server, folders['runtime'], log)}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _port_of(server: subprocess.Popen, runtime: Path, log: Path) -> int:
    """The port that the server really has, which it writes down when it listens."""
    told = runtime / f"jpserver-{server.pid}.json"
    stop = time.monotonic() + 120
    while time.monotonic() < stop:
        assert server.poll() is None, log.read_text()
        if told.exists() and told.read_text().endswith("}"):
            return int(json.loads(told.read_text())["port"])
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start in two minutes:\n{log.read_text()}")


@contextmanager
def notebook_page(browser: Any, address: str, name: str) -> Iterator[Any]:
    """A notebook alone in a page; at the end no widget has complained and nobody left the house."""
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(60_000)
    told: list[str] = []
    left: list[str] = []
    page.on("pageerror", lambda error: told.append(f"{error}"))
    page.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
    page.on("request", lambda sent: left.append(sent.url) if _leaves(sent.url) else None)
    page.goto(f"{address}/doc/tree/{name}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('notebook:run-all-cells')")
    yield page
    page.close()
    assert [text for text in told if any(word in text.lower() for word in OURS)] == []
    assert left == []


def run_all(page: Any) -> None:
    """Run every cell, as soon as there is a kernel that listens."""
    kernel = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel"
    page.wait_for_function(f"{kernel}?.status === 'idle'")
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
