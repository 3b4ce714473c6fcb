"""Options that several commands share, as dataclasses whose fields are groups of them.

@app.command()
@takes("how")
def _train(*, how: LearnOptions) -> None: ...
"""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, get_type_hints

Command = Callable[..., None]


def takes(parameter: str) -> Callable[[Command], Command]:
    """Give a command the options of one of its parameters, and the parameter what was typed."""

    def give(command: Command) -> Command:
        hints = get_type_hints(command, include_extras=True)
        taker = hints[parameter]
        held = get_type_hints(taker)
        groups = {field.name: held[field.name] for field in fields(taker)}
        shown: dict[str, inspect.Parameter] = {}
        for name, own in inspect.signature(command).parameters.items():
            one = own.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            shown |= _options(groups) if name == parameter else {name: one}

        @wraps(command)
        def run(**typed: Any) -> None:
            taken = {
                group: kind(**{field.name: typed.pop(field.name) for field in fields(kind)})
                for group, kind in groups.items()
            }
            command(**typed, **{parameter: taker(**taken)})

        run.__signature__ = inspect.Signature(list(shown.values()))  # type: ignore[attr-defined]
        run.__annotations__ = {name: each.annotation for name, each in shown.items()}
        return run

    return give


def _options(groups: dict[str, Any]) -> dict[str, inspect.Parameter]:
    return {
        field.name: inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=get_type_hints(kind, include_extras=True)[field.name],
        )
        for kind in groups.values()
        for field in fields(kind)
    }
