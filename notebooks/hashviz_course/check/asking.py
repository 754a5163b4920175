"""Asking a learner's function: whatever it does, what comes back is an answer or one sentence."""

import copy
import io
import linecache
import warnings
from contextlib import redirect_stdout
from typing import Any

from hashviz_course.check.words import same, shown

LINES_SHOWN = 3
LONGEST = 120  # characters of somebody else's error message


class NotWritten(Exception):
    """The function is still the stub of the exercise."""


class Stopped(Exception):
    """The function gave no answer; the text says why."""


class Asked:
    """The learner's function, asked with copies, in silence.

    `name` is how messages call it; `answer` and `printed` are what it gave and printed last.
    """

    def __init__(self, function: Any, name: str):
        own = getattr(function, "__name__", name)
        self.name = own if own.isidentifier() else name
        self.function = function
        self.printed = ""
        self.answer: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """The answer.

        Raises:
            NotWritten: when the function is the stub.
            Stopped: when it raises, returns nothing or changes what it was given.
        """
        self.answer = None
        given, output = copy.deepcopy(arguments), io.StringIO()
        try:
            with redirect_stdout(output), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = self.function(*given)
        except NotImplementedError:
            raise NotWritten from None
        except Exception as error:
            kind, place = type(error).__name__, line_of(error, self.function)
            what = " ".join(str(error)[:LONGEST].split())
            raise Stopped(
                f"{call(self.name, arguments)} stopped with {kind}: {what}{place}"
            ) from None
        finally:
            self.printed = output.getvalue()
        if answer is None:
            raise Stopped(f"{call(self.name, arguments)} gave nothing; is a `return` missing?")
        for before, after in zip(arguments, given, strict=True):
            if hasattr(before, "__len__") and not same(after, before):
                raise Stopped(
                    f"{call(self.name, arguments)} changed what it was given; work on a copy."
                )
        self.answer = answer
        return answer

    def also_printed(self) -> str:
        """What the function printed in the last case, its last lines indented."""
        lines = self.printed.splitlines()[-LINES_SHOWN:]
        return "".join(f"\n  It printed: {line[:80]}" for line in lines)


def call(name: str, arguments: tuple[Any, ...]) -> str:
    """The call as one would write it.

    >>> call("hamming", ([1, 2], [3, 4]))
    'hamming([1, 2], [3, 4])'
    """
    return f"{name}({', '.join(shown(argument) for argument in arguments)})"


def line_of(error: Exception, function: Any) -> str:
    """The learner's own line at which an error came up; nothing where there is none."""
    file: str = getattr(getattr(function, "__code__", None), "co_filename", "")
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            line = linecache.getline(file, trace.tb_lineno).strip()
            found = f" (line {trace.tb_lineno}: {line})" if line else f" (line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
