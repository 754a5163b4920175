"""The app under hands: clicks in a real browser, a class of thirty, two thousand sessions.

Clicks are timed inside the page, from the click to the frame after the answer was drawn. The class
is thirty clients that speak the browser's own protocol and choose a sample every two seconds; on
the machine that also runs the app, so what they cost counts against it. Loopback only.
"""

import json
import os
import random
import subprocess
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import Row
from benchmarks.startup import app_process, open_page, train_small

CLIENTS, SECONDS, PAUSE = 30, 60.0, 2.0
SESSIONS = 2000


def rows(quick: bool) -> Iterator[Row]:
    """Everything about the running app."""
    with tempfile.TemporaryDirectory() as folder:
        train_small(Path(folder))
        with app_process(Path(folder)) as (process, address):
            yield shift(address)
            yield from clicks(process, address, 10 if quick else 40)
            yield lost(address, 20 if quick else 400)
            yield crowd(address, 4 if quick else CLIENTS, 5 if quick else SECONDS)
            yield memory(process, address, 100 if quick else SESSIONS)


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def clicks(process: subprocess.Popen[str], address: str, times: int) -> Iterator[Row]:
    """Another sample on Search, at once and when the app has read ahead; a bit key on Bits."""
    with open_page() as page:
        sample = "#hv-samples [data-sample]", ".hv-about"
        for tab, what, (button, shown), turns, target in (
            ("search", "the first clicks after the start, to results", sample, 10, None),
            ("search", "click on a sample to results", sample, times, 200.0),
            ("bits", "press of a bit to the new order",
             ("#hv-keyboard [data-bit]", "#hv-resorted"), times, 150.0),
        ):  # fmt: skip
            page.goto(f"{address}?tab={tab}")
            page.wait_for_selector(f"{shown} >> visible=true")
            page.wait_for_timeout(1500)
            if target:
                settle(process.pid)
            spent = []
            for turn in range(turns):
                spent.append(page.evaluate(CLICK, [button, shown, turn]))
                page.wait_for_timeout(100)
            answered = [each for each in spent if each >= 0]
            yield Row(
                f"{what}, p95", percentile(answered, 0.95), "ms", min(answered), max(answered),
                target=target, note=f"{len(answered)} of {turns} answered, median "
                f"{median(answered):.0f} ms"
                + ("" if target else "; meanwhile torch is imported and other pictures are read"),
            )  # fmt: skip


def shift(address: str) -> Row:
    """How far the page moves by itself while it loads; the worst of three panels."""
    moved = []
    with open_page() as page:
        page.add_init_script(SHIFT)
        for tab in ("search", "bits", "why"):
            page.goto(f"{address}?tab={tab}")
            page.wait_for_selector(f"#hv-pane-{tab} img >> visible=true")
            page.wait_for_timeout(1500)
            moved.append(page.evaluate("window.shift"))
    return Row(
        "cumulative layout shift on load", max(moved), "", min(moved), max(moved), target=0.1,
        note="Search, Bits and Why; 0.1 is what the web calls good",
    )  # fmt: skip


