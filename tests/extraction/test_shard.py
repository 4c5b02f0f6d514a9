"""Rows -> embeddings: the segments, what is wrong with a row, and that a shard gives the same bits wherever it runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.audio.reading.reader import read_audio
from app.corpus.clips import Clip
from app.extraction.shard import SegmentConfig, cut_segments, embed_shard
from utils import SAMPLE_RATE, BadInput, write_wav

COUNT = np.arange(10 * SAMPLE_RATE, dtype=np.float32)


def cut(samples: np.ndarray, segments: SegmentConfig, block: int, offset_s: float = 0.0) -> list:
    blocks = (samples[at : at + block] for at in range(0, len(samples), block))
    return list(cut_segments(blocks, offset_s, segments))


@pytest.mark.parametrize("block", [1000, 48000, 10**6])
@pytest.mark.parametrize(
    ("segment_s", "hop_s", "starts"),
    [(3.0, None, [0, 3, 6]), (3.0, 1.0, range(8)), (2.5, 2.5, [0, 2.5, 5, 7.5]), (1.0, 4.0, [0, 4, 8]), (11, 1, [0])],
)
def test_segments_are_where_they_say_whatever_the_blocks(block, segment_s, hop_s, starts):
    found = cut(COUNT, SegmentConfig(segment_s, hop_s), block, offset_s=100.0)
    assert [start for start, _, _ in found] == [100 + start for start in starts]
    for start, end, samples in found:
        assert samples[0] == (start - 100) * SAMPLE_RATE
        assert len(samples) == round((end - start) * SAMPLE_RATE) == min(segment_s, 10) * SAMPLE_RATE


def test_a_whole_row_is_one_segment():
    ((start, end, samples),) = cut(COUNT, SegmentConfig(), 7000)
    assert (start, end) == (0, 10)
    assert np.array_equal(samples, COUNT)


@pytest.mark.parametrize(
    ("length", "segments", "complaint"),
    [
        (10**5, SegmentConfig(longest_s=5), "more than 5 s"),
        (10, SegmentConfig(), "0.00 s of sound"),
        (0, SegmentConfig(3.0), "too short"),
    ],
)
def test_rows_that_make_no_segment(length, segments, complaint):
    with pytest.raises(BadInput, match=complaint):
        cut(COUNT[:length], segments, 5000)
    with pytest.raises(BadInput, match="over before 7 s"):
        cut(COUNT[:0], segments, 5000, offset_s=7)


@pytest.fixture(scope="module")
def files(tmp_path_factory, demo_dir: Path) -> Path:
    """Speech in several formats, and everything that is not."""
    tmp_path = tmp_path_factory.mktemp("files")
    speech = read_audio(demo_dir / "conversation.flac", end_s=20)
    write_wav(tmp_path / "a.wav", speech[:48000])
    soundfile.write(tmp_path / "a.flac", speech, SAMPLE_RATE)
    soundfile.write(tmp_path / "a.mp3", speech, SAMPLE_RATE)
    soundfile.write(tmp_path / "a.opus", speech, SAMPLE_RATE, format="OGG", subtype="OPUS")
    stereo = np.stack([np.repeat(speech, 3)[: 48000 * 6]] * 2, 1)
    soundfile.write(tmp_path / "stereo.wav", stereo, 48000)
    (tmp_path / "flac.wav").write_bytes((tmp_path / "a.flac").read_bytes())
    (tmp_path / "broken.flac").write_bytes((tmp_path / "a.flac").read_bytes()[:100_000])
    (tmp_path / "broken.mp3").write_bytes((tmp_path / "a.mp3").read_bytes()[:40_000])
    (tmp_path / "empty.wav").touch()
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "text.wav").write_text("not sound " * 100)
    write_wav(tmp_path / "tiny.wav", speech[:800])
    return tmp_path


def clip(folder: Path, name: str, start_s: float = 0.0, end_s: float | None = None) -> Clip:
    return Clip(str(folder / name), "x", start_s=start_s, end_s=end_s, name=name)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.opus", "stereo.wav", "flac.wav"])
def test_the_embedding_of_a_file_is_the_encoders(name, files, encoder):
    result = embed_shard(encoder, [clip(files, name)], SegmentConfig())
    assert result.clips[0].status == "ok"
    samples = read_audio(files / name)
    assert result.clips[0].segments[0][1] == pytest.approx(len(samples) / SAMPLE_RATE, abs=0.01)
    assert result.vectors[0] @ encoder.embed(samples) > 0.9999
    assert np.linalg.norm(result.vectors[0]) == pytest.approx(1, abs=1e-5)


def test_stretches_of_a_file(files, encoder):
    clips = [clip(files, name, 2.0, 5.0) for name in ("a.flac", "a.opus")]
    result = embed_shard(encoder, clips, SegmentConfig())
    for vector, wanted in zip(result.vectors, clips, strict=True):
        assert vector @ encoder.embed(read_audio(wanted.path, start_s=2, end_s=5)) > 0.999


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("none.wav", "no such file"),
        ("folder.wav", "a folder"),
        ("empty.wav", "is empty"),
        ("text.wav", "not an audio file"),
        ("tiny.wav", "0.05 s of sound"),
        ("broken.flac", "damaged audio"),
        ("broken.mp3", "damaged audio (the header says 20.0 s, 7.5 s were heard"),
    ],
)
def test_a_bad_file_is_a_row_with_its_error_and_the_others_stay(name, complaint, files, encoder):
    result = embed_shard(encoder, [clip(files, "a.wav"), clip(files, name), clip(files, "a.wav", 1.0)], SegmentConfig())
    before, bad, after = result.clips
    assert complaint in bad.status
    assert str(files) not in bad.status
    assert (before.status, bad.segments, after.status) == ("ok", (), "ok")
    assert result.vectors.shape == (2, encoder.dim)


def test_a_shard_gives_the_same_bits_in_any_thread_beside_others(files, encoder):
    clips = [clip(files, "a.flac", start, start + 2 + start % 3) for start in range(12)]
    alone = embed_shard(encoder, clips, SegmentConfig(1.0, 0.5)).vectors
    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(embed_shard, encoder, clips[: 4 + k % 3], SegmentConfig()) for k in range(4)]
        same = [pool.submit(embed_shard, encoder, clips, SegmentConfig(1.0, 0.5)) for _ in range(4)]
    assert all(np.array_equal(future.result().vectors, alone) for future in same)
    assert all(future.result().clips for future in others)
