"""The model card for people: MODEL_CARD.md, written from the JSON card beside the weights and from nothing else."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from app.evaluation.markdown import markdown_table
from utils import atomic_write, percent, read_card

_percent = partial(percent, space=" ")


def write_model_card(weights: str | os.PathLike) -> Path:
    """Write ``MODEL_CARD.md`` beside ``weights``. Raises BadInput or HeardError if these have no readable card."""
    path = Path(weights).with_name("MODEL_CARD.md")
    with atomic_write(path, public=True) as file:
        file.write(render(read_card(weights), read_int8_card(weights), read_large_card(weights)).encode())
    return path


def read_int8_card(weights: str | os.PathLike) -> dict | None:
    """The card of the int8 form of ``weights`` that lies beside them; None if there is none of just these weights."""
    path = Path(weights).with_name(f"{Path(weights).stem}-int8.onnx")
    if not path.with_suffix(".json").is_file():
        return None
    card = read_card(path)
    return card if card["made_from"]["sha256"] == read_card(weights)["sha256"] else None


def read_large_card(weights: str | os.PathLike) -> dict | None:
    """The card of the large model that lies beside ``weights``; None if there is none of which these are a part."""
    path = Path(weights).with_name("large.json")
    if not path.is_file():
        return None
    card = read_card(path)
    return card if read_card(weights)["sha256"] in {part["sha256"] for part in card["made_from"]} else None


def render(card: dict, int8: dict | None = None, large: dict | None = None) -> str:
    """A card (see ``model.save_checkpoint``) as Markdown, with that of the int8 form made from the same weights, and
    that of the large model of which they are a part."""
    figures, open_set = card.get("figures"), card.get("open_set")
    measured = [_figures(figures, card["name"]), _sessions(card.get("sessions"))]
    measured += [_open_set(open_set), _reliability(open_set), _gender(card)]
    parts = [_head(card), _decision(card), *measured, _int8(int8), _large(large), _training(card), _data(card)]
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
    return f"{text}\n\n{_thresholds_table(card)}"


def _thresholds_table(card: dict) -> str:
    rows = [
        (f"{row['speech_s']:g} s", f"{row['threshold']:.3f}", _percent(row["false_rejects"]), _percent(row["eer"]))
        for row in card.get("thresholds", [])
    ]
    return markdown_table(("speech", "threshold", "false rejects at 1 % false accepts", "EER"), rows)


def _figures(figures: dict | None, name: str) -> str:
    if not figures:
        return ""
    return f"""## Accuracy

On people it was not trained on, as `{figures["command"]}` prints. "Noisy" is in a simulated room, with noise 10 dB
below the speech; both recordings of a pair are.

{_figures_table(figures, name)}"""


def _figures_table(figures: dict, name: str, *, groups: bool = True) -> str:
    rows = [
        (
            corpus,
            (f"{row['crop_s']:g} s" if row["crop_s"] else "whole") + (", noisy" if row.get("noisy") else ""),
            row.get("model", name),
            _percent(of["eer"]),
            " to ".join(map(_percent, of["eer_interval"])),
            str(of["speakers"]),
            str(of["trials"]),
        )
        for row in figures["rows"]
        for corpus, of in (_with_groups(row) if groups else [(row["corpus"], row)])
    ]
    header = ("corpus", "speech", "model", "EER", "90 % interval over speakers", "speakers", "pairs")
    return markdown_table(header, rows)


def _sessions(figures: dict | None) -> str:
    if not figures:
        return ""
    return f"""## Another day, another telephone

Calls of people who called several times, as `{figures["command"]}` prints; the rows above are of
one day and one microphone each. A person's own calls are compared, and those of others; "missed" and "accepted" are
what verification's threshold does with them.

{_sessions_table(figures)}"""


def _sessions_table(figures: dict) -> str:
    rows = [
        (
            row["condition"],
            {"whole": "half a call", "3 s": "3 s"}.get(length, length),
            _percent(of["eer"]),
            " to ".join(map(_percent, of["eer_interval"])),
            _percent(of["false_rejects"]),
            _percent(of["false_accepts"]),
            f"{of['targets']} + {of['trials'] - of['targets']}",
        )
        for row in figures["rows"]
        for length, of in row["lengths"].items()
    ]
    header = ("calls", "speech", "EER", "90 % interval over speakers", "missed", "accepted", "pairs: own + others'")
    return markdown_table(header, rows)


def _with_groups(row: dict) -> list[tuple[str, dict]]:
    """(whose voices, figures) of a row, and of the adults and the children in it."""
    return [(row["corpus"], row)] + [
        (f"{row['corpus']}, {group}", row[group]) for group in ("adults", "children") if group in row
    ]


def _open_set(figures: dict | None) -> str:
    if not figures:
        return ""
    rows = [
        (
            row["corpus"],
            row["model"],
            _percent(row["right"]),
            " to ".join(map(_percent, row["right_interval"])),
            _percent(row["misnamed"]),
            _percent(row["closed_set"]),
            str(row["speakers"]),
        )
        for row in figures["rows"]
    ]
    header = (
        "corpus",
        "model",
        "right",
        "90 % interval over speakers",
        "another name",
        "right, no strangers",
        "speakers",
    )
    return f"""## Naming, strangers among them

