"""Two people at once: the head beside the weights, and what the live engine says of real voices over each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.audio.vad import keep_speech
from app.corpus.manifest import read_clips
from app.diarisation.recogniser import Recogniser, listen
from app.embedding.model_files import BUNDLED_FILES, EMBEDDED
from app.embedding.overlap_head import OverlapHead, head_file, load_head, save_head
from app.scoring.gallery import Gallery
from tests.support.array_source import ArraySource
from utils import BUNDLED, HeardError


@pytest.fixture(scope="module")
def voices(speech_dir):
    """Half a minute of speech of each of four real people, of one loudness."""
    found = {}
    for clip in read_clips(speech_dir / "dev.csv"):
        if clip.corpus == "librispeech-test-other":
            found.setdefault(clip.speaker, []).append(clip.path)
    speech = [np.concatenate([keep_speech(read_audio(path)) for path in paths[:5]]) for paths in found.values()]
    return [0.05 * one[: 25 * 16000] / np.sqrt(np.mean(one**2)) for one in speech if len(one) > 25 * 16000][:4]


def seconds(voice: np.ndarray) -> list[np.ndarray]:
    return [voice[at : at + 16000].astype(np.float32) for at in range(0, len(voice) - 16000, 16000)]


def test_the_shipped_model_has_a_head_of_its_own(encoder):
    """After another model was made: python -m app train CONFIG --overlap."""
    assert encoder.overlap is not None
    assert load_head(BUNDLED / "models" / BUNDLED_FILES[EMBEDDED], encoder.sha256) is not None
    assert load_head(BUNDLED / "models" / BUNDLED_FILES[EMBEDDED], "0" * 64) is None


def test_real_voices_over_each_other_are_told_from_one_alone(encoder, voices):
    alone = [piece for voice in voices for piece in seconds(voice)]
    both = [
        a + b for one, other in itertools.pairwise(voices) for a, b in zip(*map(seconds, (one, other)), strict=True)
    ]
    vectors, single = encoder.embed_batch_with_overlap(alone)
    _, mixed = encoder.embed_batch_with_overlap(both)
    assert np.mean(single >= encoder.overlap.threshold) < 0.04
    assert np.mean(mixed >= encoder.overlap.threshold) > 0.3
    assert np.array_equal(vectors, encoder.embed_batch(alone))
    assert encoder.embed_with_overlap(both[0])[1] == bool(mixed[0] >= encoder.overlap.threshold)


def test_the_screen_says_so_while_two_speak(encoder, voices):
    one, other = (voice[: 18 * 16000].copy() for voice in voices[:2])
    sound = np.concatenate([one[: 6 * 16000], one[6 * 16000 : 12 * 16000] + other[: 6 * 16000], other[6 * 16000 :]])
    said = list(listen(ArraySource(sound.astype(np.float32)), Recogniser(encoder, Gallery())))
    told = [answer.time_s for answer in said if answer.overlap]
    assert len(told) >= 5  # of 24 hops
    assert sum(6.0 < time_s <= 13.25 for time_s in told) >= 0.85 * len(told)
    assert all(answer.label is not None for answer in said if answer.overlap)
    assert said[0].as_json()["overlap"] is False


def test_a_model_without_a_head_never_says_so(encoder, demo_dir):
    from app.embedding.load import load_encoder

    int8 = load_encoder("embedded-int8")
    sound = read_audio(demo_dir / "conversation.flac", end_s=3)
    assert int8.overlap is None
    assert int8.embed_with_overlap(sound[16000:32000])[1] is False
    assert np.isnan(int8.embed_batch_with_overlap([sound[16000:32000]])[1]).all()


def test_a_head_is_read_as_it_was_written(tmp_path):
    weights = tmp_path / "m.safetensors"
    assert load_head(weights, "a") is None
    head = OverlapHead(np.arange(4, dtype=np.float32), -1.5, 0.75, {"found": 0.5})
    save_head(weights, "a", head)
    again = load_head(weights, "a")
    assert np.array_equal(again.weight, head.weight)
    assert (again.bias, again.threshold, again.measured) == (-1.5, 0.75, {"found": 0.5})
    assert again.probability(np.zeros((1, 4), np.float32))[0] == pytest.approx(1 / (1 + np.exp(1.5)))
    assert load_head(weights, "b") is None


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_a_damaged_head_is_said_to_be(tmp_path, content):
    head_file(tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(HeardError, match=r"m\.overlap\.safetensors: damaged"):
        load_head(tmp_path / "m.safetensors", "a")
