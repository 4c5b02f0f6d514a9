"""``python record_samples.py NAME``: a file as the microphone, a terminal with a person at it, and what goes wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.cli.program import record as record_command
from app.enrolment.build import build_person
from app.enrolment.guide import Guide
from app.enrolment.quality import Limits, Quality, SimilarityThresholds, SpeakerMatch
from app.enrolment.recorder import RecorderConfig, SampleRecorder
from app.enrolment.speaker_check import LoadingSpeakerCheck, SpeakerCheck
from app.scoring.gallery import Gallery
from app.terminal.enrol import EnrolOptions, EnrolTerminal
from app.terminal.enrol_lines import describe
from app.voiceprints.recordings import Note, read_note, samples_of
from app.voiceprints.store import VoiceprintStore
from tests.support.array_source import ArraySource
from tests.support.small_disk import fill, small_disk
from tests.support.stand_ins import save_sample
from utils import ROOT, BadInput, HeardError, write_wav


@pytest.fixture
def record(capsys, tmp_path):
    """record(*arguments): stdout of the script, run here on the data folder ``tmp_path / "data"``."""

    def run(*arguments: object, data: Path = tmp_path / "data") -> str:
        assert record_command.run([*map(str, arguments), "--data", str(data)]) == 0
        return capsys.readouterr().out

    return run


def test_a_file_is_the_microphone_and_its_stretches_are_the_samples(record, wav_of, tmp_path):
    file = wav_of("Ana")
    out = record("Ana", "--file", file, "--seconds", "4")
    wavs = samples_of(tmp_path / "data", "Ana")
    assert [wav.name for wav in wavs] == ["001.wav", "002.wav", "003.wav"]
    heard = re.findall(r"Heard ([\d.]+) s of speech, level -\d+ dB, \d+ dB above the noise, no clipping(.*)\.", out)
    assert len(heard) == 3
    assert all(4 <= float(seconds) <= 5.6 for seconds, _ in heard)
    assert [more.startswith(", the same voice as before (0.") for _, more in heard] == [False, True, True]
    joined, whole = np.concatenate([read_audio(wav) for wav in wavs]), read_audio(file)
    assert np.array_equal(joined, whole[: len(joined)])
    note = read_note(wavs[0])
    assert (note.name, note.device, note.source, note.position) == ("Ana", "Ana.wav", "Ana.wav", "")
    assert note.quality["speech_s"] == pytest.approx(float(heard[0][0]), abs=0.06)
    assert "python build_voiceprint.py Ana --data" in out


def test_recording_again_adds(record, wav_of, tmp_path):
    file = wav_of("Ana")
    record("Ana", "--file", file, "--seconds", "4", "--samples", "1")
    out = record("Ana", "--file", file, "--seconds", "4", "--samples", "2")
    assert "added to 1 from before" in out
    assert out.count("the same voice as before") == 2
    assert len(samples_of(tmp_path / "data", "Ana")) == 3


def test_the_same_voice_under_another_name_is_told(record, wav_of, tmp_path, encoder):
    data = tmp_path / "data"
    record("Ana", "--file", wav_of("Ana"), "--seconds", "4", "--samples", "2")
    with VoiceprintStore(data) as store:
        build_person(store, encoder, "Ana", samples_of(data, "Ana"), pytest.fail)
    out = record("Maria", "--file", wav_of("Ana"), "--seconds", "4", "--samples", "1")
    assert re.search(r"But note: this voice is already enrolled as Ana \(0\.\d\d\)", out)
    assert "enrolled as" not in record("Ben", "--file", wav_of("Ben"), "--seconds", "4", "--samples", "1")


def test_another_person_in_between_is_left_out(record, voice, tmp_path):
    ana, ben = (keep_speech(voice(name))[: 4 * 16000] for name in ("Ana", "Ben"))
    pause = np.zeros(16000, np.float32)
    write_wav(tmp_path / "two.wav", np.concatenate([pause, ana, pause, ben, pause, ana, pause]))
    out = record("Ana", "--file", tmp_path / "two.wav", "--seconds", "3.5", "--samples", "2")
    assert "not the same voice as before" in out
    assert "Once more, please: this sounds like somebody else" in out
    assert len(samples_of(tmp_path / "data", "Ana")) == 2


def test_a_short_file_gives_what_it_has(record, voice, tmp_path):
    write_wav(tmp_path / "short.wav", voice("Ana")[:80_000])
    out = record("Ana", "--file", tmp_path / "short.wav", "--seconds", "12")
    assert "The best of the tries is kept as 001.wav, although: only" in out
    assert re.search(r"1 of 3 samples \(\d\.\d s of speech\) of Ana are kept", out)


@pytest.mark.parametrize("name", ["../Ana / Ben", "🙂", "王小明", "x" * 120])
def test_names_of_all_kinds(record, wav_of, tmp_path, name):
    record(name, "--file", wav_of("Ana"), "--seconds", "2", "--samples", "1")
    (wav,) = samples_of(tmp_path / "data", name)
    assert read_note(wav).name == name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Ana.wav", "data"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "--file", "x.wav"], "a name cannot be empty"),
        (["x" * 121, "--file", "x.wav"], "a name can have 120 characters"),
        (["a\nb", "--file", "x.wav"], "line breaks"),
        (["Ana", "--samples", "0"], "--samples 0: between 1 and 50"),
        (["Ana", "--seconds", "0.5"], "--seconds 0.5: between 2 and 60"),
        (["Ana", "--seconds", "nan"], "--seconds nan"),
        (["Ana", "--file", "absent.wav"], "absent.wav: no such file"),
    ],
)
def test_mistakes_are_told_before_anything_happens(record, tmp_path, arguments, message):
    with pytest.raises(BadInput, match=message):
        record(*arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_speech_is_one_line_with_the_reason(record, tmp_path):
    write_wav(tmp_path / "tone.wav", 0.1 * np.sin(np.arange(160_000) / 9))
    with pytest.raises(BadInput, match=r"tone\.wav: no sample could be made of it\. only 0\.0 s of speech"):
        record("Ana", "--file", tmp_path / "tone.wav")
    assert not (tmp_path / "data" / "speakers").exists()


def test_a_full_disk_in_the_middle_keeps_what_was_saved(wav_of, tmp_path):
    with small_disk(tmp_path / "disk", 600) as disk:
        arguments = ["Ana", "--file", wav_of("Ana"), "--seconds", "2.5", "--samples", "6", "--data", disk]
        done = subprocess.run(
            [sys.executable, "record_samples.py", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("heard: the disk is full")
        assert "what was saved before is intact" in line
        kept = samples_of(disk, "Ana")
        assert len(kept) == done.stdout.count("Good: kept as") >= 2
        for wav in kept:
            assert read_note(wav) is not None
            assert len(read_audio(wav)) > 2.5 * 16000
        assert not [path for path in (disk / "speakers").rglob("*") if path.name.startswith(".")]


def test_a_damaged_database_costs_no_recording(record, wav_of, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "voiceprints.db").write_bytes(b"not a database" * 200)
    with pytest.raises(HeardError, match="is damaged"):
        record("Ana", "--file", wav_of("Ana"), "--seconds", "4")
    assert len(samples_of(data, "Ana")) <= 1
    assert (data / "voiceprints.db").read_bytes() == b"not a database" * 200


def test_the_disk_may_be_full_before_anything_is_recorded(record, wav_of, tmp_path):
    with small_disk(tmp_path / "disk", 64) as disk:
        fill(disk)
        with pytest.raises(HeardError, match="disk is full"):
            record("Ana", "--file", wav_of("Ana"), "--seconds", "4", data=disk)


# ---------------------------------------------------------------------------- a person at a terminal

SESSION = """
import sys
from pathlib import Path
from app.audio.file_source import FileSource
from app.terminal.enrol import EnrolOptions, EnrolTerminal
from app.enrolment.build import build_person
from app.enrolment.guide import Guide
from app.enrolment.quality import Limits
from app.enrolment.recorder import RecorderConfig, SampleRecorder
from app.enrolment.speaker_check import LoadingSpeakerCheck, SpeakerCheck
from utils import run_cli

