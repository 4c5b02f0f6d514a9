"""Which decoder reads what.

libsndfile reads the formats whose samples lie in the file as they are: WAV, RF64, W64, AIFF, AU, CAF, NIST SPHERE and
their like. It is exact to the sample, seeks at no cost, and comes with soundfile on every platform. It believes
headers, though. For WAV the chain of chunks is followed first (``wav_header``); of the others the bytes that the header
speaks of are compared with those that are there, and where they differ PyAV reads the file.

PyAV reads everything compressed. Of FLAC, Ogg, Opus and MP3 libsndfile reads as much as their headers claim: an MP3
without a Xing header ended after two thirds of it, of files joined end to end only the first part was heard, and FLAC
of unknown length ended in an error. FFmpeg's libraries go on to the last byte, leave the encoder's delay out where the
format tells it, and read m4a, webm, wma and the rest besides. Without PyAV libsndfile reads those four and says so if
bytes are left over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from app.audio.reading.av_decoder import AvDecoder, av_missing
from app.audio.reading.declared import container_size, declared_size
from app.audio.reading.decoder import Decoder
from app.audio.reading.faults import DamagedAudio, EmptyAudio, NotAudio
from app.audio.reading.length import UNKNOWN, Length
from app.audio.reading.mp4_boxes import mp4_parts
from app.audio.reading.sndfile_decoder import SndfileDecoder
from app.audio.reading.view import View
from app.audio.reading.wav_header import PLAIN_CODECS, WavPart, file_size, wav_parts

SNDFILE_ONLY = (
    b"riff\x2e\x91\xcf\x11",
    b".snd",
    b"caff",
    b"NIST_1A",
    b"2BIT",
    b" paf",
    b"FORM",
    b"\x64\xa3",
    b"Creative",
)
"""First bytes of further formats with plain samples."""
FOREIGN = (b"\x1aE\xdf\xa3", b"0&\xb2u", b"#!AMR", b"\xff\xf1", b"\xff\xf9")
"""First bytes of Matroska and WebM, ASF, AMR and AAC; MP4 has its name behind a size."""
ADPCM = (0x0002, 0x0011)
KNOWN_TEXTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"v=0", b"<?xml", b"<MPD", b"<asx")
PLAYLIST = "a list of other files, not a recording; give the recordings themselves"
NEEDS_AV = "this kind of recording is read with the package av: `pip install av`"
NO_INDEX = "damaged audio (its index is missing: the recording, or the copy, was not finished)"
UNREADABLE = "not an audio file that can be read (wav, flac, ogg, opus, mp3, m4a, mp4, webm, wma and others can)"


def open_decoder(file: BinaryIO) -> Decoder:
    """The decoder for a file's bytes. Raises NotAudio, EmptyAudio or DamagedAudio, whose message is a phrase."""
    size = file_size(file)
    head = file.read(64)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(KNOWN_TEXTS):
        raise NotAudio(PLAYLIST)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return _open_wav(file, size)
    if head.startswith(SNDFILE_ONLY):
        return _open_plain(file, size)
    if av_missing():
        return _without_av(file, head)
    parts = mp4_parts(file, size)
    if len(parts) > 1:
        return JoinedDecoder([View(file, at, length) for at, length in parts], AvDecoder)
    try:
        return _with_missing(AvDecoder(View(file)), file, size)
    except NotAudio as error:
        with contextlib.suppress(NotAudio, EmptyAudio):
            return SndfileDecoder(View(file), noisy=True)
        if head[4:8] == b"ftyp" and str(error).startswith("[Errno"):
            raise DamagedAudio(NO_INDEX) from None
        raise NotAudio(_why(str(error))) from None


def _with_missing(decoder: AvDecoder, file: BinaryIO, size: int) -> AvDecoder:
    """Say what is missing of a video, whose sound has no length of its own that is exact."""
    at = file.tell()
    declared = 0 if decoder.length.exact else container_size(file) or 0
    file.seek(at)
    if size < 0.99 * declared < 1000 * size:
        decoder.notices.append(f"damaged audio ({1 - size / declared:.0%} of the file is missing)")
    return decoder


