"""AMR, as telephones record it: real sound of the encoder that comes with PyAV, read by the one reader."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest

from app.audio.reading.av_decoder import av_missing
from app.audio.reading.reader import audio_length, read_audio, stream_audio
from utils import resample

ENCODER, RATE = "libopencore_amrnb", 8000
NAMES = ("Ana", "Ben", "Colin")


def amr(samples: np.ndarray, container: str) -> bytes:
    """(n,) at 16 kHz as AMR-NB of 12.2 kbit/s in a container of FFmpeg's."""
    if av_missing():
        pytest.skip("the package av is not installed")
    import av

    if ENCODER not in av.codecs_available:
        pytest.skip(f"this build of PyAV has no encoder {ENCODER}")
    pcm = (32767 * np.clip(resample(samples, 16000, RATE), -1, 1)).astype(np.int16)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(ENCODER, rate=RATE, layout="mono", bit_rate=12200)
        frames = [av.AudioFrame.from_ndarray(pcm[None, at : at + 160], "s16", "mono") for at in range(0, len(pcm), 160)]
        for number, frame in enumerate(frames):
            frame.sample_rate, frame.pts, frame.time_base = RATE, 160 * number, Fraction(1, RATE)
        for frame in [*frames, None]:
            out.mux(stream.encode(frame))
    return file.getvalue()


@pytest.mark.parametrize(
    ("container", "name"), [("amr", "a.amr"), ("amr", "a.bin"), ("3gp", "a.3gp"), ("mov", "a.mp4")]
)
def test_amr_is_read_whole_and_the_speaker_is_known(tmp_path, demo_dir, encoder, container, name):
    known = [encoder.embed(read_audio(demo_dir / "enrolment" / name / "01.flac")) for name in NAMES]
    for number, person in enumerate(NAMES):
        voice = read_audio(demo_dir / "enrolment" / person / "02.flac")
        (tmp_path / name).write_bytes(amr(voice, container))
        said = stream_audio(tmp_path / name)
        heard = np.concatenate(list(said))
        assert said.notices == []
        assert len(heard) == pytest.approx(len(voice), abs=0.06 * 16000)  # three frames of the codec
        length = audio_length(tmp_path / name)
        assert length.exact is (container != "amr")  # there it is worked out of the bit rate
        assert length.seconds == pytest.approx(len(voice) / 16000, abs=0.06 if length.exact else 0.3)
        scores = [float(encoder.embed(heard) @ other) for other in known]
        assert int(np.argmax(scores)) == number, (person, scores)


def test_amr_that_breaks_off_is_heard_as_far_as_it_goes(tmp_path, demo_dir):
    voice = read_audio(demo_dir / "enrolment" / "Ana" / "02.flac")
    data = amr(voice, "amr")
    (tmp_path / "a.amr").write_bytes(data[: len(data) // 2])
    assert len(read_audio(tmp_path / "a.amr")) == pytest.approx(len(voice) / 2, abs=0.06 * 16000)
