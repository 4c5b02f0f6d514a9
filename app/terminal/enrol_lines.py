"""What enrolment in a terminal says of a sample: its figures in words, and the lines of a meter."""

from __future__ import annotations

from app.enrolment.quality import Fault, Quality, judge
from app.enrolment.recorder import Snapshot
from app.enrolment.take import Reading
from app.terminal.text import bar, meter


def describe(quality: Quality) -> str:
    """A sample's figures in words."""
    parts = [f"{quality.speech_s:.1f} s of speech"]
    if quality.speech_s:
        parts.append(f"level {quality.level_db:.0f} dB")
        parts.append("noise not known" if quality.snr_db is None else f"{quality.snr_db:.0f} dB above the noise")
        parts.append(f"{quality.clipped:.1%} clipped" if quality.clipped else "no clipping")
    match = quality.speaker_match
    if match and match.same_voice is not None:
        same = "the same" if match.same_voice >= match.thresholds.different else "not the same"
        parts.append(f"{same} voice as before ({match.same_voice:.2f})")
    if match and match.nearest is not None:
        parts.append(f"nearest other person {match.nearest} ({match.nearest_score:.2f})")
    return ", ".join(parts)


def recording_line(snapshot: Snapshot) -> str:
    """A line about a recording that goes on: level, speech so far, and what is wrong with it just now."""
    quality = snapshot.quality
    done = bar(quality.speech_s / snapshot.wanted_s)
    faults = [problem.fault.value for problem in judge(quality) if problem.fault not in {Fault.SHORT, Fault.MUTE}]
    unheard = "nothing is heard" if snapshot.reading is Reading.UNHEARD else ""
    hint = snapshot.message or unheard or ", ".join(faults)
    return f"{meter(snapshot.level_db)}  {done} {quality.speech_s:4.1f} of {snapshot.wanted_s:g} s  {hint}".rstrip()


def waiting_line(snapshot: Snapshot, text: str) -> str:
    """A line with the level between samples."""
    return f"{meter(snapshot.level_db)}  {snapshot.message or text}".rstrip()
