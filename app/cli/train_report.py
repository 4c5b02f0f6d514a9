"""What ``python -m app train`` prints of a finished model: figures on the speakers and clips set aside."""

from __future__ import annotations


def decision_line(model: str, card: dict) -> str:
    """EER and threshold of a card, on the speakers set aside."""
    held_aside = card["held_aside"]
    return (
        f"{model}: EER {held_aside['eer']:.2%} on the speakers set aside; "
        f"threshold {card['threshold']} (1 % false accepts, {held_aside['false_rejects']:.1%} false rejects)."
    )


def closed_set_line(closed_set: dict) -> str:
    """Accuracy and F1 on the clips set aside (``closed_set.measure_closed_set``)."""
    return (
        f"Of {closed_set['clips']} clips set aside of {closed_set['speakers']} speakers, {closed_set['accuracy']:.1%}"
        f" are given to the right one of {closed_set['among']}; F1 {closed_set['f1']:.3f}."
    )


def overlap_line(measured: dict) -> str:
    """How well an overlap head does on windows of the speakers set aside (``OverlapHead.measured``)."""
    return (
        f"Two at once: {measured['found']:.1%} of their windows of a second are found, with"
        f" {measured['false_alarms']:.1%} false alarms, on the speakers set aside."
    )


def held_aside_lines(card: dict, figures: dict) -> list[str]:
    """Figures measured again (``export.measure_aside``), each with what the card says in brackets."""
    lines = [
        f"  {now['speech_s']:3g} s: threshold {now['threshold']:.3f} ({then['threshold']:.3f}),"
        f" false rejects {now['false_rejects']:.1%} ({then['false_rejects']:.1%}),"
        f" EER {now['eer']:.1%} ({then['eer']:.1%})"
        for now, then in zip(figures["thresholds"], card["thresholds"], strict=True)
    ]
    lines.append(f"  Cllr {figures['held_aside']['cllr']:.3f} ({card['held_aside']['cllr']:.3f})")
    if "gender" in figures:
        now, then = figures["gender"]["held_aside"], card["gender"]["held_aside"]
        lines.append(
            f"  gender: {now['answered']:.1%} answered ({then['answered']:.1%}),"
            f" {now['right']:.1%} right ({then['right']:.1%})"
        )
    return lines
