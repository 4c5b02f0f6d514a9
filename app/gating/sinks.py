"""Where sound that passed goes: a WAV file, standard output as raw samples, or an output device."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Protocol

import numpy as np

from app.audio.out.portaudio_output import PortAudioOutput
from app.audio.out.pulse_output import PulseOutput, sinks
from app.outputs import STANDARD
from utils import SAMPLE_RATE, HeardError

DRAIN_S = 0.25
"""How often is looked whether a device still plays what waits for it."""


class Sink(Protocol):
    """Takes sound (n,) float32 at 16 kHz."""

    name: str

    def write(self, samples: np.ndarray) -> None:
        """Raises HeardError if the device went away, and OSError."""

    def close(self) -> None:
        """Once, whatever happened."""


def is_file(out: str) -> bool:
    """Whether an output is a file by its name, or standard output; else it is a device."""
    return out == STANDARD or Path(out).suffix.lower() == ".wav"


def open_sink(out: str) -> Sink:
    """The sink of this name. Raises BadInput and HeardError, in one line."""
    if out == STANDARD:
        return _RawSink()
    return _FileSink(Path(out)) if is_file(out) else _DeviceSink(out)


class _FileSink:
    """A WAV of 16 bits that appears when it is whole; for its owner's eyes."""

    def __init__(self, path: Path):
        import soundfile

        self.name, self._path = str(path), path
        handle, self._part = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.", suffix=".part")
        self._raw = os.fdopen(handle, "wb")
        self._file = soundfile.SoundFile(self._raw, "w", SAMPLE_RATE, 1, "PCM_16", format="WAV")

    def write(self, samples: np.ndarray) -> None:
        self._file.write(np.clip(samples, -1, 1))

    def close(self) -> None:
        try:
            self._file.close()
            self._raw.close()
            os.replace(self._part, self._path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(self._part)
            raise


class _RawSink:
    """16-bit little-endian samples at 16 kHz on standard output, for another program."""

    name = "standard output"

    def write(self, samples: np.ndarray) -> None:
        pcm = np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2")
        sys.stdout.buffer.write(pcm.tobytes())
        sys.stdout.buffer.flush()

    def close(self) -> None:
        sys.stdout.flush()


class _DeviceSink:
    """A sink of the sound server, else a device of PortAudio's, by its name or a part of it."""

    def __init__(self, wanted: str):
        known, part = sinks(), wanted.strip().casefold()
        exact = [name for name, text in known.items() if part in (name.casefold(), text.casefold())]
        meant = exact or [name for name, text in known.items() if part in name.casefold() or part in text.casefold()]
        self._output = PulseOutput(meant[0]) if meant else PortAudioOutput(wanted, tuple(known))
        self.name = self._output.name

    def write(self, samples: np.ndarray) -> None:
        if self._output.error:
            raise HeardError(self._output.error)
        self._output.playback.write(samples)

    def close(self) -> None:
        """What waits is played before, if the device still plays."""
        before_s = float("inf")
        while not self._output.error and 0 < (now_s := self._output.playback.waiting_s) < before_s:
            before_s = now_s
            time.sleep(DRAIN_S)
        self._output.close()
