"""Speech through a codec and back, in memory, in time with what went in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from utils import SAMPLE_RATE

if TYPE_CHECKING:
    import av

MOST_DELAY_S = 0.15
"""Encoders and decoders together hold sound back for less than this."""


@dataclass(frozen=True)
class Codec:
    """One of FFmpeg's codecs, and how it is used. It codes one channel of 16-bit samples at ``rate`` Hz."""

    encoder: str
    decoder: str
    rate: int = 8000
    bit_rate: int = 0
    """Bits per second; 0 for codecs that have one rate only."""
    options: tuple[tuple[str, str], ...] = ()
    """FFmpeg's options for the encoder."""
    in_wav: bool = False
    """Whether it goes through a WAV file in memory: its decoder asks how many bits a sample has."""

    @property
    def missing(self) -> str:
        """What this machine lacks for it: FFmpeg's encoder or decoder; "" if both are there."""
        return _missing(self.encoder, "w") or _missing(self.decoder, "r")

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Samples (n,) float32 at 16 kHz, coded and decoded: (n,) float32. Raises av.error.FFmpegError without it."""
        return in_time(self._coded, samples, self.rate, _delay(self))

    def _coded(self, samples: np.ndarray) -> np.ndarray:
        """Samples (n,) int16 at ``rate`` -> what is decoded of them, as late as the codec is, float32."""
        decoded = list(self._through_file(samples) if self.in_wav else self._through_packets(samples))
        out = np.concatenate([_floats(frame) for frame in decoded])
        return _resampled(out, decoded[0].sample_rate, self.rate)

    def _through_packets(self, samples: np.ndarray) -> Iterator[av.AudioFrame]:
        import av

        encoder = av.CodecContext.create(self.encoder, "w")
        encoder.sample_rate, encoder.layout = self.rate, "mono"
        self._set(encoder)
        encoder.open()
        packets = [packet for frame in self._frames(samples, encoder) for packet in encoder.encode(frame)]
        packets += encoder.encode(None)
        decoder = av.CodecContext.create(self.decoder, "r")
        decoder.sample_rate, decoder.layout = self.rate, "mono"
        if encoder.extradata:
            decoder.extradata = encoder.extradata
        for packet in (*packets, None):
            yield from decoder.decode(packet)

    def _through_file(self, samples: np.ndarray) -> Iterator[av.AudioFrame]:
        import av

        file = io.BytesIO()
        with av.open(file, "w", format="wav") as container:
            stream = container.add_stream(self.encoder, rate=self.rate, layout="mono")
            self._set(stream.codec_context)
            for frame in self._frames(samples, stream.codec_context):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        file.seek(0)
        with av.open(file, format="wav") as container:
            yield from container.decode(audio=0)

    def _set(self, encoder: av.AudioCodecContext) -> None:
        encoder.format = encoder.codec.audio_formats[0]
        if self.bit_rate:
            encoder.bit_rate = self.bit_rate
        encoder.options = dict(self.options)

    def _frames(self, samples: np.ndarray, encoder: av.AudioCodecContext) -> Iterator[av.AudioFrame]:
        """The samples in frames as long as the encoder wants them, the last one filled up with zeros."""
        import av

        length = encoder.frame_size or self.rate // 50
        padded = np.concatenate((samples, np.zeros(-len(samples) % length, np.int16)))
        name = encoder.format.name
        if name.startswith("flt"):
            padded = padded.astype(np.float32) / 32768
        elif name.startswith("s32"):
            padded = padded.astype(np.int32) << 16
        for index, part in enumerate(padded.reshape(-1, length)):
            frame = av.AudioFrame.from_ndarray(part[None], format=name, layout="mono")
            frame.sample_rate, frame.pts = self.rate, index * length
            yield frame


class GSM:
    """GSM full rate (06.10), 13 kbit/s, as libsndfile codes it: FFmpeg has its decoder only."""

    rate = 8000
    missing = ""

    def __call__(self, samples: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Samples (n,) float32 at 16 kHz, coded and decoded: (n,) float32."""
        return in_time(self._coded, samples, self.rate, 0)

    def _coded(self, samples: np.ndarray) -> np.ndarray:
        import soundfile

        file = io.BytesIO()
        soundfile.write(file, samples, self.rate, format="WAV", subtype="GSM610")
        file.seek(0)
        return soundfile.read(file, dtype="float32")[0]


def in_time(code: Callable[[np.ndarray], np.ndarray], samples: np.ndarray, rate: int, delay: int) -> np.ndarray:
    """Samples (n,) float32 at 16 kHz through ``code`` at ``rate`` Hz, ``delay`` samples of that rate earlier: (n,)."""
    narrow = _resampled(samples, SAMPLE_RATE, rate)
    late = np.zeros(round(MOST_DELAY_S * rate), np.float32)
    out = code(_pcm16(np.concatenate((narrow, late))))[delay : delay + len(narrow)]
    return fit(_resampled(out, rate, SAMPLE_RATE), len(samples))


def fit(samples: np.ndarray, length: int) -> np.ndarray:
    """Samples (n,) as (length,) float32: cut off, or with zeros behind."""
    return np.pad(samples[:length], (0, max(0, length - len(samples)))).astype(np.float32, copy=False)


@cache
def _delay(codec: Codec) -> int:
    """By how many samples of its rate a codec is late: where what comes out is most like what went in."""
    rng = np.random.default_rng(0)
    probe = rng.standard_normal(2 * codec.rate)
    spectrum = np.fft.rfft(probe)
    frequency = np.fft.rfftfreq(len(probe), 1 / codec.rate)
    spectrum *= (frequency > 200) & (frequency < 3000)
    probe = np.fft.irfft(spectrum, len(probe))
    probe *= np.repeat(rng.uniform(0.2, 1.0, 40), codec.rate // 20)  # louder and softer, as syllables are
    probe = (0.1 * probe / probe.std()).astype(np.float32)
    late = np.zeros(round(MOST_DELAY_S * codec.rate), np.float32)
    out = codec._coded(_pcm16(np.concatenate((probe, late))))
    size = 1 << (len(probe) + len(out)).bit_length()
    likeness = np.fft.irfft(np.fft.rfft(out, size) * np.conj(np.fft.rfft(probe, size)), size)
    return int(np.argmax(np.abs(likeness[: len(late)])))


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    if rate == wanted:
        return samples
    import soxr

    return soxr.resample(samples, rate, wanted).astype(np.float32, copy=False)


def _pcm16(samples: np.ndarray) -> np.ndarray:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


def _floats(frame: av.AudioFrame) -> np.ndarray:
    """A decoded frame of one channel as (n,) float32."""
    out = frame.to_ndarray()[0]
    if out.dtype.kind == "f":
        return out.astype(np.float32, copy=False)
    return (out / float(1 << (8 * out.itemsize - 1))).astype(np.float32)


@cache
def _missing(name: str, mode: str) -> str:
    try:
        import av
        from av.codec.codec import UnknownCodecError
    except ImportError:
        return "the package av"
    try:
        av.Codec(name, mode)
    except UnknownCodecError:
        return f"FFmpeg's {name}"
    return ""
