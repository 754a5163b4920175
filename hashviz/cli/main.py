"""The command line: list, train, score, search, index, compare, report, plot, demo and others.

This file only parses; what a command does is in another file of this folder, imported when it runs.
Results go to stdout, progress and errors to stderr. Exit status: 0 done, 1 failed, 2 wrong input,
130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

from hashviz.config import TrainConfig, missing_package

ADDRESSES = (
    "Send the codes of a run's database to Milvus: a server, or the file of its embedded engine. "
    "An interrupted push resumes where it stopped."
)
EPILOG = "Every command: hashviz COMMAND --help. Start with: hashviz demo"
OWN_PICTURES = (
    "Your own pictures: folder:PATH has one folder per class, or a labels.csv with the columns "
    "path and labels (separated by ; or |), or with path and one column of 0 and 1 per class, or a "
    'labels.jsonl with lines like {"path": "a.jpg", "labels": ["sea", "sun"]}. Pictures become '
    "squares of 64 pixels, or of 224 for a network with published weights; folder:PATH?size=96 "
    "makes them 96."
)
RUN = "a folder, or a name of `hashviz list runs`"
LISTED = "methods, datasets, protocols, backbones, centers, plots, runs"
FEATURES = (
    "learn on the features of imagenet, a file (--backbone, where its name does not begin with the "
    "network's) or a run: --weights FROM --frozen"
)
ARRAYS = (
    "arrays query_codes, query_labels, database_codes, database_labels; codes as +-1, 0/1 or bool, "
    "labels as class indices or multi-hot; or the codes.npz of a run"
)
GRID = (
    "all combinations of the parts on and off (for `hashviz plot shapley`); which parts, or "
    "NAME=VALUE when off"
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def add_config(add: Callable[..., Any], *, leave_out: Sequence[str] = ()) -> None:
    """Add one option for every field of `TrainConfig` that has a help, and those of a training."""
    kinds = get_type_hints(TrainConfig)
    for f in fields(TrainConfig):
        if "help" not in f.metadata or f.name in (*leave_out, "method", "options"):
            continue
        flag, about = "--" + f.name.replace("_", "-"), f.metadata["help"]
        kind = (*get_args(kinds[f.name]), kinds[f.name])[0]  # of `int | None`, int
        if kind is bool:
            add(flag, action="store_true", help=about)
            continue
        required = f.default is MISSING
        default = None if required else f.default
        shown = "" if default in (None, "") else f" (default {default})"
        metavar = f.name.upper() if default is None else None
        options = {"required": required, "default": default, "metavar": metavar}
        add(flag, type=kind, help=about + shown, **options)
    add("--features", metavar="FROM", help=FEATURES)
    add("--slim", action="store_true", help="keep codes and scores only: no weights, no outputs")
    about = "a setting of the method (`hashviz list methods`); may be repeated"
    add("--set", dest="options", action="append", default=[], metavar="NAME=VALUE", help=about)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    common = Parser(add_help=False)
    add: Callable[..., Any] = common.add_argument
    add("--json", action="store_true", help="one JSON value as the last line")
    runs = Path(os.environ.get("HASHVIZ_RUNS", "runs"))
    add("--runs", type=Path, default=runs, help="folder of runs (default: $HASHVIZ_RUNS, or runs)")
    add("--data-root", type=Path, help="folder of the data sets (default: $HASHVIZ_DATA, or data)")
    parser = Parser(prog="hashviz", description="Deep hashing you can see.", epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(
        name: str, about: str, module: str, call: str = "", within: Any = commands, **words: str
    ) -> Callable[..., Any]:
        """Add a command; returns what adds its arguments."""
        words = {"help": about, "description": about, **words}
        added = within.add_parser(name, parents=[common], **words)
        added.set_defaults(module=module, call=call or name)
        return added.add_argument

    add = command("list", f"List what there is: {LISTED}.", "listing", "listing")
    add("what", help=LISTED)

    about = "Train or fit one method and save the run."
    add = command("train", about, "training", epilog=OWN_PICTURES)
    add("method", help="a method of `hashviz list methods`")
    add_config(add)

    add = command("evaluate", "Score the codes of a run again.", "scoring")
    add("run", help=RUN)
    add("-k", type=int, help="cut the ranking at k (default: the protocol's)")

    add = command("score", "Score anybody's codes from an .npz file.", "scoring")
    add("file", type=Path, help=ARRAYS)
    add("--sign", action="store_true", help="take the sign of real outputs")
    add("-k", type=int, help="cut the ranking at k (default: the whole database)")

    about = "Find the images of a run's database nearest to a picture."
    add = command("search", about, "searching")
    add("run", help=RUN)
    add("image", type=Path, help="any picture file")
    add("-k", type=int, default=10, help="how many results (default 10)")
    add("--radius", type=int, help="everything within so many bits, instead of k")
    add("--index", metavar="ADDRESS", help="where `hashviz index push` put the codes of this run")

    about = "Send the codes of a run to Milvus, an engine for many machines."
    index = commands.add_parser("index", help=about, description=about)
    actions = index.add_subparsers(dest="action", metavar="ACTION", required=True)
    about = "send the codes that are not there yet"
    add = command("push", about, "searching", within=actions, description=ADDRESSES)
    add("run", help=RUN)
    add("address", help="milvus://HOST:PORT/COLLECTION or milvus:FILE.db/COLLECTION")

    add = command("compare", "Compare methods: mean and interval over seeds.", "comparing")
    add("methods", nargs="*", help="which methods (default: all)")
    add("--bits", type=int, nargs="+", default=[12, 24, 36, 48])
    add("--seeds", type=int, default=3, help="seeds 0..N-1 (default 3)")
    add_config(add, leave_out=("bits", "seed"))

    add = command("ablate", "Turn the parts of a method off, one at a time.", "comparing")
    add("method", help="a trained method of `hashviz list methods`")
    add("--seeds", type=int, default=5, help="seeds 0..N-1 (default 5)")
    about = "variants whose name contains a word"
    add("--only", nargs="+", default=[], metavar="WORD", help=about)
    add("--grid", nargs="*", metavar="PART", help=GRID)
    add_config(add, leave_out=("seed",))

    add = command("report", "Write one self-contained HTML page about a run or more.", "drawing")
    add("run", nargs="+", help="folders, or names of `hashviz list runs`")
    add("-o", "--output", type=Path, help="default: report.html in its derived/")

    add = command("plot", "Write a single figure of a run, or of several.", "drawing")
    add("name", help="a figure of `hashviz list plots`")
    add("run", nargs="+", help="runs, or files written by `compare --json` or `ablate --json`")
    about = "file that ends in .png, .svg or .pdf"
    add("-o", "--output", type=Path, required=True, help=about)
    add("--theme", help="light (default), dark, or paper: one column, text of 8 pt")
    add("--dark", action="store_true", help="the same as --theme dark")
    add("--width", help="width of the file with its unit: 3.35in, 8.5cm, 85mm, or 242pt (of TeX)")
    add("--no-caption", action="store_true", help="print the sentences instead of drawing them")

    about = "Train what is missing and open the app on this machine."
    add = command("demo", about, "demonstrating", epilog=OWN_PICTURES)
    add("--data", help="search these pictures: folder:PATH, or any data set")
    add("--yes", action="store_true", help="download and train without asking at the terminal")
    add("--bits", type=int, default=48, help="length of their codes (default 48)")
    add("--weights", help="weights of a network for them: a file, a run, imagenet or none")
    add("--backbone", help="that network, if the name of the file does not say it")
    add("--index", metavar="ADDRESS", help="an engine of `hashviz index push`, for the tab Scale")
    add("--port", type=int, default=7860, help="default 7860, or the next free one")
    add("--lan", action="store_true", help="let others in this network open it, with a password")
    add("--no-browser", action="store_true", help="do not open a browser window")

    command("doctor", "Check what is installed, what is missing, and if it works.", "doctoring")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        print(f"hashviz {version('hashviz')}")
        return 0
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        module = importlib.import_module(f"hashviz.cli.{arguments.module}")
        getattr(module, arguments.call)(arguments)
    except KeyboardInterrupt as error:
        return complain(error, "interrupted", 130)
    except (ValueError, FileNotFoundError, PermissionError) as error:
        return complain(error, str(error), 2)  # the person at the keyboard can fix these
    except ModuleNotFoundError as error:
        return complain(error, str(missing_package(error.name)), 2)
    except BrokenPipeError:
        sys.stdout = None  # type: ignore[assignment]  # nobody reads on; say no more
        return 1
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return complain(error, f"{error.strerror or error}{where}", 1)
    return 0


def complain(error: BaseException, message: str, status: int) -> int:
    """Print one line on stderr, with the place where a stopped training was saved.

    Of several processes that torchrun started, all but the first one say which they are.
    """
    notes = getattr(error, "__notes__", ())
    kept = f" What was reached is saved in {notes[0]}" if notes else ""
    number = os.environ.get("RANK", "0")
    who = "hashviz" if number == "0" else f"hashviz (process {number})"
    print(f"{who}: {' '.join(message.split())}{kept}", file=sys.stderr)
    return status
