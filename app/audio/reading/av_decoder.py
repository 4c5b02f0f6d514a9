"""PyAV (FFmpeg's libraries): whatever is compressed, in whatever container, and the sound track of a video.

FFmpeg opens far more than recordings: playlists, lists of files, addresses. None of it here. It gets the bytes of the
one file that was asked for and no name, the demuxers and decoders of a list and no others, and whatever else it wants
to open is refused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np

from app.audio.reading.faults import DamagedAudio, NotAudio
from app.audio.reading.length import UNKNOWN, Length
from app.audio.reading.view import View

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mp3,mpeg,mpegts,"
    "nistsphere,ogg,tta,voc,w64,wav,wv"
)
"""Demuxers of recordings and videos: none of them opens a second file."""
CODECS = (
    "aac,aac_latm,ac3,eac3,alac,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,ape,flac,gsm,gsm_ms,g722,g726,"
    "g726le,g723_1,g729,ilbc,mp1,mp1float,mp2,mp2float,mp3,mp3float,nellymoser,opus,libopus,qdm2,shorten,speex,"
    "truespeech,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice,dca,adpcm_ima_qt,adpcm_ima_wav,"
    "adpcm_ms,adpcm_swf,adpcm_yamaha,mace3,mace6"
)
"""Decoders, besides PCM's."""
ESTIMATED = ("aac", "ac3", "eac3", "amr", "amrnb", "amrwb", "avi", "mp3", "mpeg", "mpegts", "ogg")
"""Containers that hold no length, or that at their end; FFmpeg works one out of the bit rate or the last time stamp."""
EXACT_SEEKING = ("flac", "mov,mp4,m4a,3gp,3g2,mj2")
"""Containers whose time stamps are exact and whose index is cheap; others are decoded from their beginning."""
LEAD_S = 1.0
"""Decoded before the place that was asked for: codecs need what came before."""
EMPTY_PACKETS = 10_000
"""So many packets without a byte in them are a trap, not a recording."""


def av_missing() -> bool:
    """Whether PyAV is not installed, or cannot be loaded here."""
    try:
        import av  # noqa: F401
    except ImportError:
        return True
    return False


