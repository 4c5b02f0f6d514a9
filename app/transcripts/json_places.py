"""JSON with the place of every value in its text, so that a value can be changed and all else stays byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.transcripts.encoding import Edit

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')
DEEPEST = 100


@dataclass(slots=True)
class Value:
    """A value: ``text[start:end]``."""

    start: int
    end: int
    said: object
    """What it is; None for objects and lists."""
    kind: str = "plain"
    """ "object", "list" or "plain"."""
    members: dict[str, Value] = field(default_factory=dict)
    """Of an object; of two with one name the last, as everywhere."""
    keys: list[tuple[int, int]] = field(default_factory=list)
    """Where the names of its members stand, in order."""
    items: list[Value] = field(default_factory=list)
    """Of a list: those that are objects or lists themselves."""

    def number(self, name: str) -> float | None:
        """The number of a member; None if it has none."""
        found = self.members.get(name)
        if found is None or isinstance(found.said, bool) or not isinstance(found.said, int | float):
            return None
        return float(found.said)

    def string(self, name: str) -> str | None:
        found = self.members.get(name)
        return found.said if found is not None and isinstance(found.said, str) else None

    def objects(self, name: str) -> list[Value]:
        """The items of a member that is a list of objects; none if it is something else."""
        found = self.members.get(name)
        return found.items if found is not None and all(item.kind == "object" for item in found.items) else []


NOTHING: dict[str, Value] = {}
NONE: list = []
"""Members and items of every plain value: there are many of them."""


def read_places(text: str) -> Value:
    """The value of a JSON text. Raises ValueError for one that is damaged or nested too deep."""
    try:
        json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _Reader(text).value(0)


class _Reader:
    """Of a text that is JSON."""

    def __init__(self, text: str):
        self._tokens: Iterator[re.Match[str]] = TOKEN.finditer(text)

    def value(self, depth: int, token: re.Match[str] | None = None) -> Value:
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        token = token or next(self._tokens)
        match token[0]:
            case "{":
                return self._object(token.start(), depth)
            case "[":
                return self._list(token.start(), depth)
            case text:
                return Value(*token.span(), json.loads(text), members=NOTHING, keys=NONE, items=NONE)

    def _object(self, start: int, depth: int) -> Value:
        found = Value(start, start, None, kind="object")
        while (token := next(self._tokens))[0] != "}":
            if token[0] == ",":
                continue
            found.keys.append(token.span())
            next(self._tokens)  # the colon
            found.members[json.loads(token[0])] = self.value(depth + 1)
        found.end = token.end()
        return found

    def _list(self, start: int, depth: int) -> Value:
        found = Value(start, start, None, kind="list")
        while (token := next(self._tokens))[0] != "]":
            if token[0] in "{[":
                found.items.append(self.value(depth + 1, token))
        found.end = token.end()
        return found


def set_member(text: str, owner: Value, name: str, literal: str) -> Edit:
    """The edit that gives a member of an object another value; a new one comes last, set as those before it are."""
    if (there := owner.members.get(name)) is not None:
        return there.start, there.end, literal
    if not owner.keys:
        return owner.start + 1, owner.start + 1, f"{json.dumps(name)}: {literal}"
    values = sorted(owner.members.values(), key=lambda value: value.start)
    last, key = values[-1], owner.keys[-1]
    between = ", " if len(values) < 2 else text[values[-2].end : key[0]]
    if len(values) < 2 and (lead := text[owner.start + 1 : key[0]]):
        between = f",{lead}"
    return last.end, last.end, f"{between}{json.dumps(name)}{text[key[1] : last.start]}{literal}"


def string_literal(said: str, like: str) -> str:
    """A string as JSON, with escapes for other letters if another literal has them."""
    return json.dumps(said, ensure_ascii="\\u" in like or said.encode("utf-8", "replace").decode() != said)
