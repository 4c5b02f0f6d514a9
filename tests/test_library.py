"""Heard in other programs: the functions of app/api.py, and every program in docs/library.md and docs/gallery.md."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import app
from app import Heard
from app.audio.file_source import StreamSource
from app.audio.reading.reader import read_audio
from app.cli import people as voices_command
from app.exports.document import without_pauses
from app.scoring.cohort import similarities
from app.scoring.identification import Identification
from app.verification import Verification
from app.voiceprints.store import EmbeddedSample, VoiceprintStore
from tests.support import virtual_sound
from utils import ROOT, SAMPLE_RATE, BadInput, resample, write_wav


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The embedded model, with nobody enrolled."""
    return Heard(compute="cpu", data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def files(demo_dir: Path) -> dict[str, list[Path]]:
    """Two recordings each of the made voices Ana and Ben."""
    return {name: [demo_dir / "enrolment" / name / f"0{i}.flac" for i in (1, 2)] for name in ("Ana", "Ben")}


def test_embedding_a_file_or_its_samples(heard: Heard, files):
    path = files["Ana"][0]
    vector, samples = heard.embed(path), read_audio(path)
    assert (vector.shape, vector.dtype) == ((192,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert heard.embed(str(path)) == pytest.approx(vector, abs=1e-5)
    assert heard.embed(samples) == pytest.approx(vector, abs=1e-5)
    assert heard.embed(np.stack([samples, samples], axis=1)) == pytest.approx(vector, abs=1e-5)
    assert heard.embed((samples * 32767).astype(np.int16)) @ vector > 0.999
    assert heard.embed(resample(samples, SAMPLE_RATE, 44_100), 44_100) @ vector > 0.99


def test_a_batch_of_different_lengths_gives_the_vectors_of_one_by_one(heard: Heard, files):
    speech = np.concatenate([read_audio(path) for path in files["Ana"] + files["Ben"]])
    lengths = (24_000, 16_001, 48_000, 24_000, 80_123, 150_000, 48_000, 2_400)
    signals = [speech[9_000 * i :][:length] for i, length in enumerate(lengths)]
    together = heard.encoder.embed_batch(signals)
    assert together == pytest.approx(np.stack([heard.encoder.embed(signal) for signal in signals]), abs=1e-5)
    sounds = [signal for signal in signals if len(signal) >= 48_000]
    assert heard.embed_many(sounds) == pytest.approx(np.stack([heard.embed(sound) for sound in sounds]), abs=1e-5)
    assert heard.embed_many([]).shape == (0, 192)


def test_more_than_one_batch_of_equal_lengths(heard: Heard, files, monkeypatch: pytest.MonkeyPatch):
    speech = read_audio(files["Ana"][0])
    signals = [speech[at : at + 16_000] for at in range(0, 40_000, 8_000)] + [speech[:20_000]]
    whole = heard.encoder.embed_batch(signals)
    monkeypatch.setattr("app.embedding.encoder.BATCH_SAMPLES", 32_000)
    assert heard.encoder.embed_batch(signals) == pytest.approx(whole, abs=1e-5)
    monkeypatch.setattr("app.embedding.encoder.BATCH_SAMPLES", 1)
    assert heard.encoder.embed_batch(signals) == pytest.approx(whole, abs=1e-5)


def test_verifying(heard: Heard, files, tmp_path: Path):
    same, other = heard.verify(*files["Ana"]), heard.verify(files["Ana"][0], files["Ben"][0])
    assert isinstance(same, Verification)
    assert same.same
    assert not other.same
    assert same.probability > 0.9 > 0.1 > other.probability
    one, two = heard.embed_many(files["Ana"])
    assert same.cosine == pytest.approx(one @ two, abs=1e-5)
    assert same.score == pytest.approx(similarities(one[None], two[None], heard.encoder.cohort)[0, 0], abs=1e-5)
    assert min(same.speech_s) > 3
    strict = Heard(compute="cpu", data=tmp_path, threshold=0.999)
    assert not strict.verify(*files["Ana"]).same


def test_identifying_among_voices_of_ones_own(heard: Heard, files):
    voices = {"Ana": heard.embed(files["Ana"][0]), "Ben": heard.embed_many(files["Ben"])}
    said = heard.identify(files["Ana"][1], among=voices)
    assert isinstance(said, Identification)
    assert (said.label, said.speaker) == ("Ana", "Ana")
    assert said.scores.keys() == {"Ana", "Ben"}
    assert said.scores["Ana"] >= said.threshold > said.scores["Ben"]
    stranger = heard.identify(files["Ben"][0], among={"Ana": voices["Ana"]})
    assert (stranger.label, stranger.speaker) == ("unknown", None)
    assert stranger.reason.startswith("closest: Ana")
    assert heard.identify(files["Ana"][1]).reason == "nobody is enrolled yet"
    assert heard.identify(files["Ana"][1], among={}).speaker is None
    with pytest.raises(BadInput, match="Anna: nobody of that name is enrolled"):
        heard.identify(files["Ana"][1], among=["Anna"])


def test_people_enrolled_meanwhile_are_known_after_reloading(files, tmp_path: Path):
    heard = Heard(compute="cpu", data=tmp_path)
    assert heard.people == ()
    with VoiceprintStore(tmp_path) as store:
        sample = EmbeddedSample("x.wav", heard.embed(files["Ana"][0])[None], [4.0])
        store.set_samples("Ana", heard.encoder.model_id, heard.encoder.sha256, [sample])
    assert heard.people == ()
    heard.reload()
    assert heard.people == ("Ana",)
    assert heard.identify(files["Ana"][1]).speaker == "Ana"


def test_listening_to_a_file_and_to_blocks_of_ones_own(heard: Heard, files, tmp_path: Path):
    voices = {name: heard.embed(paths[0]) for name, paths in files.items()}
    sound = np.concatenate([read_audio(files["Ana"][1]), np.zeros(16_000, np.float32), read_audio(files["Ben"][1])])
    write_wav(tmp_path / "both.wav", sound)
    of_file = [said.label for said in heard.listen(tmp_path / "both.wav", among=voices)]
    assert {"Ana", "Ben"} <= set(of_file)
    blocks = (read_audio(tmp_path / "both.wav")[at : at + 700] for at in range(0, len(sound), 700))
    assert [said.label for said in heard.listen(StreamSource("call", blocks), among=voices)] == of_file


def test_who_spoke_when_is_saved_and_never_over_a_recording(heard: Heard, files, tmp_path: Path):
    voices = {name: heard.embed(paths[0]) for name, paths in files.items()}
    sound = np.concatenate([read_audio(files["Ana"][1]), np.zeros(16_000, np.float32), read_audio(files["Ben"][1])])
    write_wav(tmp_path / "10.15.30.wav", sound)
    timeline = heard.timeline(tmp_path / "10.15.30.wav", among=voices)
    assert [turn.label for turn in without_pauses(timeline.turns)] == ["Ana", "Ben"]
    assert (timeline.file, timeline.sha256) == ("10.15.30", heard.encoder.sha256)
    assert timeline.duration_s == pytest.approx(len(sound) / SAMPLE_RATE, abs=0.001)
    timeline.save(tmp_path / "talk.vtt")
    assert (tmp_path / "talk.vtt").read_text(encoding="utf-8") == timeline.text("vtt")
    timeline.save(tmp_path / "10.15.30", "json")
    assert "Ben" in (tmp_path / "10.15.30").read_text(encoding="utf-8")
    for path in (tmp_path / "10.15.30.wav", tmp_path / "talk.docx"):
        with pytest.raises(BadInput):
            timeline.save(path)
    with pytest.raises(BadInput, match="a recording"):
        timeline.save(tmp_path / "10.15.30.wav", "srt")
    assert read_audio(tmp_path / "10.15.30.wav").shape == sound.shape


def test_listening_can_be_stopped(heard: Heard, files):
    stop, count = threading.Event(), 0
    for _ in heard.listen(files["Ana"][0], stop=stop):
        count += 1
        if count == 3:
            stop.set()
    assert count == 3


def test_async_for_gives_the_same_answers_and_the_loop_goes_on(heard: Heard, files):
    voices, ticks = {"Ana": heard.embed(files["Ana"][0])}, 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    async def listen() -> list[str | None]:
        ticking = asyncio.create_task(tick())
        labels = [said.label async for said in heard.alisten(files["Ana"][1], among=voices)]
        ticking.cancel()
        return labels

    assert asyncio.run(listen()) == [said.label for said in heard.listen(files["Ana"][1], among=voices)]
    assert ticks > 3


def endless() -> Iterator[np.ndarray]:
    while True:
        yield np.zeros(1600, np.float32)
        time.sleep(0.01)


def test_async_for_that_is_left_or_cancelled_ends_the_listening(heard: Heard):
    async def leave() -> None:
        async with aclosing(heard.alisten(StreamSource("endless", endless()))) as answers:
            async for _ in answers:
                break

    async def be_cancelled() -> None:
        async for _ in heard.alisten(StreamSource("endless", endless())):
            asyncio.current_task().cancel()

    before = threading.active_count()
    asyncio.run(leave())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(be_cancelled())
    assert threading.active_count() == before


def test_async_for_raises_what_listen_raises(heard: Heard):
    async def listen() -> None:
        async for _ in heard.alisten("none.wav"):
            pass

    with pytest.raises(BadInput, match=r"none\.wav: no such file"):
        asyncio.run(listen())


def test_listening_in_a_thread_calls_back(heard: Heard, files):
    voices = {name: heard.embed(paths[0]) for name, paths in files.items()}
    answers, events = [], []
    listening = heard.listening(files["Ana"][1], on_answer=answers.append, on_event=events.append, among=voices)
    assert listening.wait(120)
    assert not listening.running
    assert [said.label for said in answers] == [said.label for said in heard.listen(files["Ana"][1], among=voices)]
    assert [event.type for event in events] == ["began", "here", "ended", "here"]
    assert {event.source for event in events} == {files["Ana"][1].stem}


def test_listening_ends_with_its_block_and_by_a_callback(heard: Heard):
    heard_first = threading.Event()
    with heard.listening(StreamSource("endless", endless()), on_answer=lambda _: heard_first.set()) as listening:
        assert heard_first.wait(60)
    assert not listening.running
    listening = heard.listening(StreamSource("endless", endless()), on_answer=lambda _: listening.stop())
    assert listening.wait(60)


def test_what_ends_a_listening_is_raised_where_it_is_waited_for(heard: Heard):
    with pytest.raises(BadInput, match="no such file"), heard.listening("none.wav") as listening:
        listening.wait(60)
    listening = heard.listening(StreamSource("endless", endless()), on_answer=lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        listening.wait(60)
    assert listening.wait()  # told once


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        ("none.wav", r"none\.wav: no such file"),
        (np.zeros(32_000, np.float32), r"sound 1: only 0\.0 s of speech"),
        (np.zeros(32_000, np.int32), "samples are float or int16"),
        (np.zeros((2, 2, 2), np.float32), "samples are float or int16"),
        (np.zeros(0, np.float32), "not empty"),
        (np.full(16_000, np.nan), "not all numbers"),
    ],
)
def test_mistakes_say_what_to_do(heard: Heard, sound, complaint: str):
    with pytest.raises(BadInput, match=complaint):
        heard.embed(sound)


def test_the_file_with_too_little_speech_is_named(heard: Heard, files, tmp_path: Path):
    write_wav(tmp_path / "silence.wav", np.zeros(32_000))
    with pytest.raises(BadInput, match=r"silence\.wav: only 0\.0 s of speech"):
        heard.verify(files["Ana"][0], tmp_path / "silence.wav")


def test_vectors_of_another_model_are_refused(heard: Heard, files):
    with pytest.raises(BadInput, match="192 numbers"):
        heard.identify(files["Ana"][0], among={"Ana": np.ones(256, np.float32)})


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, app; assert not {'torch', 'numpy', 'app.api'} & set(sys.modules); app.Heard; app.api"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    assert set(app.__all__) == {"Heard", "Identification", "Listening", "SpeakerEvent", "Verification"}
    assert app.Verification is Verification
    with pytest.raises(AttributeError, match="has no attribute 'heard'"):
        app.heard  # noqa: B018


# ---------------------------------------------------------------------------- the programs in the docs


def programs(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / name).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, heard: Heard, files) -> Path:
    """The files that the programs name, Ana and Ben enrolled in data/, and these exported."""
    folder = tmp_path_factory.mktemp("program")
    for name, path in (
        ("ana", files["Ana"][0]), ("who", files["Ana"][1]), ("ben", files["Ben"][0]), ("ben-far", files["Ben"][1])
    ):  # fmt: skip
        write_wav(folder / f"{name}.wav", read_audio(path))
    with VoiceprintStore(folder / "data") as store:
        for name, paths in files.items():
            sample = EmbeddedSample("x.wav", heard.embed(paths[0])[None], [4.0])
            store.set_samples(name, heard.encoder.model_id, heard.encoder.sha256, [sample])
    voices_command.run(["export", "--faiss", str(folder / "voices.npy"), "--data", str(folder / "data")])
    return folder


def run_here(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **names: object) -> dict:
    """Run a program in ``folder``; its names come back."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HEARD_DATA", str(folder / "data"))
    exec(compile(program, "docs", "exec"), names)  # the programs of our own docs
    return names


def test_the_first_program_hears_a_microphone(folder: Path, files):
    """In a process of its own, with a virtual sound card that plays Ana."""
    if problem := virtual_sound.missing():
        pytest.skip(problem)
    program = programs("library.md")[0]
    with virtual_sound.VirtualSound() as sound:
        env = {**sound.env, "PYTHONPATH": str(ROOT), "HEARD_DATA": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=folder, env=env, stdout=subprocess.PIPE, text=True
        )
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        try:
            assert float(process.stdout.readline()) > 0.9
            assert process.stdout.readline() == "Ana\n"
            speech = np.tile(soundfile.read(folder / "who.wav", dtype="float32")[0], 12)
            with sound.playing(speech):
                named = next((line for line in process.stdout if line.split()[1] == "Ana"), "")
            assert 0.5 < float(named.split()[2]) <= 1
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()


def test_voiceprints_from_anywhere(folder: Path, monkeypatch, capsys):
    run_here(programs("library.md")[1], folder, monkeypatch)
    assert re.fullmatch(r"Ana \d+% \n", capsys.readouterr().out)


def test_sound_from_elsewhere(folder: Path, monkeypatch, capsys):
    run_here(programs("library.md")[2], folder, monkeypatch)
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {"Ana"}


def test_every_program_of_the_library_docs_is_run_here():
    assert (len(programs("library.md")), len(programs("gallery.md"))) == (3, 3)


def test_each_line_of_speechbrain_has_one_here(folder: Path, monkeypatch):
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    table = text[text.index("| SpeechBrain | Heard |") :].split("\n\n")[0].splitlines()[2:]
    lines = [found[1] for row in table if (found := re.search(r"\| `([^`]+)`[^|`]* \|$", row))]
    assert len(lines) == len(table) - 1  # all but "the same object"
    program = "\n".join(lines).replace('"speechbrain/spkrec-ecapa-voxceleb", compute="cuda"', 'compute="cpu"')
    names = {"read_audio": read_audio, "similarities": similarities, "other": read_audio(folder / "ben.wav")}
    names = run_here(program, folder, monkeypatch, **names)
    assert names["vectors"][0] == pytest.approx(names["e"], abs=1e-5)
    assert names["said"].same


def test_what_was_exported_is_found_by_faiss(folder: Path, monkeypatch, capsys):
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    search, decide, _ = programs("gallery.md")
    run_here(search, folder, monkeypatch)
    assert capsys.readouterr().out.startswith("[('Ana', 0.")
    run_here(decide, folder, monkeypatch)
    assert capsys.readouterr().out == "Ana\n"


def test_the_million_in_small(folder: Path, monkeypatch, capsys):
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    program = programs("gallery.md")[2].replace("1_000_000", "3_000").replace("IVF1024", "IVF16")
    run_here(program, folder, monkeypatch)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["Flat", "SQ8", "IVF16,Flat"]
    assert all(line.endswith("100.0% right") for line in lines)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_on_a_gpu_the_vectors_are_those_of_the_cpu(heard: Heard, files, tmp_path: Path):
    on_gpu = Heard(compute="cuda", data=tmp_path)
    paths = files["Ana"] + files["Ben"]
    assert on_gpu.embed_many(paths) == pytest.approx(heard.embed_many(paths), abs=1e-3)
    assert on_gpu.verify(*files["Ana"]).score == pytest.approx(heard.verify(*files["Ana"]).score, abs=2e-3)