data, file = Path(sys.argv[1]), sys.argv[2]

def load():
    sys.stdout.write(f"\\nLOADING, torch imported before: {'torch' in sys.modules}\\n")  # in one piece
    return SpeakerCheck.load(data, "Ana", [])

def main():
    options = EnrolOptions("Ana", samples=2, seconds=2.0, data=data)
    guide, speaker_check = Guide(data, "Ana", samples=2, limits=Limits(speech_s=1.2)), LoadingSpeakerCheck(load)
    recorder = SampleRecorder(FileSource(file, realtime=True), RecorderConfig(speech_s=2.0), speaker_check.check)
    return EnrolTerminal(options, guide, recorder, speaker_check).run()

run_cli(main)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_at_a_terminal_enter_starts_and_ctrl_c_leaves_nothing(wav_of, tmp_path):
    """The file plays at its natural pace, as a microphone would."""
    import pty
    import select

    file, data = wav_of("Ana"), tmp_path / "data"
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job, such as a test run, ignores it
        os.chdir(ROOT)
        os.execve(
            sys.executable, [sys.executable, "-c", SESSION, str(data), str(file)], {**os.environ, "COLUMNS": "150"}
        )
    seen = ""

    def wait_for(text: str) -> None:
        nonlocal seen
        start, deadline = len(seen), time.monotonic() + 60
        while text not in seen[start:]:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 1)[0]:
                try:
                    seen += os.read(terminal, 65536).decode(errors="replace")
                except OSError:  # the other end was closed
                    raise AssertionError(f"{text!r} did not come:\n{seen}") from None

    try:
        wait_for("press Enter to start")
        os.write(terminal, b"\n")
        wait_for("of 2 s")
        wait_for("kept as 001.wav")
        wait_for("press Enter to start")
        os.write(terminal, b"\x03")
        wait_for("Stopped. Nothing was kept.")
        with contextlib.suppress(OSError):  # read on until the other end is closed
            while more := os.read(terminal, 65536):
                seen += more.decode(errors="replace")
    finally:
        os.close(terminal)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 130
    assert "Traceback" not in seen
    assert samples_of(data, "Ana") == []
    assert list((data / "speakers").iterdir()) == []
    first_meter = seen.index(" dB")
    assert first_meter < seen.index("LOADING, torch imported before: False")


