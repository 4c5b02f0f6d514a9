"""Makes the package ``heard`` of the files that a clone runs from.

In a clone the program is ``app/``, ``model.py`` and ``utils.py``: names that no package may take in everybody's
site-packages. So the wheel holds one package, ``heard``, in which ``app/`` is the top and the other two are modules of
it, and the imports say so: ``from app.audio import x`` becomes ``from heard.audio import x``, ``from utils import y``
becomes ``from heard.utils import y``. What the program tells people to type changes likewise: ``python -m app verify``
becomes ``heard verify``. Only words are replaced, never lines, so that a traceback names the line of the source.

Everything is checked, not hoped: an import of a form that is not known here ends the build.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import token
import tokenize
import tomllib
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKAGE = "heard"
MODULES = {"app": PACKAGE, "model": f"{PACKAGE}.model", "utils": f"{PACKAGE}.utils"}
"""A clone's module -> the package's."""
SCRIPTS = {"test": "live", "record_samples": "record", "build_voiceprint": "build"}
"""A clone's script -> the verb of ``heard``."""
DEVELOPERS = {"test", "teacher"}
"""Groups that are of use in a clone alone."""
DATA = ("models", "demo")
TEXT = {".html", ".js", ".toml", ".css", ".svg"}

COMMANDS = [
    (re.compile(r"(?:\.venv/bin/)?python -m app\b"), PACKAGE),
    *(
        (re.compile(rf"(?:(?:\.venv/bin/)?python )?\b{name}\.py\b"), f"{PACKAGE} {verb}")
        for name, verb in SCRIPTS.items()
    ),
]
DOTTED = re.compile(r"(?P<quote>[\"'])app\.(?P<rest>[a-z_]+(?:\.[a-z_]+)*)(?P=quote)")
"""A module's name as text, for importlib."""


class Extras(MetadataHookInterface):
    """The groups of pyproject.toml as extras of the package."""

    def update(self, metadata: dict) -> None:
        told = tomllib.loads((Path(self.root) / "pyproject.toml").read_text(encoding="utf-8"))
        metadata["optional-dependencies"] = extras(told["dependency-groups"])


class Package(BuildHookInterface):
    """The rewritten files, in a folder that lives as long as the build."""

    def initialize(self, version: str, build_data: dict) -> None:
        if version == "editable":
            raise RuntimeError("no editable install: in a clone the program runs from its folder (make run)")
        self._folder = tempfile.mkdtemp(prefix="heard-build-")
        write_package(Path(self.root), Path(self._folder) / PACKAGE)
        build_data["force_include"][str(Path(self._folder) / PACKAGE)] = PACKAGE

    def finalize(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def extras(groups: dict[str, list]) -> dict[str, list[str]]:
    """Group -> its requirements, with those of the groups that it includes; without those of developers."""

    def flat(name: str) -> list[str]:
        return [
            requirement
            for entry in groups[name]
            for requirement in ([entry] if isinstance(entry, str) else flat(entry["include-group"]))
        ]

    return {name: flat(name) for name in groups if name not in DEVELOPERS}


def write_package(root: Path, out: Path) -> None:
    """Write the package of the clone at ``root`` into the folder ``out``."""
    sources = {root / "model.py": out / "model.py", root / "utils.py": out / "utils.py"}
    for path in sorted((root / "app").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            sources[path] = out / path.relative_to(root / "app")
    for source, target in sources.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".py":
            target.write_text(rewritten(source.read_text(encoding="utf-8"), str(source)), encoding="utf-8")
        elif source.suffix in TEXT:
            target.write_text(commands_rewritten(source.read_text(encoding="utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(source, target)
    for name in DATA:
        shutil.copytree(root / "data" / name, out / "data" / name)


def rewritten(source: str, where: str) -> str:
    """A module's source with the package's imports and commands. Raises RuntimeError for an import of another form."""
    lines = source.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    changes: list[tuple[tuple[int, int], tuple[int, int], str]] = []
    for at, this in enumerate(tokens):
        after = tokens[at + 1 : at + 4]
        if this.type == token.NAME and this.string == "from" and after[0].string in MODULES and begins(tokens, at):
            if after[1].string not in (".", "import"):
                raise RuntimeError(f"{where}:{this.start[0]}: not a known form of import")
            changes.append((after[0].start, after[0].end, MODULES[after[0].string]))
        elif this.type == token.NAME and this.string == "import" and after[0].string in MODULES and begins(tokens, at):
            raise RuntimeError(f"{where}:{this.start[0]}: write `from ... import ...`, so that the package can be made")
        elif is_text(this):
            text = DOTTED.sub(rf"\g<quote>{PACKAGE}.\g<rest>\g<quote>", commands_rewritten(this.string))
            if text == '"app"' and tokens[at - 2].string == '"-m"':
                text = f'"{PACKAGE}"'
            if text != this.string:
                changes.append((this.start, this.end, text))
    for start, end, text in sorted(changes, reverse=True):
        first, last = start[0] - 1, end[0] - 1
        lines[first : last + 1] = [lines[first][: start[1]] + text + lines[last][end[1] :]]
    made = "".join(lines)
    compile(made, where, "exec")  # what is replaced must still be Python
    return made


def begins(tokens: list[tokenize.TokenInfo], at: int) -> bool:
    """Whether a statement begins with this token."""
    return (
        at == 0
        or tokens[at - 1].type in (token.NEWLINE, token.NL, token.INDENT, token.DEDENT, token.COMMENT)
        or (tokens[at - 1].string in (":", ";"))
    )


def is_text(this: tokenize.TokenInfo) -> bool:
    """A string, a part of one, or a comment."""
    parts = {token.STRING, token.COMMENT, getattr(token, "FSTRING_MIDDLE", -1)}
    return this.type in parts


def commands_rewritten(text: str) -> str:
    """Text for people with the commands of the package."""
    for pattern, command in COMMANDS:
        text = pattern.sub(command, text)
    return text
