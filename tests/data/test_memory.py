"""A hundred thousand pictures are read once, into a file; memory holds only those under way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

READ = """
import sys
from hashviz.data import load_dataset
dataset = load_dataset(f"folder:{sys.argv[1]}?size=64")
total = sum(int(dataset.images[k : k + 1000].sum()) for k in range(0, len(dataset), 1000))
status = dict(line.split(":", 1) for line in open("/proc/self/status") if line[:2] in ("Vm", "Rs"))
print(len(dataset), total, *(int(status[key].split()[0]) for key in ("VmHWM", "RssAnon")))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measured with Linux's /proc")
def test_a_hundred_thousand_pictures_stay_below_two_gigabytes(tmp_path, rng):
    folder, total = tmp_path / "many", 0
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
    for k in range(100):  # a hundred pictures, each under a thousand names
        pixels = np.kron(rng.integers(0, 256, (4, 4, 3), np.uint8), np.ones((16, 16, 1), np.uint8))
        first = folder / ("one", "two")[k % 2] / f"{k}.png"
        Image.fromarray(pixels).save(first)
        total += 1000 * int(pixels.sum())
        for copy in range(1, 1000):
            os.link(first, first.with_name(f"{k}-{copy}.png"))
    result = subprocess.run(
        [sys.executable, "-c", READ, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HASHVIZ_CACHE": str(tmp_path / "cache")},
    )
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "cache")  # more than a gigabyte
    pictures, found, most, own = map(int, result.stdout.split())
    print(f"at most {most >> 10:,} MiB, {own >> 10} MiB of them not mapped from the file")
    assert (pictures, found) == (100_000, total)
    assert most < 2 << 20  # /proc counts in KiB
    assert own < 300 << 10
