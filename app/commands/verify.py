"""``python -m app verify A B``: whether one person speaks in both files."""

from __future__ import annotations

import argparse
import json

from app.commands._options import add_compute_option, add_model_option
from utils import SAMPLE_RATE, BadInput, read_audio


def run(argv: list[str]) -> int:
    """Compare the voices of two files, each with one person speaking."""
    parser = argparse.ArgumentParser(prog="python -m app verify", description=__doc__)
    parser.add_argument("a", metavar="A", help="an audio file")
    parser.add_argument("b", metavar="B", help="another")
    add_model_option(parser)
    parser.add_argument("--threshold", type=float, metavar="T", help="cosine in place of the model's own threshold")
    add_compute_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)

    from app.enrolment.pieces import SHORTEST_S, embed, pooled
    from app.recognition.decision import probability
    from app.recognition.encoder import Encoder
    from app.recognition.scoring import similarities
    from app.recognition.speech import keep_speech

    files = (options.a, options.b)
    sounds = [read_audio(path) for path in files]
    encoder = Encoder.load(options.model, compute=options.compute)
    voices, spoken = [], []
    for path, sound in zip(files, sounds, strict=True):
        speech = keep_speech(sound)
        spoken.append(len(speech) / SAMPLE_RATE)
        if spoken[-1] < SHORTEST_S:
            raise BadInput(f"{path}: {spoken[-1]:.1f} s of speech are too little (at least {SHORTEST_S:g} s).")
        voices.append(pooled(*embed(encoder, speech)))
    score = float(similarities(voices[0][None], voices[1][None], encoder.cohort)[0, 0])
    rule = encoder.rule(options.threshold).at(min(spoken))
    result = {
        "score": round(score, 4),
        "cosine": round(float(voices[0] @ voices[1]), 4),
        "probability": round(probability(score, rule), 4),
        "same": score >= rule.threshold,
        "threshold": round(rule.threshold, 4),
        "speech_s": [round(seconds, 2) for seconds in spoken],
    }
    if options.json:
        print(json.dumps(result))
    else:
        verdict = "the same person" if result["same"] else "not the same person, or not surely"
        print(f"{verdict}: score {score:.3f}, needs {rule.threshold:.3f}; probability {result['probability']:.0%}")
        print(f"speech used: {spoken[0]:.1f} s and {spoken[1]:.1f} s")
    return 0