class AvDecoder:
    """See ``decoder.Decoder``. Raises NotAudio for what holds no sound that it decodes."""

    def __init__(self, file: View):
        import av

        self.notices: list[str] = []
        self._view, self._errors = file, av.error.FFmpegError
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "none", "codec_whitelist": CODECS}
        try:
            self._container = av.open(file, options=options, metadata_errors="replace", io_open=_refuse)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise NotAudio(str(error)) from None
        try:
            self._choose()
        except BaseException:
            self.close()
            raise

    def _choose(self) -> None:
        """The sound track: the one marked as default, or the first."""
        from av.stream import Discard

        streams = self._container.streams
        stream = streams.best("audio")
        if stream is None:
            raise NotAudio("a video without sound" if streams.video else "no sound in it")
        if stream.codec_context is None:
            raise NotAudio("its sound is coded in a way that nobody knows")
        codec = stream.codec_context.name
        if codec not in CODECS.split(",") and not codec.startswith("pcm_"):
            raise NotAudio(f"its sound is coded as {codec}, which is not decoded here")
        for other in streams:
            if other is not stream:
                with contextlib.suppress(AttributeError, ValueError):
                    other.discard = Discard.all
        stream.codec_context.thread_count = 1
        self._stream, self.rate = stream, stream.codec_context.sample_rate
        self.channels = stream.codec_context.channels
        self._alone = len(streams) == 1  # what belongs to others is skipped
        self.length = self._said_length()
        if not self.rate or not self.channels:
            self._probe()

    def _probe(self) -> None:
        """A stream whose header leaves the rate or the channels open shows them with its first samples."""
        first = next(self._frames(), None)
        if first is None:
            raise NotAudio("nothing in it can be decoded")
        self.rate, self.channels = first.sample_rate, first.layout.nb_channels
        self._container.seek(0)

    def _said_length(self) -> Length:
        stream, format_name = self._stream, self._container.format.name
        if stream.duration is not None and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        elif self._container.duration is not None:
            seconds = self._container.duration / 1e6
        else:
            return UNKNOWN
        if not 0 < seconds < 1e7:
            return UNKNOWN
        if format_name == "mp3":
            return Length(seconds, exact=_has_frame_count(self._view))
        return Length(seconds, exact=format_name in EXACT_SEEKING or (self._alone and format_name not in ESTIMATED))

    def seek(self, time_s: float) -> float:
        stream = self._stream
        if self._container.format.name not in EXACT_SEEKING or time_s <= 2 * LEAD_S or not stream.time_base:
            return 0.0
        start = stream.start_time or 0
        target = start + round((time_s - LEAD_S) / stream.time_base)
        with contextlib.suppress(*(self._errors,)):
            self._container.seek(target, stream=stream, backward=True)
            first = next(self._frames(), None)
            if first is not None and first.pts is not None:
                at_s = float((first.pts - start) * first.time_base)
                if at_s <= time_s:
                    self._container.seek(target, stream=stream, backward=True)
                    return at_s
        self._container.seek(start, stream=stream, backward=True)
        return 0.0

    def blocks(self, most: int) -> Iterator[tuple[int, np.ndarray]]:
        kept: list[np.ndarray] = []
        count, rate, channels = 0, self.rate, self.channels
        for frame in self._frames():
            samples = samples_of(frame)
            if kept and (frame.sample_rate != rate or samples.shape[1] != channels):
                yield rate, np.concatenate(kept)
                kept, count = [], 0
            rate, channels = frame.sample_rate, samples.shape[1]
            kept.append(samples)
            count += len(samples)
            if count >= most:
                yield rate, np.concatenate(kept)
                kept, count = [], 0
        if kept:
            yield rate, np.concatenate(kept)

    def _frames(self) -> Iterator:
        """The decoded frames; what is damaged between them is counted and left out."""
        packets = lost = empty = 0
        reading = self._container.demux(self._stream)
        broke_off = given = False
        while True:
            try:
                packet = next(reading, None)
            except (self._errors, OSError, EOFError):
                broke_off = True
                break
            if packet is None:
                break
            packets += 1
            empty += not packet.size
            if empty > EMPTY_PACKETS or packets > self._view.size + EMPTY_PACKETS:
                broke_off = True
                break
            try:
                for frame in packet.decode():
                    if frame.samples and frame.sample_rate:
                        given = True
                        yield frame
            except (self._errors, EOFError):
                lost += 1
        if not given:
            raise DamagedAudio("damaged audio (nothing in it can be decoded)" if lost else "no audio in it")
        # One or two are usual: where files were joined, or where a stream was cut inside of a packet.
        if lost > max(2, 0.01 * packets):
            self.notices.append(f"damaged audio ({lost} of {packets} packets could not be decoded)")
        elif broke_off:
            self.notices.append("damaged audio (it breaks off)")
        elif self._alone and self._view.read_bytes < 0.9 * self._view.size:
            unread = 1 - self._view.read_bytes / self._view.size
            self.notices.append(f"damaged audio ({unread:.0%} of its bytes were not read; were files joined?)")

    def close(self) -> None:
        self._container.close()


TYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}
"""Sample formats of FFmpeg, without the "p" of planes."""


def samples_of(frame) -> np.ndarray:
    """A decoded frame as (n, channels) float32, full scale +-1."""
    channels, kind = frame.layout.nb_channels, TYPES[frame.format.name.removesuffix("p")]
    if frame.format.is_planar:  # to_ndarray() goes beyond the last of eight planes or more, and the process ends
        samples = np.stack([np.frombuffer(plane, kind, frame.samples) for plane in frame.planes[:channels]], axis=1)
    else:
        samples = np.frombuffer(frame.planes[0], kind, frame.samples * channels).reshape(-1, channels)
    if samples.dtype.kind == "f":
        return np.ascontiguousarray(samples, dtype=np.float32)
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    return samples.astype(np.float32) / np.float32(-float(np.iinfo(samples.dtype).min))


def _has_frame_count(file: View) -> bool:
    """Whether an MP3 says how many frames it has: in a frame of its own, after Xing or VBRI, the first."""
    at = file.tell()
    file.seek(0)
    head = file.read(10)
    start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=False))
    file.seek(start if head[:3] == b"ID3" else 0)
    frame = file.read(2048)
    file.seek(at)
    return any(name in frame for name in (b"Xing", b"Info", b"VBRI"))


def _refuse(url: str, flags: int, options: dict) -> None:
    raise PermissionError("a recording does not open other files")