@pytest.fixture
def session(tmp_path):
    """session(options, speaker_check, source): the terminal's side of a session with short samples."""

    def make(options: EnrolOptions, speaker_check: LoadingSpeakerCheck, source: ArraySource) -> EnrolTerminal:
        guide = Guide(tmp_path, options.name, samples=options.samples, limits=Limits(speech_s=2.0))
        recorder = SampleRecorder(source, RecorderConfig(speech_s=3.0), speaker_check.check)
        return EnrolTerminal(options, guide, recorder, speaker_check)

    return make


@pytest.mark.parametrize(("answer", "kept"), [("n", 0), ("", 0), ("y", 1)])
def test_a_voice_that_is_enrolled_is_only_kept_if_the_person_says_so(
    session, monkeypatch, voice, tmp_path, encoder, capsys, answer, kept
):
    known = SpeakerCheck(encoder, Gallery(("Ben",), encoder.embed(keep_speech(voice("Ben")))[None]))
    speaker_check = LoadingSpeakerCheck(lambda: known)
    terminal = session(EnrolOptions("Bob", samples=1, file=tmp_path / "x"), speaker_check, ArraySource(voice("Ben")))
    terminal.asks = True  # as at a terminal; the file option only spares the wait for Enter
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answer)
    if kept:
        assert terminal.run() == 0
    else:
        with pytest.raises(HeardError, match=r"not enrolled a second time\. Nothing was kept\."):
            terminal.run()
    assert asked == ["  Add it to Ben (a), or enrol it as Bob all the same (y)? [a/y/N] "]
    assert "already enrolled as Ben" in capsys.readouterr().out
    assert len(samples_of(tmp_path, "Bob")) == kept


