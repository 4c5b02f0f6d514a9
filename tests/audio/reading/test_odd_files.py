"""More than 200 odd files: each is heard right, or refused in words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.audio.reading.av_decoder import av_missing
from app.audio.reading.reader import read_audio, stream_audio
from app.embedding.load import load_encoder
from tests.support.odd_files import ENCODINGS, OddFile, make_odd_files
from utils import BadInput, write_wav

pytestmark = [
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed"),
    pytest.mark.skipif(av_missing(), reason="the package av is not installed"),
]
SPEECH_S = 4.0
TOLERANCE_S = 0.16
"""Of each recording: codecs fill up their last frame and delay the first."""


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("embedded", compute="cpu")


@pytest.fixture(scope="module")
def speech(demo_dir) -> np.ndarray:
    return read_audio(demo_dir / "enrolment" / "Ana" / "01.flac", end_s=SPEECH_S)


@pytest.fixture(scope="module")
def odd_files(speech, tmp_path_factory) -> Iterator[list[OddFile]]:
    folder = tmp_path_factory.mktemp("odd")
    write_wav(folder / "speech-itself.wav", speech)
    yield make_odd_files(folder / "speech-itself.wav", folder)
    shutil.rmtree(folder)


def heard(path: Path) -> tuple[np.ndarray | None, str]:
    """(samples (n,), what was said about it); None for what was refused."""
    try:
        sound = stream_audio(path)
        samples = np.concatenate(list(sound))
    except BadInput as error:
        refusal = error
    else:
        return samples, " ".join(sound.notices)
    assert refusal.exit_code == 2
    assert "\n" not in str(refusal)
    assert path.name in str(refusal)
    return None, str(refusal)


def test_they_are_heard_right_or_refused_in_words(odd_files, speech, encoder, capfd):
    assert len(odd_files) >= 200
    original, wrong, refused = encoder.embed(speech), [], 0
    for odd in odd_files:
        samples, said = heard(odd.path)
        expected = odd.parts * SPEECH_S
        if samples is None:
            refused += 1
            if odd.parts >= 1:  # whole or joined: there is no reason to refuse it
                wrong.append(f"{odd.path.name}: refused: {said}")
            continue
        seconds = len(samples) / 16_000
        if abs(seconds - expected) > TOLERANCE_S * max(1.0, odd.parts) and odd.parts >= 1 and "damaged" not in said:
            wrong.append(f"{odd.path.name}: {seconds:.2f} s of {expected:.2f}: {said}")
        if odd.parts < 1 and not (0.2 * SPEECH_S < seconds < 0.9 * SPEECH_S or "damaged" in said):
            wrong.append(f"{odd.path.name}: {seconds:.2f} s of what was cut: {said}")
        if odd.parts < 1 and seconds < 1.5:
            continue
        least = odd.encoding.least - (0.3 if odd.parts < 1 else 0.0)
        cosine = float(encoder.embed(samples[: round(SPEECH_S * 16_000)]) @ original)
        if cosine < least:
            wrong.append(f"{odd.path.name}: cosine {cosine:.3f}, not {least}")
    assert not wrong, "\n".join(wrong)
    assert refused < 0.2 * len(odd_files)
    assert capfd.readouterr() == ("", "")  # no decoder writes to the terminal


def test_a_cut_file_whose_header_holds_the_length_says_so(odd_files):
    for kind in ("wav", "aiff", "au", "caf", "w64", "flac", "mkv", "webm", "avi", "wma", "m4a"):
        cut = next(odd.path for odd in odd_files if odd.parts < 1 and odd.path.suffix == f".{kind}")
        assert "damaged audio (" in heard(cut)[1], cut.name
    for odd in odd_files:
        if odd.encoding.video:
            assert ("of the file is missing" in heard(odd.path)[1]) is (odd.parts < 1 and odd.path.suffix != ".mp4")


def test_what_is_coded_lies_where_ffmpeg_itself_puts_it(odd_files, speech):
    """The encoder's delay is left out where the format tells it: the speech is not late."""
    for odd in odd_files:
        if (
            odd.parts != 1
            or "8000" in odd.path.name
            or odd.path.suffix not in (".mp3", ".m4a", ".opus", ".ogg", ".webm")
        ):
            continue
        if "xing" in odd.path.name:
            continue
        samples, _ = heard(odd.path)
        n = 1 << 17
        product = np.fft.irfft(np.fft.rfft(samples, n) * np.conj(np.fft.rfft(speech, n)), n)
        lag = int(np.argmax(np.abs(product)))
        lag -= n if lag > n // 2 else 0
        assert abs(lag) <= 8, (odd.path.name, lag)  # half a millisecond


def test_every_encoding_is_made_once():
    assert len({encoding.name for encoding in ENCODINGS}) == len(ENCODINGS)
