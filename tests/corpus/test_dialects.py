"""The same trials and clips in every dialect, encoding, line end, quoting, case and order of columns read the same."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
from pathlib import Path

import pytest

from app.corpus.find import locate
from app.corpus.manifest import open_manifest
from app.corpus.pairs import open_pairs, open_trials

TRIALS = (
    (True, "Ana/0.flac", "Ana/1.flac"),
    (True, "Ben/0.flac", "Ben/my voice.flac"),
    (False, "Ana/0.flac", "Ben/1.flac"),
    (False, "Zoë/0, or 1.flac", "O'Neill/2.flac"),
    (True, 'Cem/"2".flac', "Cem/ö.flac"),
)
HEADINGS = (("target", "enrol", "test"), ("Label", "File_A", "file b"), ("SAME", "enrollment", "TEST"))
LABELS = (("1", "0"), ("Target", "nontarget"), ("TRUE", "FALSE"), ("yes", "No"), ("tgt", "imp"), ("same", "different"))
ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
ORDERS = tuple(itertools.permutations(range(3)))
DELIMITED = (("\t", "tab"), (";", "semicolon"), (",", "comma"), ("|", "bar"))


def rows(labels: tuple[str, str], order: tuple[int, ...], heading: tuple[str, ...] | None) -> list[list[str]]:
    table = [[labels[0] if target else labels[1], enrol, test] for target, enrol, test in TRIALS]
    return [[row[place] for place in order] for row in ([list(heading)] if heading else []) + table]


def delimited(table: list[list[str]], delimiter: str, end: str, *, quoted: bool, blanks: bool) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows(table)
    if not blanks:
        return text.getvalue()
    lines = []
    for row in table:
        cells = [delimited([[cell]], delimiter, "", quoted=quoted, blanks=False) for cell in row]
        lines.append(f"  {f' {delimiter}  '.join(cells)} ")
    return end.join(["", *lines, "", "# the end", ""])


def read(path: Path) -> list[tuple]:
    return [(pair.label, pair.enrol, pair.test) for pair in open_trials(path)]


CASES = [
    (delimiter, name, *rest)
    for number, ((delimiter, name), *rest) in enumerate(
        itertools.product(DELIMITED, HEADINGS, LABELS, ENDS, ENCODINGS, (False, True), (False, True), ORDERS)
    )
    if number % 17 == 0
]


def test_there_are_hundreds_of_combinations():
    assert len(CASES) > 400
    for place in range(1, len(CASES[0])):  # each value of each choice is among them
        assert len({case[place] for case in CASES}) in (2, 3, 4, 6)


def test_a_heading_and_any_delimiter(tmp_path):
    path = tmp_path / "trials.txt"
    for delimiter, name, heading, labels, end, encoding, quoted, blanks, order in CASES:
        text = delimited(rows(labels, order, heading), delimiter, end, quoted=quoted, blanks=blanks)
        path.write_bytes(text.encode(encoding))
        assert read(path) == list(TRIALS), (name, heading, labels, end, encoding, quoted, blanks, order)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_heading_and_any_delimiter(tmp_path, labels, end, encoding):
    """VoxCeleb's lines begin with the label, Kaldi's end with it. Between blanks names with blanks are quoted."""
    path = tmp_path / "trials.csv"
    for order, (delimiter, name), quoted, blanks in itertools.product(
        ((0, 1, 2), (1, 2, 0)), (*DELIMITED, (" ", "blank")), (False, True), (False, True)
    ):
        text = delimited(rows(labels, order, None), delimiter, end, quoted=quoted, blanks=blanks)
        path.write_bytes(text.encode(encoding))
        assert read(path) == list(TRIALS), (order, name, quoted, blanks)


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", [int, bool, str])
def test_json_lines(tmp_path, heading, end, encoding, kind):
    path = tmp_path / "trials.json"
    lines = [json.dumps(dict(zip(heading, (kind(t), a, b), strict=True))) for t, a, b in TRIALS]
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    assert read(path) == list(TRIALS)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_pairs_with_and_without_labels_are_the_same_pairs(tmp_path, delimiter):
    path, found = tmp_path / "pairs.txt", []
    for heading, columns in itertools.product((HEADINGS[0], None), ((0, 1, 2), (1, 2))):
        table = rows(LABELS[0], columns, heading)
        path.write_text(delimited(table, delimiter, "\n", quoted=False, blanks=False))
        found.append([(pair.enrol, pair.test) for pair in open_pairs(path)])
    assert found == [[trial[1:] for trial in TRIALS]] * 4


CLIPS = (("a.wav", "Ana", 0.5, 2.0), ("b c.wav", "Ben", 0.0, 1.5), ("d, e.wav", "O'Neill", 1.0, 3.25))
CLIP_HEADINGS = (
    (("file", "speaker", "start_s", "end_s"), False),
    (("Path", "Client ID", "Start", "END"), False),
    (("audio_filepath", "label", "offset", "duration"), True),
    (("WAV", "spk", "begin", "Dur"), True),
)


@pytest.mark.parametrize(("heading", "lasts"), CLIP_HEADINGS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ENDS)
def test_clips(tmp_path, heading, lasts, encoding, end):
    path = tmp_path / "clips.txt"
    table = [[file, who, str(start), str(stop - start if lasts else stop)] for file, who, start, stop in CLIPS]
    texts = [end.join(json.dumps(dict(zip(heading, row, strict=True))) for row in table)]
    for order, (delimiter, _), quoted in itertools.product(
        tuple(itertools.permutations(range(4)))[::5], DELIMITED, (False, True)
    ):
        ordered = [[row[place] for place in order] for row in [list(heading), *table]]
        texts.append(delimited(ordered, delimiter, end, quoted=quoted, blanks=False))
    for text in texts:
        path.write_bytes(text.encode(encoding))
        found = [(clip.name, clip.speaker, clip.start_s, clip.end_s, clip.error) for clip in open_manifest(path)]
        assert found == [(*clip, "") for clip in CLIPS], text


KNOWN = ["Ana/0.flac Ana/1.flac", "Ben/0.flac Ben/1.flac", "Ana/0.flac Ben/1.flac", "Ben/0.flac Cem/2.flac"]


def listed(form: str) -> str:
    """The four trials as people had them: a line for each, made by ``form``."""
    return "".join(
        form.format(t, *pair.split(), ("nontarget", "target")[t]) for t, pair in zip((1, 1, 0, 0), KNOWN, strict=True)
    )


@pytest.mark.parametrize(
    "text",
    [
        "\ufefftarget,enrol,test\r\n" + listed("{0},{1},{2}\r\n"),
        "Target,Enrol,Test\n" + listed("{0},{1},{2}\n"),
        "target;enrol;test\n" + listed("{0};{1};{2}\n"),
        listed("{0} {1} {2}\n").replace("/", "\\"),
        listed("{1} {2} {3}\n"),
    ],
    ids=["bom.csv", "caps.csv", "semi.csv", "win.txt", "kaldi.txt"],
)
def test_the_lists_that_were_misread(tmp_path, text):
    for name in ("Ana/0", "Ana/1", "Ben/0", "Ben/1", "Cem/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.flac").write_bytes(b"")
    path = tmp_path / "list"
    path.write_bytes(text.encode())
    there = [tuple(map(str, (tmp_path / name for name in pair.split()))) for pair in KNOWN]
    for opened in (open_trials(path), open_pairs(path)):
        found = [(locate(tmp_path, pair.enrol), locate(tmp_path, pair.test)) for pair in opened]
        assert [tuple(map(os.path.normpath, pair)) for pair in found] == there
    assert [pair.label for pair in open_trials(path)] == [True, True, False, False]


def test_nemos_manifest_that_was_refused(tmp_path):
    rows = [{"audio_filepath": f"{n}/0.flac", "offset": 0, "duration": 3, "label": n} for n in ("Ana", "Ben")]
    path = tmp_path / "nemo.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = [(clip.path, clip.speaker, clip.start_s, clip.end_s, clip.error) for clip in open_manifest(path)]
    assert found == [(os.path.join(tmp_path, f"{n}/0.flac"), n, 0.0, 3.0, "") for n in ("Ana", "Ben")]


@pytest.mark.parametrize(
    ("there", "named"),
    [
        ("Ana/0.flac", "Ana\\0.flac"),
        ("Ana/0.flac", ".\\Ana\\0.flac"),
        ("Zoë/ö.wav", "Zoe\u0308\\o\u0308.wav"),
        ("Zoe\u0308/o\u0308.wav", "Zoë/ö.wav"),
        ("Zoë.wav", b"Zo\xeb.wav".decode("utf-8", "surrogateescape")),
        ("a\\b.wav", "a\\b.wav"),
    ],
)
def test_a_name_of_another_system_is_found(tmp_path, there, named):
    if os.name != "posix":
        pytest.skip("names with backslashes can be made on POSIX alone")
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_bytes(b"")
    assert os.path.samefile(locate(tmp_path, named), tmp_path / there)


def test_a_name_that_is_nowhere_stays_as_it_is_and_none_leads_out_of_the_root(tmp_path):
    assert locate(tmp_path, "Ana\\9.flac") == os.path.join(tmp_path, "Ana\\9.flac")
    (tmp_path / "in").mkdir()
    (tmp_path / "out.wav").write_bytes(b"")
    (tmp_path / "list.csv").write_text("file,speaker\n..\\out.wav,x\n")
    (clip,) = open_manifest(tmp_path / "list.csv", tmp_path / "in")
    assert clip.error == "outside --audio-root"
