"""Recordings as people have them: codec x container x rate x channels x header, made by the ffmpeg program in one run.

Each is the same few seconds of speech. Faults are put into the bytes afterwards.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Encoding:
    """One way to encode; ``arguments`` are ffmpeg's."""

    name: str
    arguments: str
    least: float = 0.97
    """Cosine with the embedding of the original that it has to reach: less for codecs that take more away."""
    video: bool = False


RATES = ((8000, 1), (16000, 1), (44100, 2), (48000, 1))
WIDE = ((16000, 1), (44100, 2), (48000, 1))


def _each(suffix: str, codec: str, kinds=RATES, least: float = 0.97, more: str = "", label: str = "") -> list[Encoding]:
    return [
        Encoding(
            f"{label or codec}-{rate}-{channels}.{suffix}",
            f"-vn -c:a {codec} -ar {rate} -ac {channels} {more}",
            0.42 if rate == 8000 else least,
        )
        for rate, channels in kinds
    ]


PLAIN = [
    *(one for codec in ("pcm_s16le", "pcm_mulaw") for one in _each("wav", codec)),
    *(one for codec in ("pcm_s24le", "pcm_s32le", "pcm_f32le") for one in _each("wav", codec, WIDE)),
    *(one for codec in ("pcm_u8", "pcm_alaw", "pcm_f64le") for one in _each("wav", codec, ((16000, 1),), 0.85)),
    *_each("wav", "pcm_s16le", ((44100, 6),), label="surround"),
    *_each("wav", "pcm_s16le", WIDE[:2], more="-rf64 always", label="rf64"),
    *_each("w64", "pcm_s16le", WIDE[:2]),
    *_each("aiff", "pcm_s16be", WIDE[:2]),
    *_each("aiff", "pcm_s24be", WIDE[1:2]),
    *_each("au", "pcm_s16be", WIDE[:2]),
    *_each("caf", "pcm_s16be", WIDE[:2]),
    *_each("voc", "pcm_u8", WIDE[:1], 0.85),
]
CODED = [
    *(one for codec in ("adpcm_ms", "adpcm_ima_wav") for one in _each("wav", codec, WIDE[:2], 0.88)),
    *_each("wav", "libmp3lame", WIDE[1:2], 0.93, label="mp3-in"),
    *_each("flac", "flac"),
    *_each("ogg", "libvorbis", least=0.93),
    *_each("opus", "libopus", WIDE[2:] + RATES[:1], 0.93),
    *_each("ogg", "flac", WIDE[:1], label="ogg-flac"),
    *_each("mp3", "libmp3lame", least=0.8),
    *_each("mp3", "libmp3lame", WIDE, 0.9, "-q:a 4 -write_xing 0", "vbr-without-xing"),
    *_each("mp3", "libmp3lame", WIDE[:1], 0.9, "-b:a 32k", "small"),
    *_each("mp2", "mp2", WIDE[1:], 0.93),
    *_each("m4a", "aac", least=0.93),
    *_each("m4a", "alac", WIDE[:2]),
    *_each("mp4", "aac", WIDE[1:], 0.93, "-movflags +faststart", "faststart"),
    *_each("mp4", "aac", WIDE[1:2], 0.93, "-movflags frag_keyframe+empty_moov", "fragmented"),
    *_each("mov", "pcm_s16le", WIDE[:2]),
    *_each("3gp", "aac", RATES[:2], 0.93),
    *_each("aac", "aac", WIDE[:2], 0.93, label="adts"),
    *_each("mka", "libopus", WIDE[2:], 0.93),
    *_each("mkv", "flac", WIDE[:2]),
    *_each("webm", "libopus", WIDE[2:], 0.93),
    *_each("webm", "libvorbis", WIDE[:2], 0.93),
    *_each("webm", "libopus", WIDE[2:], 0.93, "-live 1", "live"),
    *_each("wma", "wmav2", WIDE[:2], 0.9),
    *_each("wma", "wmav1", WIDE[1:2], 0.9),
    *_each("ac3", "ac3", WIDE[1:], 0.9),
    *_each("tta", "tta", WIDE[:1]),
    *_each("wv", "wavpack", WIDE[:2]),
    *_each("flv", "libmp3lame", WIDE[1:2], 0.93),
    *_each("avi", "libmp3lame", WIDE[1:2], 0.93),
    *_each("mts", "aac", WIDE[1:2], 0.93, "-f mpegts"),
    *_each("mpg", "mp2", WIDE[1:2], 0.93, "-f mpeg"),
]
VIDEOS = [
    Encoding("film.mp4", "-map 0:a -map 1:v -c:v mpeg4 -c:a aac -shortest", 0.93, video=True),
    Encoding("film.mkv", "-map 1:v -map 0:a -c:v mpeg4 -c:a libopus -shortest", 0.93, video=True),
    Encoding("film.webm", "-map 1:v -map 0:a -c:v libvpx -c:a libvorbis -shortest", 0.93, video=True),
    Encoding("film.avi", "-map 1:v -map 0:a -c:v mpeg4 -c:a libmp3lame -shortest", 0.8, video=True),
]
ENCODINGS = PLAIN + CODED + VIDEOS


