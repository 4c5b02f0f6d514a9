"""Pictures of the server's page for the documentation: python -m tools.page_screenshots (needs chromium)."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from app.audio.reading.reader import read_audio
from app.benchmarks import server
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
        browser.close()
    return 0


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
