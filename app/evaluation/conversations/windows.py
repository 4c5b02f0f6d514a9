"""Which windows and hop: the live engine over made conversations, for a grid of both."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.source import AudioBlock
from app.corpus.clips import Clip
from app.diarisation.recogniser import LiveConfig, Recogniser
from app.embedding.encoder import Encoder
from app.enrolment.segments import embed_robustly, pooled
from app.evaluation.conversations.live_metrics import ScreenCounts, ScreenScore, count_screen, screen_score
from app.evaluation.conversations.simulate import Conversation, ConversationConfig, build_conversation
from app.scoring.gallery import Gallery
from app.scoring.identification import Identification
from utils import SAMPLE_RATE


@dataclass(frozen=True)
class WindowRow:
    """One setting, over all conversations."""

    config: LiveConfig
    score: ScreenScore
    core: float
    """Part of one core that keeping up takes."""


def play(conversation: Conversation, recogniser: Recogniser) -> list[Identification]:
    """The engine's answers to a conversation, hop by hop, none skipped."""
    hop = round(recogniser.config.hop_s * SAMPLE_RATE)
    return [
        recogniser.step(AudioBlock(conversation.samples[at : at + hop], at / SAMPLE_RATE))
        for at in range(0, len(conversation.samples), hop)
    ]


def enrol(conversation: Conversation, encoder: Encoder) -> Gallery:
    """Voiceprints of a conversation's enrolled people."""
    voices = [pooled(*embed_robustly(encoder, speech)) for speech in conversation.enrolment.values()]
    return Gallery(tuple(conversation.enrolment), np.stack(voices), encoder.cohort)


def compare(
    encoder: Encoder,
    clips: Sequence[Clip],
    settings: Sequence[LiveConfig],
    *,
    seeds: Sequence[int],
    snr_db: float = 20.0,
) -> Iterator[WindowRow]:
    """Play the same conversations, one for each seed, with every setting."""
    conversations = [build_conversation(clips, ConversationConfig(seed=seed, snr_db=snr_db)) for seed in seeds]
    galleries = [enrol(conversation, encoder) for conversation in conversations]
    for config in settings:
        counts, busy_s, heard_s = ScreenCounts(), 0.0, 0.0
        for conversation, gallery in zip(conversations, galleries, strict=True):
            began = time.perf_counter()
            said = play(conversation, Recogniser(encoder, gallery, config=config))
            busy_s += time.perf_counter() - began
            heard_s += len(conversation.samples) / SAMPLE_RATE
            counts += count_screen(conversation.reference, said)
        yield WindowRow(config, screen_score(counts), busy_s / heard_s)


def grid(longest_s: Sequence[float], hops_s: Sequence[float]) -> list[LiveConfig]:
    """The default settings with each hop and with windows of no more than each length."""
    default = LiveConfig()
    return [
        dataclasses.replace(default, hop_s=hop, tracker=dataclasses.replace(default.tracker, windows_s=windows))
        for longest in longest_s
        for windows in [(*(w for w in default.tracker.windows_s if w < longest), longest)]
        for hop in hops_s
    ]
