"""The names that columns of lists have, in any case and order, and the words that say whether one person speaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

FILE, SPEAKER, START, END, DURATION = "FILE", "SPEAKER", "START", "END", "DURATION"
LABEL, ENROL, TEST, SCORE = "LABEL", "ENROL", "TEST", "SCORE"
NAMES: Mapping[str, tuple[str, ...]] = {
    role: tuple(names.split())
    for role, names in {
        FILE: "file path filename audio wav audiofilepath filepath audiofile audiopath wavfile wavpath audiofilename"
        " recording",
        SPEAKER: "speaker clientid speakerid spk label spkid speakername speakerlabel person",
        START: "starts start starttime startsec startseconds offset offsets begin onset",
        END: "ends end endtime endsec endseconds stop",
        DURATION: "duration durations dur durationsec durationseconds",
        LABEL: "target label same samespeaker issame istarget targettype key match score",
        ENROL: "enrol enroll enrolment enrollment filea patha a file1 path1 enrolfile enrollfile enrolmentfile"
        " enrollmentfile enrolpath enrollpath audioa audio1 wava wav1 utt1 utterance1 audiofilepath1 reference ref",
        TEST: "test fileb pathb b file2 path2 testfile testpath audiob audio2 wavb wav2 utt2 utterance2"
        " audiofilepath2 probe",
        SCORE: "score scores similarity cosine llr",
    }.items()
}
"""Role of a column -> the names it may have, folded (see ``fold``), the first that is there being taken."""

SAME = "1 1.0 true t yes y target tgt tar same samespeaker genuine positive pos match"
DIFFERENT = "0 0.0 false f no n nontarget nontgt non imp impostor imposter different diff negative neg nonmatch"
DIFFERENT += " differentspeaker"
LABELS = {**dict.fromkeys(SAME.split(), True), **dict.fromkeys(DIFFERENT.split(), False)}
LONGEST_LABEL = 20
SECONDS = re.compile(r"(\((s|sec|seconds)\)|\[(s|sec|seconds)\])$")


@lru_cache(maxsize=4096)  # of JSON lines each has all names anew
def fold(name: str) -> str:
    """The name of a column without what people write differently: case, blanks, "_", "-", "." and the unit "(s)"."""
    folded = re.sub(r"[\s_.\-]+", "", unicodedata.normalize("NFKC", name)).casefold()
    return SECONDS.sub("", folded)


def read_label(cell: str) -> bool | None:
    """Whether a cell says that one person speaks in both files; None if it says nothing of that."""
    known = LABELS.get(cell)
    if known is not None or len(cell) > LONGEST_LABEL:
        return known
    return LABELS.get(re.sub(r"[\s_\-]+", "", cell).casefold())


def is_label(word: str) -> bool:
    """Whether a word of a line without a heading is a label: 0, 1, or one of more than a letter."""
    return word in ("0", "1") or (1 < len(word) <= LONGEST_LABEL and word[0].isalnum() and read_label(word) is not None)


def read_number(cell: str) -> float:
    """A number with a point, or with the comma of many a spreadsheet. Raises ValueError for what is none."""
    return float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)


def find_role(role: str, folded: Sequence[str]) -> int | None:
    """The place of the column that plays a role; None if there is none."""
    return next((folded.index(name) for name in NAMES[role] if name in folded), None)