Five people enrolled with 20 s of speech each, everybody else of the corpus a stranger: how many windows of 2 s of the
enrolled get their name, where 1 % of the strangers' windows get one, as `{figures["command"]}` prints.

{markdown_table(header, rows)}"""


def _reliability(figures: dict | None) -> str:
    """What the model says of its own certainty, and what came of it."""
    measured = [row for row in figures["rows"] if "reliability" in row] if figures else []
    if not measured:
        return ""
    costs = [(row["corpus"], f"{row['cllr']:.3f}", f"{row['min_cllr']:.3f}") for row in measured]
    rows = [
        (row["corpus"], _percent(tenth["said"]), _percent(tenth["same"]), str(tenth["trials"]))
        for row in measured
        for tenth in row["reliability"]
    ]
    return f"""## How sure it is

The same windows against every voiceprint, as likely of one person as of two: the cost of the likelihood ratios in
bits (1 knows nothing), and what the best calibration of these very scores would have. Half of the speech that they are
fitted on is noisy, where owners score lower; of speech as clean as this, and after 20 s of enrolment, a middling
probability is too high: it is a stranger.

{markdown_table(("corpus", "Cllr", "lowest Cllr"), costs)}

How often it was one person where that was said to be so probable (mean of each tenth with ten trials or more):

{markdown_table(("corpus", "said", "came true", "trials"), rows)}"""


def _gender(card: dict) -> str:
    gender = card.get("gender")
    if not gender:
        return ""
    aside = gender["held_aside"]
    text = f"""## Gender

A head on the embedding, for adults. On {aside["speakers"]} speakers set aside it answers
{_percent(aside["answered"])} of the time, and {_percent(aside["right"])} of these answers are right. Below a certainty
of {_percent(gender["abstain"])} it does not answer."""
    rows = [
        (
            whose,
            f"{row['crop_s']:g} s" if row["crop_s"] else "whole",
            _percent(of["gender"]["answered"]),
            _percent(of["gender"]["right"]),
            _percent(of["gender"]["answered"] * (1 - of["gender"]["right"])),
            str(of["gender"]["clips"]),
        )
        for row in (card.get("figures") or {"rows": []})["rows"]
        if not row.get("noisy") and row.get("gender")
        for whose, of in _with_groups(row)[-2:]  # adults and children apart where there are both
        if of["gender"]["right"] is not None
    ]
    if not rows:
        return text
    header = ("corpus", "speech", "answered", "right of these", "wrong of all", "recordings")
    return f"""{text}

On people it was not trained on, measured with the accuracy above:

{markdown_table(header, rows)}"""


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
    table = _figures_table(figures, card["name"], groups=False)
    return f"{text} Beside the float one, as\n`{figures['command']}` prints:\n\n{table}"


def _large(card: dict | None) -> str:
    if not card:
        return ""
    (own, public), data = card["made_from"], card["data"][-1]
    text = f"""## {card["name"]}

These weights and `{public["name"]}` (revision `{public["revision"]}`, SHA-256
`{public["sha256"]}`) side by side: each makes its part of the squared length of the
embedding, {own["share"]:g} and {public["share"]:g}, so that the cosine of two embeddings is the mean of the
networks' cosines. The public network ({public["licence"]}, trained by SpeechBrain on {data["corpus"]},
{data["licence"]}, {data["credit"]}) was not trained here and does not come with the program; it
is downloaded and computed on 8-bit integers. Threshold {card["threshold"]:.3f}, measured like the one above
(`python -m app train app/training/recipes/embedded.toml --large`).

{_thresholds_table(card)}"""
    figures, parts = card.get("figures"), [text]
    if figures:
        parts.append(f"As `{figures['command']}` prints:\n\n{_figures_table(figures, card['name'], groups=False)}")
    if card.get("sessions"):
        parts.append(f"Calls of other days, as `{card['sessions']['command']}` prints:")
        parts.append(_sessions_table(card["sessions"]))
    if card.get("open_set"):
        parts.append(_open_set(card["open_set"]).removeprefix("## Naming, strangers among them\n\n"))
    return "\n\n".join(parts)


def _training(card: dict) -> str:
    training = card["training"]
    return f"""## Training

`{training["command"]}`: {training["speakers"]} speakers, {training["speech_h"]:g} h of speech,
{training["steps_done"]} steps, on from the runs that docs/training.md lists. Every setting is in the JSON card and in
the configuration."""


def _data(card: dict) -> str:
    rows = [(entry["corpus"], entry["licence"], entry["credit"]) for entry in card["data"]]
    return f"## Data, licences and credits\n\n{markdown_table(('corpus', 'licence', 'credit'), rows)}"
