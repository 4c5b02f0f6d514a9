"""Which part may import which, held by reading the sources: nothing here runs the code it judges."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS: tuple[set[str], ...] = (
    {"utils"},
    {"model", "about", "names", "outputs", "memory_trim", "threads", "time_left"},
    {"audio", "scoring", "corpus", "sealing"},
    {"embedding", "voiceprints"},
    {"diarisation", "extraction"},
    {"enrolment", "exports", "belongings", "events", "gating"},
    {"training", "evaluation", "verification", "demo", "schemas", "transcripts"},
    {"session", "engine_thread", "client", "listening"},
    {"api", "terminal", "window", "server", "wyoming", "benchmarks"},
    {"app"},  # what `from app import ...` gives to other programs
    {"cli"},
    {"scripts", "tools"},
)
"""The house from the ground up. A room imports itself and rooms on lower floors: not its neighbours, never upwards.
Imports inside functions and those for type checkers count like all others."""
LABORATORY = {"training", "evaluation", "benchmarks", "extraction"}
PRODUCT = {
    "sealing",
    "enrolment",
    "exports",
    "belongings",
    "events",
    "transcripts",
    "gating",
    "verification",
    "schemas",
    "session",
    "engine_thread",
    "listening",
    "demo",
    "api",
    "client",
    "terminal",
    "window",
    "server",
    "wyoming",
}
"""What people use every day stands without the laboratory."""
MOST_FILES = 20
ONLY_IN = {
    "sounddevice": "app.audio.portaudio",
    "PySide6": ("app.window", "tools.filming", "tools.first_minute"),  # those film it
    "shiboken6": "app.window",
    **dict.fromkeys(("fastapi", "starlette", "uvicorn", "pydantic"), "app.server"),
    "websockets": "app.client",  # the server's own is uvicorn's choice
    "httpx2": ("app.client", "app.events.webhook", "app.embedding.download"),  # there: the errors of huggingface_hub
    "paho": "app.events",
    "wyoming": "app.wyoming",
    "torchaudio": "app.benchmarks.networks",  # SpeechBrain imports it
    "speechbrain": "app.benchmarks.networks",  # the benchmark beside it
    "cryptography": "app.sealing",
    "keyring": "app.sealing.system_keyring",
    "sqlcipher3": "app.voiceprints.connection",
    "ray": "app.extraction.ray_executor",
    "threadpoolctl": "app.threads",
    "psutil": "app.benchmarks.memory",
    "faiss": "app.benchmarks.gallery",  # likewise a benchmark beside it
    "matplotlib": "app.evaluation.plots",
    "sklearn": "app.evaluation.plots",
}
NEVER = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
STARTS_FAST = ("test", "record_samples", "app.window")
SLOW = {"torch", "torchaudio", "scipy", "speechbrain"}


@dataclass(frozen=True)
class Import:
    module: str
    """What is imported; for ``from a import b`` it is "a.b"."""
    at_start: bool
    """Whether importing the file imports it: outside functions and not for type checkers alone."""
    line: int


def imports_of(tree: ast.AST, package: str = "", at_start: bool = True) -> Iterator[Import]:
    """Every import in a tree, with what importlib and __import__ are asked for by name."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names=names):
                yield from (Import(name.name, at_start, node.lineno) for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                parents = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                base = ".".join([*parents, *([module] if module else [])])
                yield from (Import(f"{base}.{name.name}", at_start, node.lineno) for name in names)
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(what)), *_]
            ) if name in {"import_module", "__import__", "find_spec", "importorskip", "LazyLoader"}:
                yield Import(what, at_start, node.lineno)
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_checkers = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        yield from imports_of(node, package, at_start and not function and not for_checkers)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def sources() -> dict[str, ast.Module]:
    """Module name -> tree, of everything but the tests."""
    paths = [*ROOT.glob("*.py"), *(ROOT / "app").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    return {module_name(path): ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in paths}


@cache
def imports() -> dict[str, list[Import]]:
    """Module name -> its imports; those of Heard's own files name the file: "app.audio.level", not "....level_db"."""
    found = {}
    for name, tree in sources().items():
        package = name if (ROOT / name.replace(".", "/") / "__init__.py").exists() else name.rpartition(".")[0]
        found[name] = [Import(own_file(i.module), i.at_start, i.line) for i in imports_of(tree, package)]
    return found


def own_file(module: str) -> str:
    parent = module.rpartition(".")[0]
    return parent if module not in sources() and parent in sources() else module


def room(module: str) -> str | None:
    """The room that a module belongs to; None for a library."""
    match module.split("."):
        case ["utils" | "model" as name]:
            return name
        case ["app", "__main__"]:
            return "cli"
        case ["app"]:
            return "app"
        case ["app", name, *_]:
            return name
        case ["tools", *_]:
            return "tools"
        case [name] if name in sources():
            return "scripts"
    return None


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def reached_at_start(module: str) -> dict[str, str]:
    """Everything that importing ``module`` imports, each with the file that asks for it."""
    reached, waiting = {}, [module]
    while waiting:
        asking = waiting.pop()
        for found in imports().get(asking, []):
            parts = found.module.split(".")
            for name in (".".join(parts[:n]) for n in range(1, len(parts) + 1)):  # a package comes before its modules
                if found.at_start and name not in reached and not (name != found.module and is_in(asking, name)):
                    reached[name] = asking
                    waiting.append(name)
    return reached


def test_arrows_only_fall():
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, all_found in imports().items()
        for found in all_found
        if room(found.module)
        and room(found.module) != room(module)
        and floor(room(found.module)) >= floor(room(module))
    ]
    assert not wrong


