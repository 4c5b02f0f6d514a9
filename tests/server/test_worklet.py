"""The page's sound thread, in Chromium: what the channels of a browser's microphone are sent as."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.server.test_browser import CHROMIUM

WORKLET = Path(__file__).parents[2] / "app/server/page/worklet.js"
SENT = """
([code, channels, gains]) => {
  let Made;
  const sent = [];
  class Processor { constructor() { this.port = { postMessage: (message) => sent.push(message) }; } }
  new Function("AudioWorkletProcessor", "registerProcessor", "sampleRate", code)(
    Processor, (_, made) => { Made = made; }, 16000);
  const gather = new Made({ processorOptions: { channels } });
  gather.process([[]]); // before the microphone is there
  for (let at = 0; at < 16000; at += 128) {
    const tone = Float32Array.from({ length: 128 }, (_, i) => 0.5 * Math.sin((at + i) * 0.3));
    gather.process([gains.map((gain) => tone.map((sample) => gain * sample))]);
  }
  return sent.map(({ level, peak, pcm }) => ({ level, peak, pcm: [...pcm] }));
}
"""


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: sudo apt-get install chromium")
@pytest.mark.parametrize("gains", [[1], [1, 1], [1, -1], [-0.5, 0.5, 0], [0.1, 1], [0, 0]])
def test_channels_are_sent_apart_with_the_level_of_the_loudest(page, gains: list[float]):
    blocks = page.evaluate(SENT, [WORKLET.read_text(encoding="utf-8"), len(gains), gains])
    loudest = max(map(abs, gains))
    assert len(blocks) == 20
    tone = np.round(0.5 * np.sin(0.3 * np.arange(16000)) * 32767)
    sent = np.concatenate([block["pcm"] for block in blocks]).reshape(16000, len(gains))
    for channel, gain in enumerate(gains):
        assert np.abs(sent[:, channel] - gain * tone).max() <= 1
    for block in blocks:
        assert block["peak"] == pytest.approx(0.5 * loudest, rel=0.01, abs=1e-6)
        assert block["level"] == pytest.approx(-9.03 + 20 * np.log10(loudest) if loudest else -120, abs=0.1)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: sudo apt-get install chromium")
def test_a_microphone_that_turns_out_to_have_fewer_channels_is_heard_on_all(page):
    first = page.evaluate(SENT, [WORKLET.read_text(encoding="utf-8"), 2, [1]])[0]["pcm"]
    assert first[::2] == first[1::2]
    assert any(first)
