"""Which decoder reads what, what is refused, and that neither opens another file nor writes to the terminal."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from app.audio.reading import decoding
from app.audio.reading.av_decoder import TYPES, AvDecoder, av_missing, samples_of
from app.audio.reading.quiet import quiet
from app.audio.reading.reader import read_audio, stream_audio
from app.audio.reading.view import View
from utils import ROOT, BadInput, wav_bytes

needs_av = pytest.mark.skipif(av_missing(), reason="the package av is not installed")
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)).astype(np.float32)


def encoded(tmp_path, name: str, samples: np.ndarray = TONE, rate: int = 16_000):
    soundfile.write(tmp_path / name, samples, rate)
    return tmp_path / name


@pytest.fixture
def without_av(monkeypatch):
    monkeypatch.setattr(decoding, "av_missing", lambda: True)


PLAYLISTS = {
    "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{file}\n#EXT-X-ENDLIST\n",
    "hls.m4a": "\n#EXTM3U\n#EXTINF:10,\nfile://{file}\n",
    "list.mp3": "ffconcat version 1.0\nfile '{file}'\n",
    "call.webm": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n",
    "dash.mp4": '<?xml version="1.0"?><MPD><BaseURL>{file}</BaseURL></MPD>',
}


@needs_av
@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_list_of_other_files_is_refused_and_opens_none(tmp_path, name):
    secret = encoded(tmp_path, "secret.mp3")
    content = PLAYLISTS[name].format(file=secret).encode()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match="a list of other files, not a recording"):
        read_audio(tmp_path / name)
    with pytest.raises(BadInput):  # past the first look, too
        AvDecoder(View(io.BytesIO(content)))


@needs_av
def test_an_mp4_that_keeps_its_sound_elsewhere_gives_none_of_it(tmp_path):
    """``dref`` of QuickTime may name another file."""
    secret = encoded(tmp_path, "secret.wav")
    data = made_by_ffmpeg(tmp_path, "a.mov", "-c:a pcm_s16le", TONE)
    at = data.index(b"url ")
    box = data[: at - 4] + (12).to_bytes(4, "big") + b"alis" + bytes(4) + data[at + 8 :]
    (tmp_path / "ref.mov").write_bytes(box.replace(b"mdat", b"free"))
    try:
        samples = read_audio(tmp_path / "ref.mov")
    except BadInput:
        return
    assert secret.exists()
    assert len(samples) <= len(TONE) + 2_000  # its own bytes at the most


def made_by_ffmpeg(tmp_path, name: str, arguments: str, samples: np.ndarray) -> bytes:
    if shutil.which("ffmpeg") is None:
        pytest.skip("the ffmpeg program is not installed")
    (tmp_path / "in.wav").write_bytes(wav_bytes(samples))
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(tmp_path / "in.wav"), *arguments.split(), str(tmp_path / name)]
    subprocess.run(command, check=True)
    return (tmp_path / name).read_bytes()


@needs_av
def test_a_video_without_sound_says_so(tmp_path):
    made_by_ffmpeg(tmp_path, "film.mp4", "-f lavfi -i testsrc=size=64x48:rate=5:duration=1 -map 1:v -c:v mpeg4", TONE)
    with pytest.raises(BadInput, match=r"film\.mp4: a video without sound\."):
        read_audio(tmp_path / "film.mp4")


def test_without_av_m4a_names_the_package_and_mp3_is_heard(tmp_path, without_av):
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(500))
    with pytest.raises(
        BadInput, match=r"a\.m4a: this kind of recording is read with the package av: `pip install av`\."
    ):
        read_audio(tmp_path / "a.m4a")
    for kind in ("mp3", "ogg", "flac"):
        assert len(read_audio(encoded(tmp_path, f"a.{kind}"))) == pytest.approx(32_000, abs=2_000)


def test_without_av_what_libsndfile_leaves_out_is_said(tmp_path, without_av):
    noise = np.random.default_rng(0).normal(0, 0.1, 960_000)
    (tmp_path / "both.flac").write_bytes(2 * encoded(tmp_path, "a.flac", noise).read_bytes())
    sound = stream_audio(tmp_path / "both.flac")
    assert sum(map(len, sound)) == pytest.approx(960_000, abs=10)
    assert "could be heard; `pip install av`" in sound.notices[0]


DECODE = (
    "import sys; from app.audio.reading import decoding; decoding.av_missing = lambda: {missing}\n"
    "from app.audio.reading.reader import read_audio; from utils import BadInput\n"
    "try: print(len(read_audio(sys.argv[1])) // 16000)\n"
    "except BadInput as error: print(error)"
)


@pytest.mark.parametrize("missing", [False, True])
def test_no_decoder_writes_to_the_terminal(tmp_path, missing):
    """libmpg123 warns on file descriptor 2 of broken frames, FFmpeg through its log."""
    if not missing and av_missing():
        pytest.skip("the package av is not installed")
    data = bytearray(encoded(tmp_path, "a.mp3", np.tile(TONE, 5)).read_bytes())
    rng = np.random.default_rng(1)
    for at in rng.integers(400, len(data), 300):
        data[at] = rng.integers(256)
    (tmp_path / "broken.mp3").write_bytes(bytes(3000) + data[:9000] + b"ID3" + bytes(700) + data[9000:])
    command = [sys.executable, "-c", DECODE.format(missing=missing), str(tmp_path / "broken.mp3")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_what_others_write_meanwhile_is_not_lost():
    code = (
        "import os\nfrom app.audio.reading.quiet import quiet\n"
        "with quiet():\n"
        "    os.write(2, b'[src/libmpg123/parse.c:skip_junk():1276] error: no\\n')\n"
        "    os.write(2, b'Note: Illegal Audio-MPEG-Header\\nmine\\n')\n"
        "os.write(2, b'later\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "mine\nlater\n"
    with quiet():
        pass


def test_libraries_are_loaded_when_a_file_is_read():
    code = "import sys; import app.audio.reading.reader; print({'av', 'soundfile', 'soxr'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "set()\n"


@needs_av
def test_a_codec_that_nobody_knows_is_refused(tmp_path):
    """An RF64 file whose format chunk names none: found among damaged files."""
    head = (
        b"RF64\xff\xff\xff\xffWAVEds64" + (28).to_bytes(4, "little") + bytes([102, *[0] * 7, 6, *[0] * 7, 1, *[0] * 11])
    )
    form = bytes.fromhex("feff060044ac00000002ee0006000000 0000003e800000000100000000001000800000aa00389b71")
    (tmp_path / "odd.wav").write_bytes(head + b"fmt " + (40).to_bytes(4, "little") + form + b"data\xff\x03" + bytes(8))
    with pytest.raises(BadInput, match=r"odd\.wav: not an audio file that can be read"):
        read_audio(tmp_path / "odd.wav")


@pytest.mark.parametrize("length", range(12, 36))
def test_an_rf64_file_that_ends_in_its_sizes_is_refused(tmp_path, length):
    head = b"RF64\xff\xff\xff\xffWAVEds64" + (28).to_bytes(4, "little") + bytes(28)
    (tmp_path / "cut.wav").write_bytes(head[:length])
    with pytest.raises(BadInput, match=r"cut\.wav: "):
        read_audio(tmp_path / "cut.wav")


@needs_av
@pytest.mark.parametrize("kind", ["s64", "s64p", "fltp", "u8p", "s16", "dbl"])
def test_frames_of_all_kinds_and_many_channels_are_read(kind):
    """PyAV's own way ended the process for eight planes and more, and did not know 64 bits."""
    import av

    frame = av.AudioFrame(format=kind, layout="7.1", samples=64)
    planar, type_ = kind.endswith("p"), np.dtype(TYPES[kind.removesuffix("p")])
    for channel, plane in enumerate(frame.planes[: 8 if planar else 1]):
        values = np.full(64, channel + 1) if planar else np.tile(np.arange(1, 9), 64)
        data = values.astype(type_).tobytes()
        plane.update(data + bytes(plane.buffer_size - len(data)))
    scale = {"u1": 128, "i2": 2**15, "i8": 2.0**63}.get(TYPES[kind.removesuffix("p")], 1)
    expected = (np.arange(1, 9) - (128 if "u8" in kind else 0)) / scale
    assert np.allclose(samples_of(frame), np.tile(expected, (64, 1)), rtol=1e-6, atol=0)
