"""Which names people can have: none that passes for the program's own words, and none that hides something.

``utils.clean_name`` says how a name is stored, whoever it is of; a person of an old database may have one that would be
refused now, and must be found by it. Whoever makes a name, typed or read from a folder, asks ``new_name``.
"""

from __future__ import annotations

import re
import unicodedata

from utils import BadInput, clean_name

PERSON = " (person)"
"""What is put after an old name that is one of the program's words, where labels are shown."""
WORDS = frozenset({"unknown", "anothervoice", "nobody", "nobodyisspeaking", "noone", "silence", "other", "others"})
"""What the program says in the place of a name, as letters alone. Whatever begins with the word "unknown" is its, too:
"Unknown 1", "Unknown voice"."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0")
"""Characters that are seen as nothing, although their category does not say so."""
JOINERS = frozenset("\u200c\u200d")
"""Zero width, but part of how words of some scripts, and of emoji, are written."""
LOOKS_LIKE = {
    c: latin
    for latin, others in {
        "a": "\u0430\u03b1\u0251\ua4ee",
        "b": "\u0432\u0253\ua4d0",
        "c": "\u0441\u03f2\u1d04\ua4da",
        "d": "\u0501\u0257\ua4d3",
        "e": "\u0435\u03b5\u0454\u1d07\ua4f0",
        "g": "\u0261\u0581\ua4d6",
        "h": "\u04bb\u043d\u0570\ua4e7",
        "i": "\u0456\u03b9\u0131\u0269\ua4f2",
        "k": "\u043a\u03ba\u049b\u049d\u04a1\u1d0b\u0138\u2c95\ua4d7",
        "l": "\u04cf\u0142\u2113\ua4e1",
        "n": "\u039d\u043f\u03b7\u0578\u0572\u0274\u014b\ua4e0",
        "o": "\u043e\u03bf\u0585\u03c3\u00f8\u1d0f\u2c9f\ua4f3",
        "p": "\u0440\u03c1\ua4d1",
        "r": "\u0433\u1d26\u0280\ua4e3",
        "s": "\u0455\ua731\ua4e2",
        "t": "\u0442\u03c4\u1d1b\ua4d4",
        "u": "\u03c5\u057d\u028b\u028a\u1d1c\ua4f4",
        "v": "\u03bd\u0475\u1d20\ua4e6",
        "w": "\u0448\u0461\u051d\u03c9\u0561\u026f\u1d21\u13b3\ua4ea",
        "y": "\u0443\u03b3\u04af\u028f\ua4ec",
    }.items()
    for c in others
}
"""Letters of other scripts that look like Latin ones, for the letters of ``WORDS``."""
ALSO_LOOKS_LIKE = {
    "b": "\u03b2",
    "h": "\u03b7",
    "i": "\u04cf",
    "j": "\u0458\u03f3",
    "m": "\u043c\u03bc",
    "n": "\u03bd",
    "q": "\u051b",
    "s": "\u03c2",
    "x": "\u0445\u03c7",
    "y": "\u03c5",
    "z": "\u03b6",
}
"""Latin letter -> Cyrillic and Greek ones that look like it, small or as capitals, besides those of ``LOOKS_LIKE``."""
SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK"})
SPELT = re.compile("<U\\+((?:10|[0-9A-F])?[0-9A-F]{4})>")
LETTER_SIGNS = (0x1F150, 0x1F170, 0x1F1E6)
"""Where A to Z begin as white letters on discs and squares, and as regional indicators."""


def new_name(name: str) -> str:
    """The name as it is stored, if somebody may be given it.

    Raises BadInput like ``clean_name``, and for a name that holds invisible characters or such that turn the direction
    of writing, that has no letter or digit, or that could be taken for a word of the program.
    """
    name = clean_name(name)
    hidden = next((c for at, c in enumerate(name) if _is_hidden(c) and not _belongs(name, at)), None)
    if hidden is not None:
        raise BadInput(f"a name cannot hold characters that nobody sees (U+{ord(hidden):04X}); type it again.")
    if all(unicodedata.category(c)[0] in "PZM" or _is_hidden(c) for c in name):
        raise BadInput(f"{name} is no name; it needs a letter.")
    if is_reserved(name):
        raise BadInput(f"{name} could be taken for a word of this program itself; choose another name.")
    return name


def is_reserved(name: str) -> bool:
    """Whether a name could be taken for one of the program's words, in whatever letters, case, width or digits."""
    for zero in ("", "o"):
        letters = _letters(name, zero)
        words = letters.split()
        if words[:1] == ["unknown"] or "".join(words) in WORDS or "".join(words).startswith("unknownvoice"):
            return True
    return name_key(name).endswith(name_key(PERSON))


