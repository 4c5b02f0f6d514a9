"""The page's files: nothing from elsewhere, nothing inline, the window's colours, and references that exist."""

from __future__ import annotations

import re
import urllib.request

import pytest

from app.server.static_files import FOLDER, MEDIA_TYPES, SHORT_ADDRESSES
from app.window.view.palette import DARK, LIGHT
from tests.support.contrast import contrast

FILES = sorted(FOLDER.iterdir())
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in FILES}
STYLE = TEXTS["style.css"]


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def test_every_file_has_a_type():
    assert {path.suffix for path in FILES} <= set(MEDIA_TYPES)


def test_nothing_is_asked_of_other_servers():
    for name, text in TEXTS.items():
        text = text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        outside = re.findall(r"(?:https?|wss?)://[\w.-]+", text)
        assert not outside, name


def test_nothing_is_inline_so_that_the_policy_can_forbid_it():
    for name in ("index.html", "api.html", "overlay.html"):
        assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", TEXTS[name]), name
    for name, text in TEXTS.items():
        if name.endswith(".js"):
            assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), name


def test_what_files_refer_to_exists():
    served = {SHORT_ADDRESSES.get(path.name, f"/page/{path.name}") for path in FILES}
    for name, text in TEXTS.items():
        for target in re.findall(r'(?:src|href)="(/[^"]*)"|addModule\("([^"]+)"\)', text):
            assert "".join(target) in served, (name, target)
        for module in re.findall(r'from "\./([^"]+)"', text):
            assert module in TEXTS, (name, module)


def test_every_element_that_a_script_asks_for_is_in_the_page():
    page = set(re.findall(r'\sid="([^"]+)"', TEXTS["index.html"]))
    made = set(re.findall(r'id: "([^"]+)"', "".join(TEXTS.values())))
    for name, text in TEXTS.items():
        if name.endswith(".js") and name != "api.js":
            assert set(re.findall(r'byId\("([^"]+)"\)', text)) <= page | made, name


def test_imports_name_what_is_exported():
    for name, text in TEXTS.items():
        for names, module in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', text):
            exported = set(re.findall(r"export (?:async )?(?:function|const|class) (\w+)", TEXTS[module]))
            assert {one.strip() for one in names.split(",")} <= exported, (name, module)


@pytest.mark.parametrize(("colours", "block"), [(LIGHT, STYLE.split("@media")[0]), (DARK, STYLE.split("@media")[1])])
def test_the_colours_are_the_windows(colours, block):
    found = variables(block)
    for name in ("background", "surface", "raised", "outline", "edge", "track", "text", "muted", "accent", "good"):
        assert found[name] == getattr(colours, name), name
    assert [found[f"ink{number}"] for number in range(len(colours.inks))] == list(colours.inks)
    assert contrast(found["nobody"], found["surface"]) >= 4.5


def test_the_overlays_colours_are_the_windows_dark_ones_and_are_read_on_its_plate():
    found = variables(TEXTS["overlay.css"])
    assert [found[f"ink{number}"] for number in range(len(DARK.inks))] == list(DARK.inks)
    over_white = "#212328"  # rgb(14 16 21 / 92%) on a white picture
    assert all(contrast(colour, over_white) >= 4.5 for colour in found.values())


def test_it_is_served_with_a_strict_policy_and_a_way_not_to_send_it_twice(shared_url):
    with urllib.request.urlopen(f"{shared_url}/") as answer:
        policy, tag = answer.headers["Content-Security-Policy"], answer.headers["ETag"]
        assert b"<main" in answer.read()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    again = urllib.request.Request(f"{shared_url}/", headers={"If-None-Match": tag})
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(again)
    assert unchanged.value.code == 304
