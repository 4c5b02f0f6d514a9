"""The overlay in Chromium: who speaks on a live connection, over any picture."""

from __future__ import annotations

import shutil
import socket
import threading
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from app.events.event import SpeakerEvent
from app.server.application import create_app
from app.server.config import DEFAULTS
from app.server.process import make_server
from app.server.service import Service
from tests.server.test_browser import CHROMIUM
from tests.support.serving import TOKEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: sudo apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def served(encoder, enrolled_data, tmp_path_factory):
    """A server's address, and its hub: what live connections tell goes in there."""
    data = shutil.copytree(enrolled_data, tmp_path_factory.mktemp("overlay") / "data")
    app = create_app(Service(encoder, data, DEFAULTS), TOKEN)
    listener = socket.create_server(("127.0.0.1", 0))
    server = make_server(app, DEFAULTS)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", app.state.hub
    server.should_exit = True
    thread.join(60)


@pytest.fixture
def show(browser, served):
    """show(query) -> a page with the overlay, on which nobody speaks yet. Errors and foreign requests fail the test."""
    url, hub = served
    pages, wrong = [], []

    def open_overlay(query: str = "", token: str = TOKEN):
        page = browser.new_context(viewport={"width": 900, "height": 500}).new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: request.url.startswith(url) or wrong.append(request.url))
        page.goto(f"{url}/overlay?{query}#token={token}")
        pages.append(page)
        if token == TOKEN:
            before = time.monotonic()
            while not hub.listeners and time.monotonic() - before < 60:
                page.wait_for_timeout(20)
        return page

    yield open_overlay
    for page in pages:
        page.context.close()
    while hub.listeners:
        time.sleep(0.02)
    hub.leave("live 1")
    hub.leave("live 2")
    assert not wrong


@pytest.fixture
def tell(served):
    def tell(label: str | None, certainty: str | None = "certain", source: str = "live 1") -> None:
        speaker = label if label and not label.lower().startswith("unknown") else None
        served[1].publish(SpeakerEvent("shown", "", 1.0, source, label=label, speaker=speaker, certainty=certainty))

    return tell


def test_a_name_comes_at_once_in_its_colour_and_fades(show, tell):
    page = show("stay=0.2&fade=0.2")
    tell("Ana")
    row = page.locator(".speaker")
    expect(row).to_have_text("Ana")
    expect(row).to_have_css("opacity", "1")
    ana = row.evaluate("row => getComputedStyle(row).color")
    tell("Ben")
    expect(row).to_have_text("Ben")
    page.wait_for_timeout(400)  # colours change softly
    assert row.evaluate("row => getComputedStyle(row).color") != ana
    tell(None, None)
    expect(row).to_have_count(0)


def test_likely_and_unknown_are_told_apart(show, tell):
    page = show()
    tell("Ana", "likely")
    expect(page.locator('.speaker[data-sure="likely"]')).to_have_text("Ana?")
    tell("Unknown 2", "unknown")
    expect(page.locator('.speaker[data-sure="unknown"]')).to_have_text("Unknown 2")
    tell("unknown", "unknown")
    expect(page.locator(".speaker")).to_have_text("Unknown")


def test_only_certain_names_if_that_is_asked_for(show, tell):
    page = show("certain=1&stay=0&fade=0")
    tell("Ana", "likely")
    tell("Unknown 1", "unknown", "live 2")
    page.wait_for_timeout(300)
    expect(page.locator(".speaker")).to_have_count(0)
    tell("Ana")
    expect(page.locator(".speaker")).to_have_text("Ana")


def test_no_unknown_voices_if_that_is_asked_for(show, tell):
    page = show("unknown=0")
    tell("Unknown 1", "unknown")
    tell("Ana", "likely", "live 2")
    expect(page.locator(".speaker")).to_have_text(["Ana?"])


def test_two_connections_have_a_line_each_and_who_comes_later_sees_them(show, tell):
    tell("Ana")
    tell("Ben", source="live 2")
    page = show()
    expect(page.locator(".speaker")).to_have_text(["Ana", "Ben"])


@pytest.mark.parametrize(
    ("position", "across", "down"),
    [
        ("", 0, 1), ("top-left", 0, 0), ("top", 0.5, 0), ("top-right", 1, 0), ("right", 1, 0.5), ("bottom", 0.5, 1),
        ("bottom-right", 1, 1), ("center", 0.5, 0.5), ("nowhere", 0, 1),
    ],
)  # fmt: skip
def test_it_stands_where_it_is_wanted(show, tell, position: str, across: float, down: float):
    page = show(f"position={position}")
    tell("Ana")
    expect(page.locator(".speaker[data-there]")).to_have_text("Ana")
    page.wait_for_timeout(300)
    box = page.locator(".speaker").bounding_box()
    left, right = box["x"], 900 - box["x"] - box["width"]
    top, bottom = box["y"], 500 - box["y"] - box["height"]
    assert (left < right - 5, right < left - 5) == (across == 0, across == 1)
    assert (top < bottom - 5, bottom < top - 5) == (down == 0, down == 1)


def test_the_size_is_as_asked_and_nonsense_is_as_usual(show, tell):
    sizes = {}
    for query in ("size=80", "size=abc", "size=1e9", "size="):
        page = show(query)
        tell("Ana")
        expect(page.locator(".speaker")).to_have_text("Ana")
        sizes[query] = page.evaluate("getComputedStyle(document.body).fontSize")
    assert sizes == {"size=80": "80px", "size=abc": "44px", "size=1e9": "400px", "size=": "44px"}


def test_a_long_name_stays_in_the_picture_and_no_name_is_markup(show, tell):
    page = show("size=60")
    tell("<img src=x onerror=alert(1)> " + "Wolfeschlegelsteinhausenbergerdorff " * 3)
    expect(page.locator(".speaker[data-there]")).to_have_count(1)
    assert page.locator("img").count() == 0
    box = page.locator(".speaker").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 900
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_has_no_background_and_the_token_is_not_in_its_address(show):
    page = show("size=30")
    for element in ("document.documentElement", "document.body"):
        assert page.evaluate(f"getComputedStyle({element}).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert TOKEN not in page.url
    assert page.url.endswith("/overlay?size=30")


def test_a_wrong_token_is_told_to_whoever_sets_it_up(show):
    page = show(token="another-token-0123456789")
    expect(page.locator("#trouble")).to_contain_text("needs #token=")
