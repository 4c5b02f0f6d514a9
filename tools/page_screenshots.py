"""Pictures of the server's page for the documentation: python -m tools.page_screenshots (needs chromium)."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote

import numpy as np
from playwright.sync_api import Page, sync_playwright

from app.audio.reading.reader import read_audio
from app.benchmarks import server
from app.client import Client
from app.demo import DEMO
from utils import ROOT, HeardError, run_cli, write_wav

OUT = ROOT / "docs" / "screenshots"
PICTURES = {
    "page": {"color_scheme": "light", "viewport": {"width": 1280, "height": 930}},
    "page-dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 930}},
    "page-phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


def main() -> int:
    """Draw all of ``PICTURES``, live, with the demo's conversation in the microphone's place."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise HeardError("chromium is not installed: sudo apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, server.server() as (_, client), sync_playwright() as playwright:
        wav = Path(folder) / "talk.wav"
        write_wav(wav, read_audio(DEMO / "conversation.flac"))
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={wav}",
            ],
        )
        for name, look in PICTURES.items():
            page = browser.new_context(**look).new_page()
            page.goto(f"{client.url}/#token={client.token}")
            draw(page, OUT / f"{name}.png")
            print(OUT / f"{name}.png")
            page.close()
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        draw_overlay(page, client, OUT / "overlay.png")
        print(OUT / "overlay.png")
        browser.close()
    return 0


def draw_overlay(page: Page, client: Client, path: Path) -> None:
    """The overlay over something like a video, while the demo's conversation is played to the server."""
    page.goto(f"{client.url}/overlay?size=52&unknown=0#token={client.token}")
    page.evaluate("picture => { document.documentElement.style.background = picture; }", picture())
    samples = read_audio(DEMO / "conversation.flac", end_s=20.0)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2")

    def blocks() -> Iterator[bytes]:
        for at in range(0, len(pcm), 1600):
            yield pcm[at : at + 1600].tobytes()
            time.sleep(0.1)

    threading.Thread(target=lambda: list(client.live(blocks())), daemon=True).start()
    page.wait_for_selector('.speaker[data-sure="certain"]', timeout=120_000)
    page.wait_for_timeout(500)
    page.screenshot(path=path)


def picture() -> str:
    """A CSS background: a bright, busy room, out of focus, as behind somebody who streams."""
    random = Random(5)
    shapes = ['<rect width="1280" height="720" fill="#c9b79c"/>']
    for x in range(0, 1280, 34):  # books
        tone = random.choice(["#8f3b2e", "#e8dcc2", "#3f6b73", "#d9a441", "#f4efe6", "#26333f", "#7a8b5a"])
        top = 330 + random.randrange(60)
        shapes.append(
            f'<rect x="{x}" y="{top}" width="{24 + random.randrange(10)}" height="{720 - top}" fill="{tone}"/>'
        )
    for _ in range(26):  # lamps
        x, y, size = random.randrange(1280), random.randrange(330), 16 + random.randrange(46)
        shapes.append(
            f'<circle cx="{x}" cy="{y}" r="{size}" fill="#fff3d0" opacity="{random.uniform(0.25, 0.8):.2f}"/>'
        )
    blur = '<filter id="b"><feGaussianBlur stdDeviation="3"/></filter>'
    drawn = f'{blur}<g filter="url(#b)">{"".join(shapes)}</g>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">{drawn}</svg>'
    return f'center / cover url("data:image/svg+xml,{quote(svg)}")'


def draw(page: Page, path: Path) -> None:
    """Start listening, analyse the demo's recording, and take the picture while somebody is named."""
    page.wait_for_selector(".person")
    page.set_input_files("#file", DEMO / "conversation.flac")
    page.wait_for_selector("#file-saves:visible", timeout=120_000)
    page.click("#start")
    page.wait_for_selector("#live-turns .lane:nth-of-type(3)", timeout=120_000)
    page.wait_for_selector("#now[data-mood=named]", timeout=120_000)
    page.wait_for_timeout(1000)
    page.screenshot(path=path)


if __name__ == "__main__":
    run_cli(main)