def test_every_room_has_its_floor():
    assert {room(module) for module in sources()} == set().union(*FLOORS)
    assert sum(map(len, FLOORS)) == len(set().union(*FLOORS))


def test_the_product_stands_without_the_laboratory():
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, all_found in imports().items()
        for found in all_found
        if room(module) in PRODUCT and room(found.module) in LABORATORY
    ]
    assert not wrong


def test_no_room_is_crowded():
    folders: dict[str, int] = {}
    for path in (ROOT / "app").rglob("*.py"):
        folder = str(path.parent.relative_to(ROOT))
        folders[folder] = folders.get(folder, 0) + 1
    assert not {folder: count for folder, count in folders.items() if count > MOST_FILES}


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_a_library_is_used_in_one_place(library):
    users = {module for module, found in imports().items() if any(is_in(i.module, library) for i in found)}
    places = (ONLY_IN[library],) if isinstance(ONLY_IN[library], str) else ONLY_IN[library]
    assert not [module for module in users if not any(is_in(module, place) for place in places)]


def test_identification_does_not_reach_the_sound_card_or_the_window():
    wrong = {
        "sounddevice",
        "PySide6",
        "app.audio.microphone",
        "app.audio.input_stream",
        "app.audio.player",
        "app.window",
    }
    for module in (
        module for module in sources() if room(module) in {"scoring", "embedding", "voiceprints", "diarisation"}
    ):
        assert not wrong & set(reached_at_start(module)), module


def test_pictures_are_an_extra():
    """The packages of the group plot are asked for when a picture is drawn, not before."""
    for module in sources():
        assert not {"matplotlib", "sklearn"} & {name.split(".")[0] for name in reached_at_start(module)}, module


def circles() -> list[set[str]]:
    """Groups of files that import one another, whenever the imports are carried out (Tarjan 1972)."""
    arrows = {
        module: {f.module for f in found if f.module in sources() and f.module != module}
        for module, found in imports().items()
    }
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[set[str]] = []

    def visit(module: str) -> None:
        number[module] = lowest[module] = len(number)
        path.append(module)
        for other in arrows[module]:
            if other not in number:
                visit(other)
            if other in path:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == number[module]:
            circle = set(path[path.index(module) :])
            del path[path.index(module) :]
            if len(circle) > 1:
                found.append(circle)

    for module in arrows:
        if module not in number:
            visit(module)
    return found


def test_no_circle_of_files():
    assert not circles()


WITHOUT_QT = ("app.window.engine", "app.window.view")
"""The thread behind the window, and the values that it shows: tests ask for them without a screen."""
SHOW_VALUES = ("app.window.view", "app.window.widgets")
WORKS = {
    f"app.window.engine.{name}"
    for name in ("engine", "context", "activity", "edits.people", "edits.turns", "listening", "rebuilding")
}