def lost(address: str, times: int) -> Row:
    """Pairs of clicks, a sample and 0 to 40 ms later a tab: those without both effects."""
    missed = 0
    with open_page() as page:
        page.goto(f"{address}?tab=search")
        page.wait_for_selector("[data-sample] >> nth=19")
        for turn in range(times // 2):
            query = page.evaluate(PAIR, [(7 * turn + 3) % 20, (0, 2, 5, 10, 20, 40)[turn % 6]])
            try:
                page.wait_for_function(BOTH, arg=query, timeout=5000)
            except Exception:  # playwright's own kind of timeout
                missed += 1
            page.click("#hv-tabs [data-view='search']")
            page.wait_for_function("location.search.includes('tab=search&')")
    return Row(
        "lost clicks", missed, "", missed, missed, target=0.0,
        note=f"of {times}, in pairs that follow each other within 0 to 40 ms",
    )  # fmt: skip


SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.shift += each.hadRecentInput ? 0 : each.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PAIR = """([place, pause]) => new Promise((done) => {
  const sample = document.querySelectorAll("[data-sample]")[place];
  const tab = document.querySelector("#hv-tabs [data-view='bits']");
  sample.click();
  setTimeout(() => { tab.click(); done(sample.dataset.sample); }, pause);
})"""
BOTH = """(query) => location.search.includes("tab=bits&")
  && document.querySelector(".hv-bar small").textContent === `query ${query}`"""


def settle(pid: int, longest: float = 30.0) -> None:
    """Wait until the process computes nothing for a second; only where the system tells."""
    end = time.monotonic() + longest
    before = -1.0
    while time.monotonic() < end and computed(pid) - before > 0.1:
        before = computed(pid)
        time.sleep(1)


def computed(pid: int) -> float:
    """Processor seconds of a process so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


CLICK = """([button, shown, turn]) => new Promise(done => {
  const all = document.querySelectorAll(button), pressed = all[(1 + turn) % all.length];
  const before = document.querySelector(shown).outerHTML;
  const started = performance.now();
  const seen = new MutationObserver(() => {
    const now = document.querySelector(shown);
    if (!now || now.outerHTML === before) return;
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - started));
  });
  seen.observe(document.body, { subtree: true, childList: true, characterData: true });
  pressed.click();
  setTimeout(() => done(-1), 5000);
})"""


class Client:
    """A visitor without a browser: joins the queue of events and waits for its own answer."""

    def __init__(self, address: str) -> None:
        self.address, self.session = f"{address}gradio_api/queue", uuid.uuid4().hex

    def send(self, event: dict[str, Any], payload: Any) -> float:
        """Seconds to the answer.

        Raises:
            RuntimeError: when the answer is an error.
        """
        started = time.perf_counter()
        body = {
            "data": [None] * len(event["inputs"]),
            "fn_index": event["id"],
            "session_hash": self.session,
            "event_data": payload,
            "trigger_id": event["targets"][0][0],
        }
        request = urllib.request.Request(
            f"{self.address}/join", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).read()
        stream = urllib.request.urlopen(
            f"{self.address}/data?session_hash={self.session}", timeout=30
        )
        with stream:
            for line in stream:
                if line.startswith(b"data:"):
                    message = json.loads(line[5:])
                    if message["msg"] == "process_completed":
                        if not message["success"]:
                            raise RuntimeError(str(message["output"]))
                        return time.perf_counter() - started
        raise RuntimeError("The stream ended without an answer.")


def sample_event(address: str) -> dict[str, Any]:
    """The event of a click on a sample."""
    page = json.loads(urllib.request.urlopen(f"{address}config", timeout=30).read())
    samples = {c["id"] for c in page["components"] if c["props"].get("elem_id") == "hv-samples"}
    return next(
        wired for wired in page["dependencies"]
        if any(part in samples and name == "sample" for part, name in wired["targets"])
    )  # fmt: skip


def crowd(address: str, clients: int, length: float) -> Row:
    """So many visitors for so long; every error counts."""
    event, spent, errors = sample_event(address), [], []
    end = time.monotonic() + length

    def visit(number: int) -> None:
        client, dice = Client(address), random.Random(number)
        time.sleep(dice.random() * PAUSE)
        while time.monotonic() < end:
            try:
                spent.append(client.send(event, {"position": dice.randrange(300)}))
            except Exception as error:  # whatever it is, a visitor would have seen it
                errors.append(repr(error))
            time.sleep(dice.uniform(0.5, 1.5) * PAUSE)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    milliseconds = [1e3 * each for each in spent]
    return Row(
        f"{clients} visitors for {length:.0f} s, p95", percentile(milliseconds, 0.95), "ms",
        min(milliseconds), max(milliseconds), target=2000.0,
        note=f"{len(spent)} answers, {len(errors)} errors{': ' + errors[0] if errors else ''}, "
        f"median {median(milliseconds):.0f} ms",
    )  # fmt: skip


def memory(process: subprocess.Popen[str], address: str, sessions: int) -> Row:
    """Megabytes that the app grows by over so many new sessions, after the first fifth."""
    event = sample_event(address)
    sizes = []
    for number in range(sessions):
        Client(address).send(event, {"position": number % 300})
        if number % max(1, sessions // 20) == 0:
            sizes.append(resident(process.pid))
    sizes.append(resident(process.pid))
    warm = sizes[len(sizes) // 5 :]
    return Row(
        f"growth over {sessions:,} sessions", warm[-1] - warm[0], "MB", min(warm) - warm[0],
        max(warm) - warm[0], target=50.0, note=f"{warm[-1]:.0f} MB at the end",
    )  # fmt: skip


def resident(pid: int) -> float:
    """Megabytes in memory of a process; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
