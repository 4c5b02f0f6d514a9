"""What offers are worth is measured as the program gathers and adds them; here with the demo's voices as calls."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import detect_speech
from app.cli import evaluate
from app.corpus.clips import Clip
from app.evaluation import learning
from app.evaluation.conditions.recordings import Recording
from app.evaluation.learning import LearningBenchmark
from utils import BadInput, write_wav

PAUSE = np.zeros(8000, np.float32)


@pytest.fixture(scope="module")
def calls(demo_dir) -> dict[tuple[str, str], np.ndarray]:
    """(caller, call) -> sound: three people in three calls, and a stranger in one."""
    found = {}
    for folder in sorted((demo_dir / "enrolment").iterdir()):
        files = sorted(folder.glob("*.flac"))
        for call, some in enumerate((files[:2], files[2:4], files[4:])):
            sound = [part for file in some for part in (PAUSE, read_audio(file))]
            found[folder.name, f"{folder.name}{call}"] = np.concatenate([*sound, PAUSE])
    found["Stranger", "s"] = read_audio(demo_dir / "conversation.flac", start_s=26.5, end_s=29.7)
    return found


def test_what_is_offered_of_a_second_call_is_its_speakers_and_is_added(encoder, calls, monkeypatch):
    monkeypatch.setattr(learning, "ENROLLED", 2)
    recordings = [
        Recording(Clip(call, name, session=call), sound, detect_speech(sound).mask())
        for (name, call), sound in calls.items()
    ]
    benchmark = LearningBenchmark(recordings, encoder)
    groups = benchmark.groups()
    assert [len(rotations) for rotations in groups.values()] == [9, 0]
    counts = benchmark.run([rotation for rotation in groups["three calls and more"] if rotation.speaker == "Ben"])
    assert (counts.rotations, counts.wrong, counts.strangers) == (3, 0, 3)
    assert counts.offers == counts.offered >= 1
    assert counts.missed[1] <= counts.missed[0] < counts.pieces
    assert benchmark.hear_strangers() == (1, 0)


def test_the_command_needs_people_with_two_sessions(encoder, calls, tmp_path):
    rows = ["speaker,corpus,session,file"]
    for (name, call), sound in list(calls.items())[:3]:
        write_wav(tmp_path / f"{call}.wav", sound)
        rows.append(f"{name},calls,{call},{call}.wav")
    (tmp_path / "calls.csv").write_text("\n".join(rows))
    with pytest.raises(BadInput, match="5 people with two sessions, and somebody with one"):
        evaluate.run(["--learning", str(tmp_path / "calls.csv")])


def test_a_row_has_the_rates_of_its_counts():
    from app.cli.evaluation.learning import HEADER, table_line

    row = json.loads(
        '{"calls": "three", "people": 6, "rotations": 23, "offered": 3, "offers": 4, "wrong": 1, "pieces": 200,'
        ' "missed": [100, 50, 20], "offered_pieces": 0, "offered_missed": [0, 0, 0], "strangers": 10,'
        ' "named": [1, 2, 3]}'
    )
    line = table_line(row)
    assert line.split() == [
        "three",
        "6",
        "23",
        "3",
        "4",
        "1",
        *["50.0%", "25.0%", "10.0%", "-", "-", "-", "10.0%", "20.0%", "30.0%"],
    ]
    assert len(line) == len(HEADER)