def test_the_windows_engine_and_its_values_stand_without_qt():
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, all_found in imports().items()
        for found in all_found
        if any(is_in(module, part) for part in WITHOUT_QT)
        and any(is_in(found.module, part) for part in ("PySide6", "app.window.widgets", "app.window.dialogs"))
    ]
    assert not wrong


def test_what_is_drawn_gives_the_engine_no_orders():
    """View and widgets turn values into pictures; dialogs and controllers speak to the engine."""
    wrong = [
        f"{module}:{found.line} imports {found.module}"
        for module, all_found in imports().items()
        for found in all_found
        if any(is_in(module, part) for part in SHOW_VALUES) and found.module in WORKS
    ]
    assert not wrong


def test_what_starts_fast_does_not_load_torch():
    for module in (module for module in sources() if any(is_in(module, start) for start in STARTS_FAST)):
        reached = reached_at_start(module)
        assert not {name: reached[name] for name in SLOW & set(reached)}, module


def test_nothing_is_unpickled():
    users = [m for m, found in imports().items() if any(i.module.split(".")[0] in NEVER for i in found)]
    assert not users
    unsafe = [f"{module}:{line}" for module, tree in sources().items() for line in unsafe_loads(tree)]
    assert not unsafe


def unsafe_loads(tree: ast.AST) -> Iterator[int]:
    """Lines with ``torch.load`` that does not say ``weights_only=True``, or NumPy told to allow pickles."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        said = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
        if ast.unparse(call.func) == "torch.load" and said.get("weights_only") is not True:
            yield call.lineno
        if any(word.arg == "allow_pickle" for word in call.keywords) and said.get("allow_pickle") is not False:
            yield call.lineno
    for node in ast.walk(tree):  # under another name it would not be seen
        if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in {a.name for a in node.names}:
            yield node.lineno


def test_no_path_of_anybodys_machine_is_named():
    folders = ["/" + name + "/" for name in ("home", "root", "Users")]
    suffixes = {".py", ".md", ".toml", ".txt", ".json", ".sh", ".html", ".js", ".csv"}
    files = [ROOT / "Makefile", ROOT / ".gitignore", ROOT / ".ci" / "run", *ROOT.glob("*.*")]
    for folder in ("app", "tools", "tests", "data/demo", "data/models"):
        files += (ROOT / folder).rglob("*")
    named = [
        f"{path.relative_to(ROOT)}: {folder}"
        for path in files
        if path.is_file() and (path.suffix in suffixes or not path.suffix)
        for folder in folders
        if folder in path.read_text(encoding="utf-8")
    ]
    assert not named


@pytest.mark.parametrize(
    ("code", "module", "at_start"),
    [
        ("import sounddevice as sd", "sounddevice", True),
        ("from PySide6.QtCore import Qt", "PySide6.QtCore.Qt", True),
        ("def f():\n    import torch", "torch", False),
        ("class C:\n    import torch", "torch", True),
        ("try:\n    import torch\nexcept ImportError:\n    pass", "torch", True),
        ("if TYPE_CHECKING:\n    import torch", "torch", False),
        ("x = importlib.import_module('sounddevice')", "sounddevice", True),
        ("x = lambda: __import__('sounddevice')", "sounddevice", False),
        ("from .level import level_db", "app.audio.level.level_db", True),
        ("from ..diarisation import timeline", "app.diarisation.timeline", True),
    ],
)
def test_imports_are_found_wherever_they_hide(code, module, at_start):
    found = list(imports_of(ast.parse(code), package="app.audio"))
    assert [(i.module, i.at_start) for i in found] == [(module, at_start)]


@pytest.mark.parametrize(
    ("code", "unsafe"),
    [
        ("torch.load(path)", True),
        ("torch.load(path, weights_only=False)", True),
        ("torch.load(path, weights_only=flag)", True),
        ("torch.load(path, map_location='cpu', weights_only=True)", False),
        ("from torch import load", True),
        ("numpy.load(path, allow_pickle=True)", True),
        ("numpy.load(path)", False),
    ],
)
def test_unsafe_loading_is_noticed(code, unsafe):
    assert bool(list(unsafe_loads(ast.parse(code)))) is unsafe