def name_key(name: str) -> str:
    """What two names have in common that differ in case, width and invisible characters alone: no two people may."""
    visible = "".join(c for c in unicodedata.normalize("NFKC", name) if not _is_hidden(c))
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join("".join(c for c in folded if not _is_hidden(c)).split())


def looks_alike(one: str, other: str) -> bool:
    """Whether two names are taken for each other because a letter of one is of another script, Latin, Cyrillic or
    Greek, than the letter that it looks like: a Cyrillic "Аna" and a Latin "Ana". Names of one ``name_key`` are, too.
    """
    letters = [unicodedata.normalize("NFKD", name_key(name)) for name in (one, other)]
    return len(letters[0]) == len(letters[1]) and all(map(_letters_look_alike, *letters))


def _letters_look_alike(a: str, b: str) -> bool:
    if a == b:
        return True
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in (a, b)}
    return len(scripts) == 2 and scripts <= SCRIPTS and bool(_latin(a) & _latin(b))


def _latin(c: str) -> set[str]:
    """The Latin letters that a small letter looks like, as it is or as a capital."""
    return {c, LOOKS_LIKE.get(c, c), *(latin for latin, others in ALSO_LOOKS_LIKE.items() if c in others)}


def shown_name(name: str) -> str:
    """The name as labels and lists show it: as it is, unless it is an old one that would be refused now.

    Characters that nobody sees are spelt out, and one of the program's words is said to be a person. Different names
    are shown differently.
    """
    shown = name.replace("<U+", "<U+003C>U+")
    shown = "".join(f"<U+{ord(c):04X}>" if _must_spell(shown, at) else c for at, c in enumerate(shown))
    return shown + PERSON if is_reserved(shown) else shown


def shown_as(text: str) -> str:
    """The name that is shown as this text; the text itself if no name is."""
    name = SPELT.sub(lambda match: chr(int(match[1], 16)), text.removesuffix(PERSON))
    return name if shown_name(name) == text else text


def _must_spell(name: str, at: int) -> bool:
    return (_is_hidden(name[at]) and not _belongs(name, at)) or unicodedata.category(name[at]) in {"Cc", "Cs"}


def _is_hidden(c: str) -> bool:
    """Whether a character is not seen, or changes how others are: format characters, fillers, variation selectors."""
    return (
        unicodedata.category(c) in {"Cf", "Co", "Zl", "Zp"}
        or c in BLANK
        or "\ufe00" <= c <= "\ufe0f"
        or "\u180b" <= c <= "\u180f"
        or "\U000e0000" <= c <= "\U000e0fff"
    )


def _belongs(name: str, at: int) -> bool:
    """Whether a hidden character is part of how a word is written there: a joiner between letters of a script that
    joins them, or between emoji; a variation selector after an emoji, an ideograph or a Mongolian letter."""
    c, before, after = name[at], name[:at], name[at + 1 :]
    if not before:
        return False
    if c in JOINERS:
        while before and (before[-1] == "\ufe0f" or "\U0001f3fb" <= before[-1] <= "\U0001f3ff"):  # 👩🏽 is one sign
            before = before[:-1]
        return bool(before and after) and (
            (_joins(before[-1]) and _joins(after[0]))
            or (c == "\u200d" and unicodedata.category(before[-1]) == "So" == unicodedata.category(after[0]))
        )
    if "\u180b" <= c <= "\u180d":
        return "\u1820" <= before[-1] <= "\u18aa"
    if c == "\ufe0f":
        return unicodedata.category(before[-1]) == "So"
    return "\U000e0100" <= c <= "\U000e01ef" and unicodedata.name(before[-1], "").startswith("CJK")


def _joins(c: str) -> bool:
    """Whether it is a letter or mark of a script that joins letters: Arabic and its kin, Indic ones, Mongolian."""
    scripts = (("\u0600", "\u0dff"), ("\u0f00", "\u109f"), ("\u1780", "\u1a1f"), ("\u1b00", "\u1bff"))
    return any(low <= c <= high for low, high in scripts) and unicodedata.category(c)[0] in "LM"


def _letters(name: str, zero: str) -> str:
    """Words of Latin letters that look like the name. ``zero``: what a nought looks like."""
    out = []
    for c in unicodedata.normalize("NFKD", name):
        place = next((ord(c) - start for start in LETTER_SIGNS if 0 <= ord(c) - start < 26), None)
        c = chr(ord("a") + place) if place is not None else LOOKS_LIKE.get(c, c)
        for folded in unicodedata.normalize("NFKD", c.casefold()):
            folded = LOOKS_LIKE.get(folded, folded)
            if folded.isalpha():
                out.append(folded)
            elif zero and folded.isdecimal() and unicodedata.decimal(folded) == 0 and out:
                out.append(zero)
            elif unicodedata.category(folded)[0] != "M" and not _is_hidden(folded):
                out.append(" ")
    return "".join(out)
