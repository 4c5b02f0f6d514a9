"""Sound of your own, here raw 16-bit samples at 16 kHz, one channel, from standard input:

ffmpeg -i talk.m4a -f s16le -ar 16000 -ac 1 - | python examples/stream.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from app import Heard
from app.audio.file_source import StreamSource


def blocks() -> Iterator[np.ndarray]:
    while pcm := sys.stdin.buffer.read(3200):  # a tenth of a second
        yield np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2").astype(np.float32) / 32768


heard, shown = Heard(), None
for said in heard.listen(StreamSource("standard input", blocks())):
    if said.label != shown:
        shown = said.label
        print(f"{said.time_s:7.2f}  {shown or '-'}", flush=True)
