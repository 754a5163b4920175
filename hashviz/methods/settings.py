"""Settings of a method: keywords whose type is the rule that their values keep, checked here."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from hashviz.config import unknown


@dataclass(frozen=True)
class Rule:
    """What holds for the values of a setting, and the words in which an error says so."""

    words: str
    holds: Callable[[Any], bool]


Weight = Annotated[float, Rule("0 (term off) or more", lambda x: 0 <= x < math.inf)]
Positive = Annotated[float, Rule("above 0", lambda x: 0 < x < math.inf)]
Count = Annotated[int, Rule("1 or more", lambda n: n >= 1)]


def settings_of(code: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the settings that a loss, a fit or a network takes: its keywords."""
    parameters = inspect.signature(code).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def need_one(loss: object, *weights: str) -> None:
    """Refuse a loss that has nothing to learn from.

    Raises:
        ValueError: when all of these weights are 0.
    """
    if not any(getattr(loss, name) for name in weights):
        name = type(loss).__name__
        raise ValueError(f"{name} needs a term to learn from; set {' or '.join(weights)} above 0.")


def check_setting(owner: str, setting: inspect.Parameter, value: Any) -> None:
    """Refuse a value that a setting cannot have.

    Raises:
        ValueError: for another type than the default's, or a value that breaks the rule.
    """
    name, kind = setting.name, type(setting.default)
    allowed = (int, float) if kind is float else (kind,)
    if isinstance(value, bool) != (kind is bool) or not isinstance(value, allowed):
        raise ValueError(
            f"{name} of {owner} is a {kind.__name__} such as {setting.default!r}, got {value!r}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} of {owner} is a finite number, got {value!r}.")
    choices = get_args(setting.annotation)
    if get_origin(setting.annotation) is Literal and value not in choices:
        raise unknown(f"{name} of {owner}", str(value), choices)
    for rule in getattr(setting.annotation, "__metadata__", ()):
        if not rule.holds(value):
            raise ValueError(f"{name} of {owner} is {rule.words}, got {name}={value}.")
