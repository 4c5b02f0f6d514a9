"""Recordings through lines: always the same, and embedded as verification embeds them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app import verification
from app.audio.lines.lines import LINES
from app.corpus.clips import Clip
from app.corpus.left_out import LeftOut
from app.evaluation.conditions.recordings import Recording, crop, embed_recordings, read_recordings, some_of_each
from utils import SAMPLE_RATE, write_wav


def made(name: str, speaker: str = "ana", seconds: float = 4.0) -> Recording:
    samples = np.random.default_rng(len(name)).standard_normal(round(seconds * SAMPLE_RATE)).astype(np.float32)
    spoken = np.arange(len(samples)) % SAMPLE_RATE < SAMPLE_RATE // 2
    return Recording(Clip(name, speaker, name=name), samples / 10, spoken)


@pytest.fixture(scope="module")
def real(speech_dir) -> list[Recording]:
    folder, left_out = speech_dir / "dev" / "librispeech-test-other", []
    clips = [Clip(str(folder / who / f"0{n}.flac"), who) for who in ("1688", "1998") for n in (0, 1)]
    found = read_recordings(clips, left_out)
    assert not left_out
    return found


def test_pauses_are_cut_where_they_are_in_the_clean_recording():
    recording = made("a")
    assert recording.speech_s == 2
    assert np.array_equal(recording.through((), ""), recording.samples[recording.spoken])
    lossy = recording.through([LINES["loss-10-silent"]], "loss-10-silent")
    assert len(lossy) == 2 * SAMPLE_RATE
    kept = lossy != 0
    assert 0.8 < kept.mean() < 1
    assert np.array_equal(lossy[kept], recording.samples[recording.spoken][kept])


def test_draws_depend_on_clip_and_line_alone():
    line = [LINES["room-2"]]
    first = made("a").through(line, "room-2")
    assert np.array_equal(first, made("a").through(line, "room-2"))
    assert not np.allclose(first, made("b").through(line, "room-2"), atol=1e-3)
    assert not np.allclose(first, made("a").through(line, "room-2+mu-law"), atol=1e-3)


def test_halves_share_the_speech():
    first, second = made("a", seconds=5).halves()
    assert first.speech_s == pytest.approx(second.speech_s, abs=1e-3)
    assert len(first.samples) + len(second.samples) == 5 * SAMPLE_RATE


def test_a_crop_is_the_middle():
    assert crop(np.arange(5 * SAMPLE_RATE))[[0, -1]].tolist() == [SAMPLE_RATE, 4 * SAMPLE_RATE - 1]
    assert len(crop(np.arange(SAMPLE_RATE))) == SAMPLE_RATE


def test_some_of_each_speaker():
    recordings = [made(f"{speaker}{n}", speaker) for speaker in "ab" for n in range(10)] + [made("c0", "c")]
    chosen = [recording.clip.name for recording in some_of_each(recordings, 3)]
    assert chosen == ["a0", "a4", "a9", "b0", "b4", "b9", "c0"]


def test_what_has_no_speech_is_left_out(tmp_path):
    write_wav(tmp_path / "noise.wav", np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE) * 0.01)
    (tmp_path / "text.wav").write_text("no sound")
    left_out: list[LeftOut] = []
    clips = [Clip(str(tmp_path / name), "ana", name=name) for name in ("noise.wav", "text.wav")]
    assert read_recordings(clips, left_out) == []
    assert [one.name for one in left_out] == ["noise.wav", "text.wav"]
    assert "s of speech" in left_out[0].reason


def test_embeddings_are_those_of_verification(real, encoder):
    embeddings = embed_recordings(real, encoder)
    for recording, whole in zip(real, embeddings.whole, strict=True):
        (known,) = verification.embed_recordings(encoder, [recording.samples])
        assert whole @ known.embedding == pytest.approx(1, abs=1e-5)
        assert recording.speech_s == pytest.approx(known.speech_s)


def test_threads_change_nothing(real, encoder):
    lines = [LINES["room-1"], LINES["opus-12"]]
    alone = embed_recordings(real, encoder, lines, "x")
    with ThreadPoolExecutor(2) as pool:
        together = embed_recordings(real, encoder, lines, "x", pool.map)
    assert np.array_equal(alone.whole, together.whole)
    assert np.array_equal(alone.cropped, together.cropped)
