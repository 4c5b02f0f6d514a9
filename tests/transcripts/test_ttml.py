"""Names in TTML: agents in the head, and paragraphs that refer to them; times as they were written."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from app.diarisation.timeline import Turn
from app.transcripts.labelling import label_transcript, rename_speakers
from app.transcripts.ttml_times import Rates
from utils import BadInput

TURNS = [Turn(0.7, 4.4, "Ana"), Turn(4.9, 9.9, "Ben"), Turn(10.5, 13.0, "Unknown 1")]
TT, TTM, XML = (
    "{http://www.w3.org/ns/ttml}",
    "{http://www.w3.org/ns/ttml#metadata}",
    "{http://www.w3.org/XML/1998/namespace}",
)
TTML = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- of a tool -->
<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en">
  <head>
    <styling/>
  </head>
  <body>
    <div>
      <p xml:id="a" begin="00:00:00.700" end="00:00:09.900">Hi <span style="x">you &amp; all.<br/>I</span> here, é.</p>
      <p begin='10.5s' dur="2.5s">Yes</p>
    </div>
  </body>
</tt>
"""


def label(text: str, turns=TURNS) -> str:
    return label_transcript(text.encode(), turns, "talk").content.decode()


def said(text: str) -> list[tuple[str | None, str]]:
    """(who, what) of each paragraph."""
    root = ElementTree.fromstring(text.encode())
    names = {agent.get(f"{XML}id"): agent.findtext(f"{TTM}name") for agent in root.iter(f"{TTM}agent")}
    return [(names.get(p.get(f"{TTM}agent")), " ".join("".join(p.itertext()).split())) for p in root.iter(f"{TT}p")]


def test_paragraphs_are_split_and_refer_to_agents():
    labelled = label(TTML)
    assert said(labelled) == [("Ana", "Hi you & all."), ("Ben", "I here, é."), ("Unknown 1", "Yes")]
    first, second, third = ElementTree.fromstring(labelled.encode()).iter(f"{TT}p")
    assert (first.get("begin"), first.get("end"), first.get(f"{XML}id")) == ("00:00:00.700", "00:00:04.650", "a")
    assert (second.get("begin"), second.get("end"), second.get(f"{XML}id")) == ("00:00:04.650", "00:00:09.900", None)
    assert (third.get("begin"), third.get("dur")) == ("10.5s", "2.5s")
    assert '<span style="x">I</span> here, é.' in labelled


def test_all_else_stays_byte_for_byte():
    assert label(TTML, []) == TTML
    labelled = label(TTML, [Turn(0, 20, "Ana")]).replace(' ttm:agent="speaker-1"', "")
    labelled = labelled.replace(' xmlns:ttm="http://www.w3.org/ns/ttml#metadata"', "")
    agent = '\n    <ttm:agent xml:id="speaker-1" type="person"><ttm:name type="full">Ana</ttm:name></ttm:agent>'
    assert labelled.replace(agent, "") == TTML


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        ("", None),
        ("<head/>", None),
        ("<head><metadata/></head>", None),
        (
            '<head><metadata><m:agent xml:id="v1"><m:name type="full">Ana</m:name></m:agent></metadata></head>',
            "v1",
        ),
    ],
)
def test_agents_go_where_there_is_room(head, kept):
    text = (
        '<t:tt xmlns:t="http://www.w3.org/ns/ttml" xmlns:m="http://www.w3.org/ns/ttml#metadata">'
        + head.replace("<head", "<t:head")
        .replace("</head", "</t:head")
        .replace("metadata", "t:metadata")
        .replace("#t:", "#")
        + '<t:body begin="0.5s"><t:p begin="0.4s" end="3s">Hi</t:p>'
        + '<t:p begin="5s" end="9s" m:agent="v1">Yes</t:p></t:body></t:tt>'
    )
    labelled = label(text)
    assert said(labelled) == [("Ana", "Hi"), ("Ben", "Yes")]
    assert labelled.count("m:agent=") == 2
    if kept:
        assert f'm:agent="{kept}">Hi' in labelled


def test_words_with_times_say_where_whatever_they_count_from():
    for first, second in (("0.8s", "5.1s"), ("0.1s", "4.4s")):  # as in lyrics, and as TTML says
        text = (
            '<tt xmlns="http://www.w3.org/ns/ttml"><body><p begin="0.7s" end="8s"><span begin="'
            f'{first}">One.</span> <span begin="{second}">Two</span></p></body></tt>'
        )
        assert said(label(text)) == [("Ana", "One."), ("Ben", "Two")]


def test_names_are_replaced_without_the_sound():
    after = rename_speakers(label(TTML).encode(), {"Unknown 1": "A & B"}, "talk").content.decode()
    assert after == label(TTML).replace("Unknown 1", "A &amp; B")
    lyric = (
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head>'
        '<ttm:agent type="person" xml:id="v1"/></head>'
        '<body><p begin="1.5" end="2:01.5" ttm:agent="v1">Oh</p></body></tt>'
    )
    assert said(rename_speakers(lyric.encode(), {"v1": "Eva"}, "talk").content.decode()) == [("Eva", "Oh")]


@pytest.mark.parametrize(
    ("like", "time_s", "written"),
    [
        ("00:00:01.000", 3723.5, "01:02:03.500"), ("00:00:01:12", 2.52, "00:00:02:13"), ("1.5s", 2.25, "2.250s"),
        ("1500ms", 2.25, "2250ms"), ("100f", 2.0, "50f"), ("1000t", 2.0, "20000t"), ("2:01.5", 61.25, "1:01.250"),
        ("1.5m", 90.0, "1.50000m"),
    ],
)  # fmt: skip
def test_times_are_written_as_they_were(like, time_s, written):
    rates = Rates(25.0, 10_000.0)
    assert rates.like(like, time_s) == written
    assert rates.seconds(written) == pytest.approx(time_s, abs=0.04)


def test_a_document_type_is_refused():
    bomb = '<!DOCTYPE tt [<!ENTITY a "b">]>' + TTML.partition("\n")[2]
    with pytest.raises(BadInput, match="not a transcript"):
        label(bomb)
