"""Examples that stand below the help of every verb."""

from __future__ import annotations

import argparse
import textwrap

EXAMPLES: dict[str, tuple[str, ...]] = {
    "live": (
        "python test.py                                   the window",
        "python test.py --terminal --device USB           text, by a microphone that has USB in its name",
        "python test.py --file talk.m4a --export talk.srt  who spoke when, as subtitles",
        "python test.py --mqtt localhost/heard            tells a broker, and Home Assistant, who is here",
        "python test.py --demo --terminal                 a made conversation, without a microphone",
    ),
    "record": (
        'python record_samples.py "Ana"                   half a minute of sentences to read',
        'python record_samples.py "Ana" --file ana.wav    of a recording',
    ),
    "build": (
        "python build_voiceprint.py                       of everybody who was recorded",
        "python build_voiceprint.py --from people/        of a folder with a sub-folder for each person",
        "python build_voiceprint.py --model large         for another model",
    ),
    "benchmarks": ("python -m app benchmarks start --starts 3",),
    "cut": ("python -m app cut talk.m4a --out voices/", "python -m app cut talk.m4a --out voices/ --gaps keep"),
    "devices": ("python -m app devices",),
    "evaluate": ("python -m app evaluate trials.txt --audio-root wavs/ --json",),
    "export": ("python -m app export --model mine.safetensors --out mine.onnx",),
    "extract": ("python -m app extract clips.csv --out embeddings/",),
    "gate": (
        "python -m app gate --who Ana --out heard          the microphone into the output called heard",
        "python -m app gate --who Ana --who Ben --file talk.m4a --out both.wav",
    ),
    "label": (
        "python -m app label talk.m4a --transcript talk.srt            talk.speakers.srt, with names",
        "python -m app label talk.m4a --transcript talk.json --out named.json",
        'python -m app label --transcript talk.speakers.srt --rename "Unknown 1=Ben"',
    ),
    "plot": ("python -m app plot tsne embeddings/ --out voices.png",),
    "serve": (
        "python -m app serve",
        "python -m app serve --port 9000 --model large",
        "python -m app serve --wyoming tcp://127.0.0.1:10400",
    ),
    "train": ("python -m app train app/training/recipes/embedded.toml",),
    "verify": ("python -m app verify ana.wav who.wav", "python -m app verify ana.wav who.wav --json"),
    "voices": ("python -m app voices list", 'python -m app voices rename "Ana" "Anna"'),
    "where": ("python -m app where", "python -m app where --json"),
    "forget-everything": ("python -m app forget-everything",),
    "completion": (
        "source <(python -m app completion bash)                          bash, until the shell ends",
        "python -m app completion zsh > ~/.zfunc/_heard                   zsh, where ~/.zfunc is in fpath",
        "python -m app completion fish > ~/.config/fish/completions/heard.fish",
    ),
}
"""Verb -> command lines, with what they do where that is not plain."""
HEAD = "examples:\n"


class _WithExamples(argparse.HelpFormatter):
    """Wraps text as ever, but leaves the lines of the examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(HEAD):
            return textwrap.indent(text, indent)
        return super()._fill_text(text, width, indent)


def examples(verb: str) -> dict[str, object]:
    """What an ``ArgumentParser`` is told besides, so that its help ends in the verb's examples."""
    lines = "".join(f"  {line}\n" for line in EXAMPLES[verb])
    return {"epilog": f"{HEAD}{lines}", "formatter_class": _WithExamples}
