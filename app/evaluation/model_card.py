"""The model card for people: MODEL_CARD.md, written from the JSON card beside the weights and from nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from utils import atomic_write, read_card


def write_model_card(weights: str | os.PathLike) -> Path:
    """Write ``MODEL_CARD.md`` beside ``weights``. Raises BadInput or HeardError if these have no readable card."""
    path = Path(weights).with_name("MODEL_CARD.md")
    with atomic_write(path) as file:
        file.write(render(read_card(weights), read_int8_card(weights)).encode())
    return path


def read_int8_card(weights: str | os.PathLike) -> dict | None:
    """The card of the int8 form of ``weights`` that lies beside them; None if there is none of just these weights."""
    path = Path(weights).with_name(f"{Path(weights).stem}-int8.onnx")
    if not path.with_suffix(".json").is_file():
        return None
    card = read_card(path)
    return card if card["made_from"]["sha256"] == read_card(weights)["sha256"] else None


def render(card: dict, int8: dict | None = None) -> str:
    """A card (see ``model.save_checkpoint``) as Markdown, with that of the int8 form made from the same weights."""
    figures = [_figures(card.get("figures"), card["name"]), _open_set(card.get("open_set"))]
    parts = [_head(card), _decision(card), *figures, _gender(card), _int8(int8), _training(card), _data(card)]
    return "\n\n".join([*(part for part in parts if part), _LIMITS]) + "\n"


_LIMITS = """## Limits

- Few voices and mostly English: other languages, accents, and voices unlike those of the corpora below are recognised
  less well, and nobody has measured how much less.
- Children's voices are harder to tell apart than adults', and the gender estimate does not hold for them.
- Speech from afar, in noise or through a telephone scores lower: the owner of a voice is then called unknown sooner.
- It is no lock. A recording or an imitation of a voice passes for it."""


def _head(card: dict) -> str:
    arch = card["architecture"]
    return f"""# Model card: {card["name"]}

An ECAPA-TDNN speaker embedding: speech at 16 kHz in, {arch["embedding_dim"]} numbers out, compared by their cosine.
{arch["channels"]} channels, {arch["mfa_channels"]} aggregated, {arch["attention_channels"]} in the attention, first
convolution of stride {arch["stride"]}, {arch["mels"]} log-mel bands. Weights: SHA-256 `{card["sha256"]}`.

Written from the JSON card beside it; do not edit."""


def _decision(card: dict) -> str:
    text = f"""## Deciding

Cosine threshold {card["threshold"]:.3f}, margin to the runner-up {card["margin"]:.2f}. The threshold is where 1 % of
strangers are let in, one comparison each; with less speech less is needed. Measured on {card["held_aside"]["speakers"]}
speakers set aside from training: a voiceprint against one piece of speech of another recording time."""
    rows = [
        (f"{row['speech_s']:g} s", f"{row['threshold']:.3f}", _percent(row["false_rejects"]), _percent(row["eer"]))
        for row in card.get("thresholds", [])
    ]
    return f"{text}\n\n{_table(('speech', 'threshold', 'false rejects at 1 % false accepts', 'EER'), rows)}"


def _figures(figures: dict | None, name: str) -> str:
    if not figures:
        return ""
    return f"""## Accuracy

On people it was not trained on, as `{figures["command"]}` prints. "Noisy" is in a simulated room, with noise 10 dB
below the speech; both recordings of a pair are.

{_figures_table(figures, name)}"""


def _figures_table(figures: dict, name: str) -> str:
    rows = [
        (
            row["corpus"],
            (f"{row['crop_s']:g} s" if row["crop_s"] else "whole") + (", noisy" if row.get("noisy") else ""),
            row.get("model", name),
            _percent(row["eer"]),
            " to ".join(map(_percent, row["eer_interval"])),
            str(row["speakers"]),
            str(row["trials"]),
        )
        for row in figures["rows"]
    ]
    header = ("corpus", "speech", "model", "EER", "90 % interval over speakers", "speakers", "pairs")
    return _table(header, rows)


def _open_set(figures: dict | None) -> str:
    if not figures:
        return ""
    rows = [
        (
            row["corpus"],
            row["model"],
            _percent(row["right"]),
            " to ".join(map(_percent, row["right_spread"])),
            _percent(row["misnamed"]),
            _percent(row["closed_set"]),
            str(row["speakers"]),
        )
        for row in figures["rows"]
    ]
    header = ("corpus", "model", "right", "5 to 95 % of the casts", "another name", "right, no strangers", "speakers")
    return f"""## Naming, strangers among them

Five people enrolled with 20 s of speech each, everybody else of the corpus a stranger: how many windows of 2 s of the
enrolled get their name, where 1 % of the strangers' windows get one, as `{figures["command"]}` prints.

{_table(header, rows)}"""


def _gender(card: dict) -> str:
    gender = card.get("gender")
    if not gender:
        return ""
    aside = gender["held_aside"]
    return f"""## Gender

A head on the embedding, for adults. On {aside["speakers"]} speakers set aside it answers
{_percent(aside["answered"])} of the time, and {_percent(aside["right"])} of these answers are right. Below a certainty
of {_percent(gender["abstain"])} it does not answer."""


def _int8(card: dict | None) -> str:
    if not card:
        return ""
    text = f"""## {card["name"]}

The same network in ONNX, its large matrix products on 8-bit integers (`python -m app export`); SHA-256
`{card["sha256"]}`. Its embeddings have a cosine of at least
{card["made_from"]["least_cosine"]:.4f} to the float ones on the demo; it decides by the same thresholds."""
    figures = card.get("figures")
    if not figures:
        return text
    return f"{text} Beside the float one, as\n`{figures['command']}` prints:\n\n{_figures_table(figures, card['name'])}"


def _training(card: dict) -> str:
    training = card["training"]
    return f"""## Training

`{training["command"]}`: {training["speakers"]} speakers, {training["speech_h"]:g} h of speech,
{training["steps_done"]} steps. Every setting is in the JSON card and in the configuration."""


def _data(card: dict) -> str:
    rows = [(entry["corpus"], entry["licence"], entry["credit"]) for entry in card["data"]]
    return f"## Data, licences and credits\n\n{_table(('corpus', 'licence', 'credit'), rows)}"


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
