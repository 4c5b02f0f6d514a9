"""Channels that are heard each by itself: two timelines in one, a voice in its own channel only."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from app.audio.channels_source import ChannelsSource
from app.audio.source import AudioBlock
from app.diarisation.conference import HERE_AND_REMOTE, Channels, Conference, recorded_channels
from app.diarisation.recogniser import listen
from app.embedding.windows import Windows
from app.enrolment.build import gallery_from_folder
from app.scoring.gallery import Gallery
from app.scoring.identification import plain
from app.scoring.labels import person
from tests.support.call import Call, demo_call, leaked


@pytest.fixture(scope="module")
def call(demo_dir) -> Call:
    return demo_call(demo_dir, 45.0)


@pytest.fixture(scope="module")
def gallery(encoder, demo_dir):
    return gallery_from_folder(demo_dir / "enrolment", encoder)


def heard(
    encoder, gallery, one: np.ndarray, other: np.ndarray, channels: Channels, *, recorded: bool = False
) -> tuple[Conference, list]:
    frames = np.stack([one, other], axis=1)
    blocks = (frames[at : at + 16_000] for at in range(0, len(frames), 16_000))
    conference = Conference(encoder, gallery, channels=channels)
    return conference, list(listen(ChannelsSource("call", blocks, recorded=recorded), conference))


def right_s(conference: Conference, call: Call) -> tuple[float, float, float]:
    """Seconds of speech with the right name on the right side, of all speech, and of turns where nobody speaks."""
    turns = conference.timeline.turns()
    grid = round(call.turns[-1].end_s * 100) + 200
    right = spoken = extra = 0.0
    for channel in (1, 2):
        truth, said = np.full(grid, "", object), np.full(grid, "", object)
        for turn in call.turns:
            if turn.channel == channel:
                label = "unknown" if turn.label == "Stranger" else str(turn.label)
                truth[round(turn.start_s * 100) : round(turn.end_s * 100)] = label
        for turn in turns:
            if turn.channel == channel:
                said[round(turn.start_s * 100) : round(turn.end_s * 100)] = str(plain(turn.label))
        right += (truth[truth != ""] == said[truth != ""]).sum() / 100
        spoken += (truth != "").sum() / 100
        near = np.convolve(truth != "", np.ones(61), "same") > 0  # 0.3 s on either side
        extra += ((said != "") & ~near).sum() / 100
    return right, spoken, extra


def test_a_call_with_crosstalk_has_a_voice_per_side_and_no_second_turn(encoder, gallery, call):
    one, other = call.here + leaked(call.remote, -20), call.remote + leaked(call.here, -20)
    conference, answers = heard(encoder, gallery, one, other, recorded_channels(2))
    right, spoken, extra = right_s(conference, call)
    assert right / spoken > 0.9
    assert extra == 0
    turns = conference.timeline.turns()
    assert all(a.start_s <= b.start_s for a, b in pairwise(turns))
    assert {answer.channel for answer in answers} == {1, 2}
    assert {answer.side for answer in answers} == {None}


@pytest.mark.parametrize("channels", [recorded_channels(2), HERE_AND_REMOTE])
def test_a_call_that_is_looked_into_gives_the_answers_of_a_live_one(encoder, gallery, call, channels):
    one, other = call.here + leaked(call.remote, -20), call.remote
    one, other = one[: 24 * 16_000], other[: 24 * 16_000]
    live, said = heard(encoder, gallery, one, other, channels)
    ahead, said_too = heard(encoder, gallery, one, other, channels, recorded=True)
    assert len({(turn.channel, turn.label) for turn in live.timeline.turns()}) >= 3  # else this compares nothing
    assert live.timeline.turns() == ahead.timeline.turns()
    assert [(a.time_s, a.channel, a.label, a.overlap) for a in said] == [
        (a.time_s, a.channel, a.label, a.overlap) for a in said_too
    ]


def test_a_call_that_is_looked_into_is_embedded_in_batches(encoder, gallery, call, monkeypatch):
    runs, embed = [], Windows.embed
    monkeypatch.setattr(encoder, "windows", lambda: Windows(encoder))
    monkeypatch.setattr(Windows, "embed", lambda self, spans: runs.append(len(spans)) or embed(self, spans))
    one, other = call.here[: 10 * 16_000], call.remote[: 10 * 16_000]
    heard(encoder, gallery, one, other, recorded_channels(2), recorded=True)
    assert max(runs) > 8


def test_the_echo_of_a_loudspeaker_is_remote_only(encoder, gallery, call):
    here = call.here + leaked(call.remote, -15, 0.08)
    conference, answers = heard(encoder, gallery, here, call.remote, HERE_AND_REMOTE)
    right, spoken, extra = right_s(conference, call)
    assert right / spoken > 0.9
    assert extra == 0
    assert {(answer.channel, answer.side) for answer in answers} == {(1, "here"), (2, "remote")}


def test_unknown_voices_of_two_channels_have_different_numbers(encoder, gallery, call):
    """Two strangers, one on each side: with nobody enrolled all four people are."""
    nobody = Gallery((), gallery.vectors[:0], gallery.cohort)
    conference, _ = heard(encoder, nobody, call.here, call.remote, recorded_channels(2))
    turns = conference.timeline.turns()
    numbers = [{turn.label for turn in turns if turn.channel == channel and turn.label.number} for channel in (1, 2)]
    assert all(len(found) >= 2 for found in numbers)
    assert not numbers[0] & numbers[1]
    assert {label.number % 2 for label in numbers[0]} == {1}
    voices = conference.unknowns()
    assert {voice.label for voice in voices} <= numbers[0] | numbers[1]
    remote = next(voice.label for voice in voices if voice.label in numbers[1])
    assert len(conference.unknown_speech(remote)) > 16_000
    conference.relabel(remote, person("Zoë"))
    named = [turn for turn in conference.timeline.turns() if turn.label == "Zoë"]
    assert named
    assert {turn.channel for turn in named} == {2}


def test_blocks_of_any_length_are_heard_whole_and_on_time(encoder, gallery):
    """What does not fill a chunk waits for the next block."""
    conference = Conference(encoder, gallery, channels=recorded_channels(2))
    rng, at, ends = np.random.default_rng(0), 0, []
    for count in (1000, 2048, 700, 511, 3001):
        sound = rng.normal(0, 0.01, (count, 2)).astype(np.float32)
        answers = list(conference.answers(AudioBlock(sound[:, 0], at / 16_000, channels=sound)))
        at += count
        ends += [answer.time_s for answer in answers if answer.channel == 2]
    assert ends == [pytest.approx(total // 512 * 512 / 16_000) for total in (1000, 3048, 3748, 4259, 7260)]
