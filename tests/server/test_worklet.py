"""The page's sound thread, in Chromium: channels of a browser's microphone do not cancel one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from tests.server.test_browser import CHROMIUM

WORKLET = Path(__file__).parents[2] / "app/server/page/worklet.js"
LEVELS = """
([code, gains]) => {
  let Made;
  const sent = [];
  class Processor { constructor() { this.port = { postMessage: (message) => sent.push(message) }; } }
  new Function("AudioWorkletProcessor", "registerProcessor", "sampleRate", code)(
    Processor, (_, made) => { Made = made; }, 16000);
  const gather = new Made();
  for (let at = 0; at < 16000; at += 128) {
    const tone = Float32Array.from({ length: 128 }, (_, i) => 0.5 * Math.sin((at + i) * 0.3));
    gather.process([gains.map((gain) => tone.map((sample) => gain * sample))]);
  }
  return sent.map(({ level, peak, pcm }) => [level, peak, pcm.length, Math.max(...pcm) / 32767]);
}
"""


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: sudo apt-get install chromium")
@pytest.mark.parametrize(
    ("gains", "heard"),
    [([1], 1), ([1, 1], 1), ([1, -1], 1), ([1, -0.97], 1), ([-0.5, 0.5, 0], 0.5), ([1, 0], 0.5), ([0, 0], 0)],
)
def test_no_channel_cancels_another(page, gains: list[float], heard: float):
    blocks = page.evaluate(LEVELS, [WORKLET.read_text(encoding="utf-8"), gains])
    assert len(blocks) == 20
    for level_db, peak, samples, loudest in blocks:
        assert samples == 800
        assert peak == pytest.approx(0.5 * heard, rel=0.01, abs=1e-6)
        assert loudest == pytest.approx(0.5 * heard, rel=0.01, abs=1e-6)
        expected_db = -9.03 + 6.02 * round(np.log2(heard)) if heard else -120
        assert level_db == pytest.approx(expected_db, abs=0.1)