@dataclass(frozen=True)
class OddFile:
    path: Path
    encoding: Encoding
    parts: float = 1.0
    """How often the speech is in it: 2 for joined files, less than 1 for what was cut off."""


def make_odd_files(speech: Path, folder: Path) -> list[OddFile]:
    """All of them, of the WAV file ``speech``, in ``folder``."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(speech)]
    command += ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=60"]
    for encoding in ENCODINGS:
        arguments = encoding.arguments.split()
        mapped = [] if encoding.video else ["-map", "0:a"]
        command += [*mapped, *arguments, str(folder / encoding.name)]
    subprocess.run(command, check=True, timeout=300)
    found = [OddFile(folder / encoding.name, encoding) for encoding in ENCODINGS]
    for whole in list(found):
        for fault, data, parts in _faults(whole.path):
            path = whole.path.with_name(f"{fault}-{whole.path.name}")
            path.write_bytes(data)
            found.append(OddFile(path, whole.encoding, parts))
    return found


def _faults(path: Path) -> Iterator[tuple[str, bytes, float]]:
    """(name, bytes, how often the speech is in them) of the faults that such a file is given."""
    data, kind = path.read_bytes(), path.suffix
    yield "cut", data[: 6 * len(data) // 10], 0.6
    if kind in (".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a", ".aac", ".mp4") and "film" not in path.name:
        yield "joined", data + data, 2.0
    if kind == ".wav" and data[:4] == b"RIFF":
        yield from _wav_faults(data)
    elif kind == ".flac":
        yield "unknown", data[:21] + bytes([data[21] & 0xF0]) + bytes(4) + data[26:], 1.0
    elif kind == ".mp3":
        yield "tagged", b"ID3\4\0\0\0\0\x10\0" + bytes(2048) + data, 1.0
        at = max(data.find(b"Xing", 0, 4096), data.find(b"Info", 0, 4096))
        if at > 0:
            frames = struct.unpack(">I", data[at + 8 : at + 12])[0]
            for name, wrong in (("short", frames // 3), ("long", 3 * frames)):
                yield f"{name}-xing", data[: at + 8] + struct.pack(">I", wrong) + data[at + 12 :], 1.0


def _wav_faults(data: bytes) -> Iterator[tuple[str, bytes, float]]:
    at = data.index(b"data")
    size = struct.unpack("<I", data[at + 4 : at + 8])[0]
    for name, wrong in (("never-closed", 0), ("streamed", 0xFFFFFFFF), ("half-said", size // 4 * 2)):
        riff = wrong if wrong in (0, 0xFFFFFFFF) else at + wrong
        yield (
            name,
            data[:4] + struct.pack("<I", riff) + data[8 : at + 4] + struct.pack("<I", wrong) + data[at + 8 :],
            1.0,
        )
    chunk = b"LIST" + struct.pack("<I", 27) + b"INFO" + bytes(24)
    yield "odd-chunk", data[:at] + chunk + data[at:] + chunk, 1.0
