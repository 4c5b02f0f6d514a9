"""``python -m app evaluate --conversations``: conversations of the people of a table, identified live."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.evaluate_table import corpora
from app.cli.evaluation.conversation_table import header, text_line
from app.cli.evaluation.gate_table import gate_tables
from app.cli.evaluation.onset_table import onset_tables
from app.cli.progress import print_left_out
from app.corpus.left_out import LeftOut
from app.outputs import same_file
from utils import BadInput

if TYPE_CHECKING:
    from app.evaluation.conversations.plan import Condition, SharedSetup, Task

FOLDERS = {"impostors": "dev/impostors", "noise": "noise", "meetings": "dev/conversations"}
"""Folders that are used besides the table -> where they lie beside it if they are not named."""
SESSIONS = "dev-sessions.csv"
"""The table of people in several sessions, beside the table of clips."""
CONDITIONS_HELP = (
    "clean, 20 (dB of noise), room, room+20 (default: five of them), telephone, gsm or another line, far (2 m away),"
    " day (enrolled on another one); with --mismatch sessions, codecs, gsm, room-2/opus-12 ... (default: all)"
)
DEFAULT_CONDITIONS = ("clean", "20", "10", "5", "room+20")


def add_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Add the options that only ``--conversations`` has, and return them. All of them default to None."""
    group = parser.add_argument_group(
        "with --conversations (--conditions, --noise and --markdown with --mismatch, too)"
    )
    added: list[argparse.Action] = []

    def add(*names: str, **keywords) -> None:
        added.append(group.add_argument(*names, default=None, **keywords))

    flag = {"action": "store_const", "const": True}
    add("--baselines", **flag, help="besides, three simple ways of other programs, with the same network")
    add("--quick", **flag, help="one minute with noise at 20 dB, two conversations of each corpus")
    add("--conditions", nargs="+", metavar="C", help=CONDITIONS_HELP)
    add("--seeds", type=_number(int, 1, 1000), metavar="N", help="conversations of each row (default 4)")
    add("--first-seed", type=_number(int, 0), metavar="N", help="the seed of the first of them (default 1)")
    add("--length-s", type=_number(float, 10, 3600), metavar="S", help="of a conversation (default 120)")
    people = {"type": _number(int, 1, 50), "nargs": "+", "metavar": "N"}
    add("--enrolled", **people, help="people enrolled, 1 to 50 (default 5); several make rows")
    add("--strangers", type=_number(int, 0), metavar="N", help="people of the table not enrolled (default 3)")
    share = {"type": _number(float, 0, 0.9), "metavar": "P"}
    add("--stranger-share", **share, help="part of the speech that is strangers' (default 0.25)")
    add("--overlap", **share, help="part of the speech in which two speak at once (default 0.05)")
    seconds = {"type": _number(float, 1, 600), "nargs": "+", "metavar": "S"}
    add("--enrolment-s", **seconds, help="speech behind each voiceprint (default 20); several make rows")
    add("--impostors", metavar="DIR", help="clips of other strangers (default: dev/impostors beside the table)")
    add("--noise", metavar="DIR", help="recordings of noise, besides pink noise (default: noise beside the table)")
    add("--meetings", metavar="DIR", help="recordings with RTTM (default: dev/conversations beside the table)")
    add("--sessions", metavar="CSV", help=f"calls of several days, for day (default: {SESSIONS} beside the table)")
    add("--without", action="append", choices=tuple(FOLDERS), help="none of these, even if they are there")
    add("--onset", **flag, help="below, what the screen shows by the time since the speaker began")
    add("--gate", **flag, help="below, each enrolled voice passed on alone: what of others leaks, what of it is cut")
    add("--markdown", **flag, help="the table in Markdown")
    add("--keep", metavar="DIR", help="write each conversation: WAV, RTTM of both, what the screen showed (JSON lines)")
    add("--jobs", type=_number(int, 1), metavar="N", help="processes (default 1)")
    return added


