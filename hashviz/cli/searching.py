"""`hashviz search` and `hashviz index push`: who is near a picture, here or on a server."""

import sys
import time
from argparse import Namespace
from itertools import count

from hashviz.cli.output import show, table
from hashviz.codes import pack, sign
from hashviz.config import plain_path
from hashviz.data import parse
from hashviz.runs import find_run
from hashviz.search import HammingIndex, open_index
from hashviz.search.milvus import MilvusIndex, check_content, content_of


def search(arguments: Namespace) -> None:
    """Find the nearest images to a picture: `hashviz search RUN IMAGE`."""
    from hashviz.data.images import fit_image, read_image
    from hashviz.data.readers.folder import file_of
    from hashviz.methods.networks import load_model
    from hashviz.models.encoding import encode

    run = find_run(arguments.run, arguments.runs)
    height, width, channels = run.data["image"]
    if channels > 3:
        raise ValueError(f"{run.name} hashes vectors, not pictures: use Hasher.load in Python.")
    picture = fit_image(read_image(arguments.image), (height, width), channels)
    if arguments.index:
        index = open_index(arguments.index)
        check_content(index, run.database_packed, run.config.bits, run.name)
    else:
        index = HammingIndex(run.config.bits)
        index.add(range(len(run.database_packed)), run.database_packed)
    model = load_model(run)
    started = time.perf_counter()
    code = pack(sign(encode(model, picture[None])))
    encoded = time.perf_counter()
    k = arguments.k if arguments.radius is None else None
    hits = index.search(code, k, radius=arguments.radius)
    searched = time.perf_counter()
    files = run.database_paths
    kind, folder, _ = parse(run.config.data)

    def place(position: int) -> dict[str, str | None]:
        """Return the file as the run names it, and where it lies if it is there."""
        name = None if files is None else str(files[position])
        path = file_of(folder, name) if name and kind == "folder" else None
        return {"file": name, "path": str(path) if path else None}

    found = [
        {
            "rank": rank,
            "distance": int(distance),
            "classes": [run.classes[c] for c in run.database_labels[position].nonzero()[0]],
            "row": int(run.database_index[position]),
            **place(position),
        }
        for rank, position, distance in zip(count(1), hits.ids[0].tolist(), hits.distances[0])
        if position >= 0
    ]
    result = {
        "run": str(run.path),
        "seconds": searched - started,
        "encode_seconds": encoded - started,
        "search_seconds": searched - encoded,
        "results": found,
    }
    rows = [["rank", "distance", "classes", "row of the data set" if files is None else "file"]]
    for each in found:
        classes = ", ".join(each["classes"]) or "-"
        where = each["row"] if files is None else each["file"]
        where = plain_path(each["path"]) if each["path"] else where
        rows.append([str(each["rank"]), str(each["distance"]), classes, str(where)])
    show(arguments, result, table(rows) if found else ["Nothing lies within that radius."])


def push(arguments: Namespace) -> None:
    """Send the codes that are not there yet: `hashviz index push RUN ADDRESS`."""
    from tqdm import tqdm

    run = find_run(arguments.run, arguments.runs)
    packed, bits = run.database_packed, run.config.bits
    started = time.perf_counter()
    index = MilvusIndex(arguments.address, bits)
    with tqdm(total=len(packed), unit="code", file=sys.stderr) as bar:
        update = lambda done, _: bar.update(done - bar.n)
        sent = index.fill(packed, content_of(packed, bits), update)
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
