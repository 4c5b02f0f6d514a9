"""The parts of ``python -m app benchmarks`` that measure how the program behaves, not how fast it is."""

from __future__ import annotations

import argparse
import itertools
import sys

from utils import BadInput


def day(options: argparse.Namespace) -> None:
    from app.benchmarks.soak import DayConfig, DayReport, simulate
    from app.demo import DEMO
    from app.diarisation.recogniser import Recogniser
    from app.embedding.load import load_encoder
    from app.enrolment.build import gallery_from_folder
    from utils import read_audio

    if not 0.1 <= options.hours <= 1000:
        raise BadInput(f"--hours {options.hours:g}: a day is simulated with 0.1 to 1000 hours.")
    encoder = load_encoder(options.model, compute="cpu")
    recogniser = Recogniser(encoder, gallery_from_folder(DEMO / "enrolment", encoder))
    print(f"\n{options.hours:g} hours of sound, a tenth of it the demo's conversation, as fast as it runs:")
    print("    hour  memory    turns  to list them  voices without a name, kept  processor")
    config = DayConfig(hours=options.hours)
    for told in simulate(read_audio(DEMO / "conversation.flac"), recogniser, config):
        if isinstance(told, DayReport):
            print(f"  {told}")
        else:
            print(f"  {told}", flush=True)


def thresholds(options: argparse.Namespace) -> None:
    from app.corpus.clips import read_clips
    from app.embedding.load import load_encoder
    from app.evaluation.open_set import OpenSetConfig, cast_parts
    from app.evaluation.own_thresholds import compare, know

    encoder, clips = load_encoder(options.model), read_clips(options.speech)
    if encoder.cohort is None:
        raise BadInput("benchmarks thresholds: this model brings no cohort to normalise scores with.")
    print("\nOne threshold or one for each person: five enrolled, windows of speech with a voiceprint of 20 s:")
    for corpus, seconds in itertools.product(sorted({clip.corpus for clip in clips}), (1.0, 3.0)):
        config = OpenSetConfig(window_s=seconds)
        try:
            parts = cast_parts([clip for clip in clips if clip.corpus == corpus], config)
        except BadInput as error:
            print(f"heard: left out {corpus}: {error}", file=sys.stderr)
            continue
        people = [know(part, encoder) for part in parts]
        heading = f"{corpus}, {seconds:g} s, {len(people)} people"
        print(f"\n  {heading:<42}  rejects  accepts   spread    worst")
        for row in compare(people, encoder.cohort, encoder.rule().at(seconds).threshold, enrolled=config.enrolled):
            print(f"  {row}", flush=True)


def positions(options: argparse.Namespace) -> None:
    from app.corpus.clips import read_clips
    from app.embedding.load import load_encoder
    from app.evaluation.open_set import OpenSetConfig, cast_parts
    from app.evaluation.positions import DRAWS, compare, enough, know, mean_rows

    encoder, clips = load_encoder(options.model), read_clips(options.speech)
    print("\nEnrolled with 20 s from near, a step back and softly; windows of 2 s against everybody:")
    for corpus in sorted({clip.corpus for clip in clips}):
        own, draws = [clip for clip in clips if clip.corpus == corpus], []
        try:
            for draw in range(DRAWS):
                parts = [part for part in cast_parts(own, OpenSetConfig(seed=draw)) if enough(part)]
                people = [know(part, encoder, 1000 * draw + number) for number, part in enumerate(parts)]
                draws.append(compare(people, encoder.cohort))
        except BadInput as error:
            print(f"heard: left out {corpus}: {error}", file=sys.stderr)
            continue
        print(f"\n  {f'{corpus}, {len(people)} people':<40}heard      EER  rejects at 1 %")
        for row in mean_rows(draws):
            print(f"  {row}", flush=True)


def overlap(options: argparse.Namespace) -> None:
    from app.corpus.clips import read_clips
    from app.embedding.load import load_encoder
    from app.evaluation.conversations.benchmark import condition
    from app.evaluation.conversations.meetings import meetings, read_excerpts
    from app.evaluation.conversations.overlap_detection import OverlapCounts, measure_overlap
    from app.evaluation.conversations.simulate import ConversationConfig, build_conversation

    encoder, clips = load_encoder(options.model, compute="cpu"), read_clips(options.speech)
    if encoder.overlap is None:
        raise BadInput("benchmarks overlap: this model does not tell whether two people speak at once.")
    print("\nTwo people at once, as the live engine tells it:\n")
    print(f"  {'':<38}answers right of all     stretches found          of")
    for corpus, kind in itertools.product(sorted({clip.corpus for clip in clips}), ("clean", "20", "10", "room+20")):
        where, total = condition(kind), OverlapCounts()
        own = [clip for clip in clips if clip.corpus == corpus]
        try:
            for seed in range(1, options.conversations + 1):
                config = ConversationConfig(seed=seed, snr_db=where.snr_db, rt60_s=where.rt60_s)
                total += measure_overlap(build_conversation(own, config), encoder)
        except BadInput as error:
            print(f"heard: left out {corpus}, {where.name}: {error}", file=sys.stderr)
            continue
        print(f"  {f'{corpus}, {where.name}':<38}{total}", flush=True)
    if options.meetings:
        pairs = [
            measure_overlap(conversation, encoder) for _, conversation in meetings(read_excerpts(options.meetings))
        ]
        print(f"  {'meetings':<38}{sum(pairs, OverlapCounts())}")
