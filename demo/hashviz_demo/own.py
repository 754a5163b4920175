"""Somebody's own pictures: every one can be found, and each is a file on this machine.

A visitor never names a path. A picture is a row of a data set of the library; where its file lies
follows from the folder that the app was started with and from the names its reader found there.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hashviz.runs import Run


@dataclass(frozen=True)
class Everything(Run):
    """A run whose held-out queries can be found, too, behind the database; scored without them."""

    @cached_property
    def _codes(self) -> dict[str, np.ndarray]:
        codes = self._arrays("codes.npz")
        for name in ("codes", "labels", "index", "paths"):
            if f"query_{name}" in codes:
                both = codes[f"database_{name}"], codes[f"query_{name}"]
                codes[f"database_{name}"] = np.concatenate(both)
        return codes

    def evaluate(self) -> dict[str, Any]:
        """Score the run as it is."""
        return Run(self.path, self.config, self.data).evaluate()


def show_in_folder(file: Path) -> str:
    """Show a file in the file manager of this machine, and say so."""
    ways = {"win32": ["explorer", f"/select,{file}"], "darwin": ["open", "-R", str(file)]}
    command = ways.get(sys.platform, ["xdg-open", str(file.parent)])
    program = shutil.which(command[0])
    if program is None:
        return f"This machine has no file manager to call; the picture is {file}."
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    subprocess.Popen([program, *command[1:]], start_new_session=True, **quiet)
    return f"Shown in {file.parent}."