def _number(kind: type, low: float, high: float = math.inf):
    """An argparse type: a number from ``low`` to ``high``."""

    def read(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            upto = f" to {high:g}" if high < math.inf else " or more"
            raise argparse.ArgumentTypeError(f"{text!r}: a number from {low:g}{upto} is needed")
        return value

    return read


def run(options: argparse.Namespace) -> int:
    """Measure and print one line for each row and system."""
    from tqdm import tqdm

    from app.evaluation.conversations.benchmark import run_benchmark

    setup, left_out = _setup(options), []
    tasks = _tasks(options, setup, left_out)
    bar = tqdm(total=len(tasks), desc="conversations", unit="", leave=False, disable=not sys.stderr.isatty())

    def progress(items: Iterable) -> Iterable:
        with bar:
            for item in items:
                bar.update()
                yield item

    several = {name for name in ("enrolled", "enrolment_s") if len(getattr(options, name) or ()) > 1}
    lines = []
    if not options.json:
        print(header(options.markdown))
    for row in run_benchmark(tasks, setup, jobs=_given(options, "jobs", 1), progress=progress):
        for line in row.lines():
            lines.append(line)
            if not options.json:
                with bar.external_write_mode():
                    print(text_line(line, several, options.markdown), flush=True)
    if options.json:
        print(json.dumps(lines))
    elif options.onset:
        print("\n" + onset_tables(lines, several, options.markdown))
    if options.gate and not options.json:
        print("\n" + gate_tables(lines, several, options.markdown))
    return print_left_out(left_out, "clips", strict=options.strict)


def _given(options: argparse.Namespace, name: str, default):
    value = getattr(options, name)
    return default if value is None else value


def _setup(options: argparse.Namespace) -> SharedSetup:
    from app.corpus.clips import Clip
    from app.evaluation.conversations.plan import SharedSetup

    impostors, noise, meetings = (_folder(options, name) for name in FOLDERS)
    for name, folder in zip(FOLDERS, (impostors, noise, meetings), strict=True):
        if options.keep and folder and same_file(options.keep, folder):
            raise BadInput(f"--keep {options.keep}: recordings are read from there (--{name}); name another folder.")
    return SharedSetup(
        model=options.model,
        compute=options.compute,
        impostors=tuple(Clip(str(path), "") for path in _recordings(impostors)) if impostors else (),
        noises=tuple(str(path) for path in _recordings(noise)) if noise else (),
        meetings=str(meetings) if meetings else None,
        baselines=bool(options.baselines),
        gate=bool(options.gate),
        keep=options.keep,
    )


def _recordings(folder: Path) -> list[Path]:
    from app.corpus.manifest import recordings_in

    if files := recordings_in(folder):
        return files
    raise BadInput(f"{folder}: no folder with recordings in it.")


def _folder(options: argparse.Namespace, name: str) -> Path | None:
    """The folder that is named, else the usual one if it is there."""
    if name in (options.without or ()):
        return None
    given, usual = getattr(options, name), Path(options.conversations).parent / FOLDERS[name]
    if given and not Path(given).is_dir():
        raise BadInput(f"{given}: no such folder.")
    return Path(given) if given else usual if usual.is_dir() else None


def _tasks(options: argparse.Namespace, setup: SharedSetup, left_out: list[LeftOut]) -> list[Task]:
    """Every conversation that is asked for; clips that cannot be used are added to ``left_out``.

    Raises BadInput if there is no corpus with people enough.
    """
    from app.evaluation.conversations.plan import meeting_tasks, parse_condition, simulated_tasks
    from app.evaluation.conversations.simulate import ConversationConfig

    names = _given(options, "conditions", ["20"] if options.quick else DEFAULT_CONDITIONS)
    conditions = [parse_condition(name) for name in names]
    config = ConversationConfig(
        strangers=_given(options, "strangers", 3),
        stranger_share=_given(options, "stranger_share", 0.25),
        overlap_share=_given(options, "overlap", 0.05),
        length_s=_given(options, "length_s", 60.0 if options.quick else 120.0),
    )
    first, enrolment_s = _given(options, "first_seed", 1), _given(options, "enrolment_s", [20.0])
    varied = {
        "enrolled": _given(options, "enrolled", [5]),
        "enrolment_s": enrolment_s,
        "seeds": range(first, first + _given(options, "seeds", 2 if options.quick else 4)),
    }
    tasks = []
    for table, kinds in _tables(options, conditions):
        usable = _usable(
            options, table, lambda corpus, kinds=kinds: simulated_tasks(corpus, kinds[:1], config, **varied), left_out
        )
        tasks += simulated_tasks(usable, kinds, config, **varied)
    return tasks + (meeting_tasks(setup.meetings, enrolment_s) if setup.meetings else [])


def _tables(options: argparse.Namespace, conditions: list[Condition]) -> list[tuple[str, list[Condition]]]:
    """Each table with the conditions it is for. Raises BadInput if there is none of sessions and one is needed."""
    other_days = [kind for kind in conditions if kind.sessions]
    usual = Path(options.conversations).parent / SESSIONS
    if other_days and not options.sessions and not usual.is_file():
        raise BadInput(f"{usual}: no such table, which the condition day needs; name one with --sessions.")
    found = [
        (options.conversations, [kind for kind in conditions if not kind.sessions]),
        (options.sessions or str(usual), other_days),
    ]
    return [(table, kinds) for table, kinds in found if kinds]


def _usable(
    options: argparse.Namespace, table: str, tasks_of: Callable[[dict], list[Task]], left_out: list[LeftOut]
) -> dict:
    """The corpora of a table with people enough. Raises BadInput if there is none, or if one was asked for by name."""
    from app.evaluation.conversations.simulate import speakers_of

    usable, why = {}, ""
    if table != options.conversations:
        options = argparse.Namespace(**{**vars(options), "corpus": None})  # which are named of the first
    for name, clips in corpora(options, table, left_out):
        try:
            for task in tasks_of({name: tuple(clips)}):
                speakers_of(task.clips, task.config)
            usable[name] = tuple(clips)
        except BadInput as error:
            why = f"{name or 'the table'}: {error}"
            if options.corpus:
                raise BadInput(why) from None
            print(f"heard: left out {why}", file=sys.stderr)
    if not usable:
        raise BadInput(why)
    return usable