def _why(reason: str) -> str:
    return reason if reason.startswith(("a video", "its sound", "no sound")) else UNREADABLE


def _open_wav(file: BinaryIO, size: int) -> Decoder:
    parts = wav_parts(file, size)
    if not parts:
        raise EmptyAudio("no audio in it")
    if len(parts) == 1:
        return _wav_decoder(parts[0])
    return JoinedDecoder(parts, _wav_decoder)


def _wav_decoder(part: WavPart) -> Decoder:
    length = UNKNOWN if part.says_s is None else Length(part.says_s, exact=part.codec in PLAIN_CODECS)
    if part.codec in PLAIN_CODECS:
        with contextlib.suppress(NotAudio):
            return SndfileDecoder(View(part.file), length)
    decoder = _av_or_sndfile(part.file)
    if part.codec in ADPCM and part.says_s is not None:
        decoder.length = Length(part.says_s, exact=True)
    return decoder


def _open_plain(file: BinaryIO, size: int) -> Decoder:
    """A format that libsndfile reads, unless its header and its bytes do not fit each other."""
    decoder = _plain_decoder(file, size)
    if size < (declared := declared_size(file) or 0) < 1000 * size:  # beyond that the header is damaged, not the copy
        decoder.notices.append(f"damaged audio ({1 - size / declared:.0%} of it is missing)")
    elif 1000 < declared < 0.9 * size:
        decoder.notices.append(f"damaged audio ({1 - declared / size:.0%} of its bytes lie behind its end: not heard)")
    return decoder


def _plain_decoder(file: BinaryIO, size: int) -> Decoder:
    try:
        decoder = SndfileDecoder(View(file))
    except (NotAudio, EmptyAudio) as error:
        if av_missing():
            raise
        with contextlib.suppress(NotAudio):
            return AvDecoder(View(file))
        raise type(error)(UNREADABLE if isinstance(error, NotAudio) else str(error)) from None
    expected = decoder.expected_bytes()
    if not expected or 0.98 * size - 65536 <= expected <= size:
        return decoder
    if not av_missing():
        with contextlib.suppress(NotAudio):
            other = AvDecoder(View(file))
            if expected > size:
                other.length = UNKNOWN
            decoder.close()
            return other
    return decoder


def _av_or_sndfile(file: BinaryIO) -> Decoder:
    if not av_missing():
        with contextlib.suppress(NotAudio):
            return AvDecoder(View(file))
    try:
        return SndfileDecoder(View(file), noisy=True)
    except NotAudio:
        raise NotAudio(NEEDS_AV if av_missing() else UNREADABLE) from None


def _without_av(file: BinaryIO, head: bytes) -> Decoder:
    try:
        return SndfileDecoder(View(file), noisy=True)
    except NotAudio:
        foreign = head[4:8] == b"ftyp" or head.startswith(FOREIGN)
        raise NotAudio(NEEDS_AV if foreign else UNREADABLE) from None


class JoinedDecoder:
    """Recordings that lie one behind the other in a file, as one."""

    def __init__(self, parts: Sequence, opened):
        self._parts, self._opened = list(parts), opened
        self._now: Decoder = opened(self._parts[0])
        self.rate, self.channels, self.notices = self._now.rate, self._now.channels, []
        self.length = UNKNOWN  # of the first alone is known

    def seek(self, time_s: float) -> float:
        return 0.0

    def blocks(self, most: int) -> Iterator[tuple[int, np.ndarray]]:
        for number in range(len(self._parts)):
            if number:
                self._now.close()
                try:
                    self._now = self._opened(self._parts[number])
                except (NotAudio, EmptyAudio):
                    self.notices.append(f"damaged audio (part {number + 1} of {len(self._parts)} cannot be read)")
                    continue
            yield from self._now.blocks(most)
            self.notices += self._now.notices

    def close(self) -> None:
        self._now.close()
