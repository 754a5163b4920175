"""`hashviz index push`: send the codes of a run to an engine that spans several machines."""

import sys
import time
from argparse import Namespace

from hashviz.cli.output import show


def push(arguments: Namespace) -> None:
    """Send the codes that are not there yet: `hashviz index push RUN ADDRESS`."""
    from tqdm import tqdm

    from hashviz.runs import find_run
    from hashviz.search.milvus import MilvusIndex, content_of

    run = find_run(arguments.run, arguments.runs)
    packed, bits = run.database_packed, run.config.bits
    started = time.perf_counter()
    index = MilvusIndex(arguments.address, bits)
    with tqdm(total=len(packed), unit="code", file=sys.stderr) as bar:
        sent = index.fill(
            packed, content_of(packed, bits), lambda done, _: bar.update(done - bar.n)
        )
    seconds = time.perf_counter() - started
    result = {
        "run": str(run.path),
        "address": arguments.address,
        "codes": len(packed),
        "sent": sent,
        "seconds": seconds,
    }
    there = len(packed) - sent
    before = f", {there:,} were there before" if there else ""
    line = f"{sent:,} codes sent in {seconds:.1f} s{before}; {arguments.address} has them all."
    show(arguments, result, [line])