def test_a_voice_that_is_enrolled_can_be_added_to_who_has_it(session, monkeypatch, voice, tmp_path, encoder, capsys):
    for number in (0, 1):
        save_sample(tmp_path, voice("Ben")[number * 80_000 :][:80_000], Note("Ben", f"2026-01-0{number + 1}T10:00:00"))
    with VoiceprintStore(tmp_path) as store:
        build_person(store, encoder, "Ben", samples_of(tmp_path, "Ben"), pytest.fail)
    speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck.load(tmp_path, "Bob", [], encoder=encoder))
    options = EnrolOptions("Bob", samples=1, file=tmp_path / "x", data=tmp_path)
    terminal = session(options, speaker_check, ArraySource(voice("Ben")))
    terminal.asks = True
    monkeypatch.setattr("builtins.input", lambda _: "a")
    assert terminal.run() == 0
    assert "Going on as Ben." in capsys.readouterr().out
    assert samples_of(tmp_path, "Bob") == []
    assert len(samples_of(tmp_path, "Ben")) == 3


def test_sentences_in_the_language_that_was_asked_for(session, monkeypatch, voice, tmp_path, encoder, capsys):
    assert record_command.parse(["Ana", "--language", "ar"]).language == "ar"
    monkeypatch.setattr("app.terminal.enrol.COUNTDOWN_S", 0)
    options = EnrolOptions("Ana", samples=1, language="de")
    guide = Guide(tmp_path, "Ana", samples=1, limits=Limits(speech_s=2.0), language=options.language)
    speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck(encoder, Gallery()))
    recorder = SampleRecorder(ArraySource(voice("Ana")), RecorderConfig(speech_s=3.0), speaker_check.check)
    assert EnrolTerminal(options, guide, recorder, speaker_check).run() == 0
    out = capsys.readouterr().out
    assert '"Der große Hund lief' in out
    assert "Or just talk: Was hast du gestern gemacht?" in out


def test_a_language_that_there_is_none_of(capsys):
    with pytest.raises(SystemExit) as error:
        record_command.parse(["Ana", "--language", "tlh"])
    assert error.value.code == 2
    assert "invalid choice: 'tlh'" in capsys.readouterr().err


def test_without_a_terminal_a_countdown_starts_the_sample(session, monkeypatch, voice, tmp_path, encoder, capsys):
    monkeypatch.setattr("app.terminal.enrol.COUNTDOWN_S", 1)
    speaker_check = LoadingSpeakerCheck(lambda: SpeakerCheck(encoder, Gallery()))
    terminal = session(
        EnrolOptions("Ana", samples=1), speaker_check, ArraySource(voice("Ana"), realtime=True, name="Test mic")
    )
    assert terminal.run() == 0
    out = capsys.readouterr().out
    said = ["Listening to Test mic", "Near: sit", "Starting in 1 s", "Speak now", "Heard", "kept as 001.wav"]
    assert [out.find(text) for text in said] == sorted(out.find(text) for text in said)
    assert "\x1b" not in out
    assert "\r" not in out
    assert read_note(samples_of(tmp_path, "Ana")[0]).position == "near"


def test_what_was_heard_in_words():
    levels = SimilarityThresholds(0.4, 0.6)
    quality = Quality(sound_s=9, speech_s=7.04, level_db=-23.4, noise_db=None, snr_db=None, clipped=0.031)
    assert describe(quality) == "7.0 s of speech, level -23 dB, noise not known, 3.1% clipped"
    assert describe(Quality()) == "0.0 s of speech"
    known = Quality(speech_s=7, level_db=-20, snr_db=31, speaker_match=SpeakerMatch(levels, 0.2, "Ben", 0.31))
    assert describe(known).endswith("not the same voice as before (0.20), nearest other person Ben (0.31)")
