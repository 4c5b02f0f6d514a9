"""What a test needs besides this process, found in its code and that of its fixtures: no mark can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType

import pytest

SIGNS = {
    "device": {"VirtualSound", "virtual_sound"},
    "browser": {"sync_playwright"},
    "process": {"subprocess", "multiprocessing", "ray"},
}
"""Mark -> names that a test reaches which needs it."""


def marks_of(item: pytest.Function) -> set[str]:
    """Which of ``SIGNS`` hold for a test, its fixtures, and the helpers in tests/ that they call."""
    functions = [item.function]
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        functions += [definition.func for definition in definitions]
    names = frozenset().union(*(_reached(_plain(function)) for function in functions))
    return {mark for mark, signs in SIGNS.items() if names & signs}


def _plain(function: object) -> FunctionType | None:
    function = getattr(function, "__wrapped__", function)  # a fixture's function stands in a wrapper
    function = getattr(function, "__func__", function)
    return function if isinstance(function, FunctionType) else None


@cache
def _reached(function: FunctionType | None) -> frozenset[str]:
    """Names of what a function uses, and what the functions of tests/ that it uses do."""
    seen, waiting, names = set(), [function], set()
    while waiting:
        one = waiting.pop()
        if one is None or one in seen or not one.__module__.startswith(("tests", "conftest")):
            continue
        seen.add(one)
        for name in _names(one.__code__):
            value = one.__globals__.get(name)
            names.add(value.__name__.rpartition(".")[2] if isinstance(value, ModuleType) else name)
            if isinstance(value, type):
                waiting += [member for member in vars(value).values() if isinstance(member, FunctionType)]
            else:
                waiting.append(_plain(value))
    return frozenset(names)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
