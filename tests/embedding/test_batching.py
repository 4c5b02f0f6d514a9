"""The batching encoder against the plain one, asked by many threads."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.audio.reading.reader import read_audio
from app.embedding.batching import BatchingEncoder
from utils import BadInput, HeardError


@pytest.fixture
def batching(encoder):
    made = BatchingEncoder(encoder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def speech(demo_dir):
    return read_audio(demo_dir / "conversation.flac")


def together(*jobs) -> list:
    """Run jobs in threads that begin at the same time; their answers or exceptions."""
    barrier, answers = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(index: int) -> None:
        barrier.wait()
        try:
            answers[index] = jobs[index]()
        except Exception as error:
            answers[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_everybody_gets_their_own_answers(batching, encoder, speech):
    signals = [[speech[1000 * i : 1000 * i + length] for length in (16000, 32000, 48000)] for i in range(8)]
    answers = together(*(lambda own=own: batching.embed_batch(own) for own in signals))
    for own, answer in zip(signals, answers, strict=True):
        assert answer == pytest.approx(encoder.embed_batch(own), abs=1e-4)


def test_signals_that_wait_share_a_run(batching, speech):
    windows = [speech[800 * i : 800 * i + 32000] for i in range(64)]
    together(*(lambda window=window: batching.embed(window) for window in windows))
    assert batching.signals == 64
    assert batching.runs < 48


def test_a_long_request_does_not_hold_up_a_short_one(batching, speech):
    long = threading.Thread(target=batching.embed_batch, args=([speech[:48000]] * 120,))
    long.start()
    batching.embed(speech[:16000])
    assert long.is_alive()
    long.join()
    assert batching.signals == 121


def test_a_signal_too_short_spoils_nobody_elses(batching, encoder, speech):
    good, bad = together(lambda: batching.embed(speech[:16000]), lambda: batching.embed(speech[:100]))
    assert good == pytest.approx(encoder.embed(speech[:16000]), abs=1e-4)
    assert isinstance(bad, BadInput)


def test_an_error_of_the_network_reaches_whoever_asked_and_it_goes_on(batching, encoder, speech):
    wrong = np.zeros((16000, 2), np.float32)  # two channels: the network refuses
    with pytest.raises(Exception, match=r".+"):
        batching.embed(wrong)
    assert batching.embed(speech[:16000]) == pytest.approx(encoder.embed(speech[:16000]), abs=1e-4)


def test_the_rest_is_the_encoders(batching, encoder):
    assert (batching.sha256, batching.dim, batching.rule()) == (encoder.sha256, encoder.dim, encoder.rule())
    assert batching.embed_batch([]).shape == (0, encoder.dim)


def test_closed_it_refuses(encoder, speech):
    batching = BatchingEncoder(encoder)
    batching.close()
    with pytest.raises(HeardError, match="stopping"):
        batching.embed(speech[:16000])


def test_windows_of_many_streams_share_batches(batching, speech):
    """Not the windows of the encoder behind it, which one thread alone may use."""
    windows = batching.windows()
    windows.append(speech[: 16 * 512])
    assert windows.embed([(0, 8 * 512), (512, 9 * 512)]).shape == (2, batching.dim)
    assert batching.signals == 2
