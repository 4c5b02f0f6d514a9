from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from app.audio.reading.reader import read_audio, stream_audio
from utils import ROOT, BadInput, wav_bytes

pytestmark = pytest.mark.skipif(os.name != "posix", reason="named pipes of POSIX")
SOUND = (0.3 * np.sin(np.arange(24_000) / 5)).astype(np.float32)


@pytest.mark.parametrize("size", [None, 0xFFFFFFFF])
def test_a_named_pipe_is_read_to_its_end_where_it_is_wanted(tmp_path, size):
    os.mkfifo(tmp_path / "pipe")
    wav = wav_bytes(SOUND)
    if size is not None:
        wav = wav[:40] + size.to_bytes(4, "little") + wav[44:]
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(wav,))
    writer.start()
    samples = np.concatenate(list(stream_audio(tmp_path / "pipe", pipes=True)))
    writer.join()
    assert samples == pytest.approx(SOUND, abs=1e-4)


def test_a_pipe_that_gives_nothing_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"",))
    writer.start()
    with pytest.raises(BadInput, match="nothing came through it"):
        read_audio(tmp_path / "pipe", pipes=True)
    writer.join()


READ = (
    "import utils; from app.audio.reading.reader import read_audio\n"
    "utils.run_cli(lambda: print(len(read_audio('-', pipes=True))))"
)


def test_standard_input(tmp_path):
    done = subprocess.run([sys.executable, "-c", READ], input=wav_bytes(SOUND), capture_output=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"24000\n", b"")


def test_a_terminal_is_no_recording():
    import pty

    terminal, end = pty.openpty()
    done = subprocess.run([sys.executable, "-c", READ], stdin=end, capture_output=True, text=True, cwd=ROOT)
    os.close(terminal)
    os.close(end)
    assert done.returncode == 2
    assert (
        done.stderr
        == "heard: -: standard input is no recording: send one through a pipe, as in `cat talk.mp3 | ...`.\n"
    )
