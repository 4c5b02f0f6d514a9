"""Who spoke when, for other programs: RTTM, CSV, SRT subtitles and JSON. Each is a string made of turns."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from app.corpus.tables import as_text
from app.diarisation.rttm import rttm
from app.diarisation.timeline import Turn, talk_time
from utils import BadInput, atomic_write


def to_rttm(turns: Sequence[Turn], file_id: str = "audio") -> str:
    """NIST's format, a SPEAKER line for each turn; see ``rttm.label_token`` for how names are written."""
    return rttm(turns, file_id)


def to_csv(turns: Sequence[Turn], file_id: str = "audio") -> str:
    """Columns file, start_s, end_s, speaker; seconds with three decimals. Lines end with CR LF (RFC 4180).

    Names are written so that no spreadsheet takes one for a formula (``app.corpus.tables.as_text``).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["file", "start_s", "end_s", "speaker"])
    writer.writerows(
        [as_text(file_id), f"{turn.start_s:.3f}", f"{turn.end_s:.3f}", as_text(turn.label)] for turn in turns
    )
    return out.getvalue()


def to_srt(turns: Sequence[Turn], file_id: str = "audio") -> str:
    """SubRip subtitles: the speaker's name for as long as they speak. ``file_id`` has no place in the format."""
    return "\n".join(
        f"{number}\n{_srt_time(turn.start_s)} --> {_srt_time(turn.end_s)}\n{turn.label}\n"
        for number, turn in enumerate(turns, 1)
    )


def to_json(turns: Sequence[Turn], file_id: str = "audio") -> str:
    """{"file": ..., "turns": [{"start_s", "end_s", "speaker", "kind"}, ...], "talk_time_s": {speaker: seconds}}.

    ``kind``: "person", "voice" (an unknown one among others) or "unknown".
    """
    document = {
        "file": file_id,
        "turns": [
            {
                "start_s": round(turn.start_s, 3),
                "end_s": round(turn.end_s, 3),
                "speaker": turn.label,
                "kind": turn.label.kind.value,
            }
            for turn in turns
        ],
        "talk_time_s": {label: round(seconds, 3) for label, seconds in talk_time(turns).items()},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Turn], str], str]] = {
    "rttm": to_rttm,
    "csv": to_csv,
    "srt": to_srt,
    "json": to_json,
}
"""Name of a format, which is also the ending of its files -> what makes it: (turns, file_id) -> str."""


def write_transcript(path: str | os.PathLike, turns: Sequence[Turn], file_id: str = "audio") -> None:
    """Write turns, atomically, in the format of the path's ending, as UTF-8. Raises BadInput for another ending."""
    make = FORMATS.get(Path(path).suffix.lower().removeprefix("."))
    if make is None:
        raise BadInput(f"{path}: the name must end in one of {', '.join('.' + name for name in FORMATS)}.")
    with atomic_write(path) as out:
        out.write(make(turns, file_id).encode())


def _srt_time(seconds: float) -> str:
    """hours:minutes:seconds,milliseconds"""
    ms = max(0, round(1000 * seconds))
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"
