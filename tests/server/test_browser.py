"""The page in Chromium, with a fake microphone that plays speech: two people enrol, and are named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect, sync_playwright

from app.audio.reading.reader import read_audio
from app.corpus.manifest import read_clips
from tests.support.layouts import layouts
from tests.support.serving import TOKEN, running

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AUDIT = (Path(__file__).parent.parent / "support" / "audit.js").read_text(encoding="utf-8")
# The fake microphone starts its file anew for every recording. A real one never hears the same twice: add a faint hiss.
HISS = """
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  const context = new AudioContext();
  const noise = context.createBuffer(1, 2 * context.sampleRate, context.sampleRate);
  noise.getChannelData(0).forEach((_, at, samples) => { samples[at] = 2e-4 * (Math.random() - 0.5); });
  const hiss = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
  const mixed = context.createMediaStreamDestination();
  context.createMediaStreamSource(stream).connect(mixed);
  hiss.connect(mixed);
  hiss.start();
  const [track] = mixed.stream.getTracks(), stop = track.stop.bind(track);
  track.stop = () => { stop(); stream.getTracks().forEach((each) => each.stop()); context.close(); };
  return mixed.stream;
};
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: sudo apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser_kind():
    with sync_playwright() as playwright:
        yield playwright.chromium


class Browser:
    """A browser whose microphone plays a file, over and over. Remembers errors and requests to other servers."""

    def __init__(self, kind, url: str, wav: Path, *, hiss: bool = True, **context: object):
        arguments = [
            "--no-sandbox",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-audio-capture={wav}",
            "--autoplay-policy=no-user-gesture-required",
        ]
        self.browser = kind.launch(executable_path=CHROMIUM, args=arguments)
        self.page = self.browser.new_context(**context).new_page()
        if hiss:
            self.page.add_init_script(HISS)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._look(request.url, url))
        self.page.goto(f"{url}/#token={TOKEN}")
        expect(self.page.locator("#model")).to_contain_text("Model")
        assert TOKEN not in self.page.url

    def _look(self, address: str, url: str) -> None:
        if not address.startswith((url, url.replace("http", "ws"), "blob:", "data:")):
            self.errors.append(f"asked {address}")

    def __enter__(self):
        return self.page

    def __exit__(self, *_: object) -> None:
        self.browser.close()
        assert not self.errors, self.errors


@pytest.fixture(scope="module")
def voices(request, demo_dir, tmp_path_factory) -> dict[str, tuple[Path, Path]]:
    """Two people: what they enrol with and something else that they say, as 48 kHz files. Real ones if there are."""
    folder, made = tmp_path_factory.mktemp("voices"), {}

    def write(name: str, clips: list[np.ndarray]) -> Path:
        pause = 1e-4 * np.random.default_rng(0).standard_normal(6000).astype(np.float32)
        sound = np.concatenate([part for clip in clips for part in (clip, pause)])
        soundfile.write(folder / f"{name}.wav", sound, 16000)
        return folder / f"{name}.wav"

    try:
        speech = request.getfixturevalue("speech_dir")
        people: dict[str, list[Path]] = {}
        for clip in read_clips(speech / "dev.csv"):
            people.setdefault(clip.speaker, []).append(clip.path)
        chosen = [files for who, files in sorted(people.items()) if who.startswith("librispeech")][:2]
        for name, files in zip(("Ana", "Ben"), chosen, strict=True):
            clips = [read_audio(file) for file in files]
            made[name] = write(f"{name}-enrol", clips[:4]), write(f"{name}-later", clips[4:7])
    except pytest.skip.Exception:
        for name in ("Ana", "Ben"):
            clips = [read_audio(file) for file in sorted((demo_dir / "enrolment" / name).glob("*.flac"))]
            made[name] = write(f"{name}-enrol", clips[:4]), write(f"{name}-later", clips[4:])
    return made


def test_two_people_enrol_on_the_page_and_are_named(browser_kind, encoder, voices, tmp_path):
    with running(encoder, tmp_path / "data") as url:
        for name, (enrolling, _) in voices.items():
            with Browser(browser_kind, url, enrolling) as page:
                enrol(page, name)
                assert name in page.inner_text("#people")
        for name, (_, later) in voices.items():
            with Browser(browser_kind, url, later, viewport={"width": 390, "height": 844}) as page:
                page.keyboard.press("Space")
                page.wait_for_selector(f"#now[data-mood=named] >> text={name}", timeout=30_000)
                assert f"{name} is speaking" in page.inner_text("#spoken", timeout=10_000)
                page.wait_for_selector("#live-turns .turn", timeout=10_000)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                page.keyboard.press("Space")
                page.wait_for_selector("#now[data-mood=off]")


def enrol(page, name: str) -> None:
    """By keyboard alone, and by what a screen reader is told."""
    page.focus("#add")
    page.keyboard.press("Enter")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    for number in (1, 2, 3):
        page.wait_for_selector(f"#enrol-title:has-text('sample {number} of 3')")
        page.wait_for_selector("button:has-text('Record'):focus")
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict", timeout=60_000)
        if page.is_visible("text=Keep it anyway"):  # a pause of the looping file can be unlucky
            page.click("text=Keep it anyway")
            page.wait_for_selector(".verdict:not(.poor)", timeout=30_000)
        last = number == 3
        assert ("enrolled" if last else "Kept") in page.inner_text("#enrol-said")
        page.keyboard.press("Enter")
    page.wait_for_selector("#enrol", state="hidden")
    page.wait_for_selector(f"#people >> text={name}")


@pytest.fixture
def known(browser_kind, encoder, enrolled_data, demo_dir, tmp_path):
    """A page of a server with the demo's people; the microphone plays its conversation."""
    data = Path(shutil.copytree(enrolled_data, tmp_path / "data"))
    soundfile.write(tmp_path / "talk.wav", read_audio(demo_dir / "conversation.flac"), 16000)
    with running(encoder, data) as url, Browser(browser_kind, url, tmp_path / "talk.wav") as page:
        yield page


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("L = -R", "is an inverted copy"),
        ("white noise, 20 dB louder", "Channel 2 is heard; channel 1 holds only noise."),
        ("left dead", "Channel 2 is heard; channel 1 is silent."),
    ],
)
def test_no_channel_of_a_microphone_hides_the_voice_on_another(
    browser_kind, encoder, enrolled_data, demo_dir, tmp_path, layout, said
):
    data = Path(shutil.copytree(enrolled_data, tmp_path / "data"))
    voice = np.concatenate([read_audio(path) for path in sorted((demo_dir / "enrolment" / "Ana").glob("*.flac"))[2:]])
    frames = layouts(0.5 * voice, np.zeros(len(voice)))[layout]
    soundfile.write(tmp_path / "talk.wav", frames / max(1.0, np.abs(frames).max()), 16000)
    with running(encoder, data) as url, Browser(browser_kind, url, tmp_path / "talk.wav", hiss=False) as page:
        page.click("#start")
        page.wait_for_selector("#now[data-mood=named] >> text=Ana", timeout=30_000)
        expect(page.locator("#status-text")).to_contain_text(said, timeout=20_000)
        page.click("#start")


def test_a_recording_becomes_a_timeline_and_files(known, demo_dir):
    known.set_input_files("#file", demo_dir / "conversation.flac")
    known.wait_for_selector("#file-saves:visible", timeout=60_000)
    assert {"Ana", "Ben", "Colin"} <= set(known.locator("#file-turns .lane-name").all_inner_texts())
    known.click("#file-table summary")
    assert known.locator("#file-rows tr").count() > 10
    with known.expect_download(timeout=60_000) as saved:
        known.click("[data-format=rttm]")
    assert saved.value.suggested_filename == "conversation.rttm"
    assert Path(saved.value.path()).read_text().startswith("SPEAKER conversation 1 ")
    for form, ending, begins in (
        ("csv", "csv", b"\xef\xbb\xbffile,"),
        ("textgrid", "TextGrid", b'File type = "ooText'),
    ):
        with known.expect_download(timeout=60_000) as saved:
            known.click(f"#file-saves [data-format={form}]")
        assert saved.value.suggested_filename == f"conversation.{ending}"
        assert Path(saved.value.path()).read_bytes().startswith(begins)  # with the mark of byte order, where it belongs
    known.context.grant_permissions(["clipboard-read", "clipboard-write"])
    known.click("#file-saves >> text=Copy as text")
    known.wait_for_selector("#file-status >> text=Copied as text")
    joined = known.evaluate("navigator.clipboard.readText()").splitlines()
    assert joined[0] == "0:00\u20130:04  Ana"
    known.uncheck("#file-saves input")
    known.click("#file-saves >> text=Copy as text")
    known.wait_for_selector(f"#file-status >> text=Copied as text: {known.locator('#file-rows tr').count()} turns")
    apart = known.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(joined) <= len(apart) == known.locator("#file-rows tr").count()
    known.set_input_files("#file", demo_dir / "conversation.rttm")
    known.wait_for_selector("#file-status.error")
    assert "not an audio file" in known.inner_text("#file-status")


def test_a_long_recording_shows_how_far_it_is_and_can_be_cancelled(known, demo_dir, tmp_path):
    talk = read_audio(demo_dir / "conversation.flac")
    soundfile.write(tmp_path / "long.flac", np.tile(talk, 12), 16000)
    soundfile.write(tmp_path / "short.flac", talk[: 8 * 16000], 16000)
    known.set_viewport_size({"width": 390, "height": 844})
    known.set_input_files("#file", tmp_path / "long.flac")
    expect(known.locator("#file-status")).to_have_text("Analysing long.flac\u2026", timeout=60_000)
    expect(known.locator("#file-far")).to_have_text(re.compile(r"^\d+\u00a0%, \d+\u00a0(s|min) left$"), timeout=60_000)
    first = known.get_attribute("#file-bar", "aria-valuenow")
    expect(known.locator("#file-bar")).not_to_have_attribute("aria-valuenow", first, timeout=60_000)
    assert int(known.get_attribute("#file-bar", "aria-valuenow")) > int(first)
    assert known.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for scheme in ("light", "dark"):
        known.emulate_media(color_scheme=scheme)
        assert known.evaluate(AUDIT) == {"nameless": [], "faint": []}
    known.focus("#file-cancel")
    known.keyboard.press("Enter")
    expect(known.locator("#file-status")).to_have_text("long.flac: cancelled. Nothing of it was kept.")
    expect(known.locator("#file-progress")).to_be_hidden()
    assert known.evaluate("document.activeElement.id") == "file"  # the keyboard is not nowhere
    known.set_input_files("#file", tmp_path / "long.flac")
    known.wait_for_selector("#file-far:has-text('%')", timeout=60_000)
    known.set_input_files("#file", tmp_path / "short.flac")  # in its place, without a word
    known.wait_for_selector("#file-saves:visible", timeout=30_000)
    expect(known.locator("#file-status")).to_contain_text("short.flac: ")
    expect(known.locator("#file-progress")).to_be_hidden()


def test_people_are_renamed_and_deleted(known):
    known.click("[aria-label='More about Ben']")
    known.click(".menu:visible >> text=Rename")
    known.fill("#ask-input", "Ana")
    known.keyboard.press("Enter")
    expect(known.locator("#ask-error")).to_contain_text("already")
    known.fill("#ask-input", "Benjamin")
    known.keyboard.press("Enter")
    known.wait_for_selector("#people >> text=Benjamin")
    known.click("[aria-label='More about Colin']")
    known.click(".menu:visible >> text=Delete")
    assert "for good" in known.inner_text("#ask-text")
    known.click("#ask-yes")
    expect(known.locator("#people")).not_to_contain_text("Colin")
    assert known.inner_text("#people-title") == "People (2)"


def test_giving_up_an_enrolment_leaves_nobody_behind(known):
    known.click("#add")
    known.fill("#enrol-name", "Nadja")
    known.keyboard.press("Enter")
    known.wait_for_selector("#enrol-title:has-text('sample 1')")
    known.keyboard.press("Escape")
    known.wait_for_selector("#enrol", state="hidden")
    expect(known.locator("#people")).not_to_contain_text("Nadja")


def test_what_makes_an_answer_less_sure_stands_below_it_and_moves_nothing(known):
    show = """hint => import("/page/now.js").then(now => now.showIdentified({
      label: "Ana", kind: "person", speaker: "Ana", confidence: .97, gender: null, overlap: false,
      probabilities: {Ana: .97}, needed: .8, reason: "",
      condition: hint === null ? null : {band: "telephone", hint}}, new Map([["Ana", 0]])))"""
    tops = []
    for hint in (None, "", "telephone quality: less sure"):
        known.evaluate(show, hint)
        expect(known.locator("#now-hint")).to_have_text(hint or "")
        tops.append(known.locator("#now-title").bounding_box()["y"])
    assert tops[0] == tops[1] == tops[2]


def test_a_likely_name_has_a_question_mark_that_moves_nothing_and_its_number_is_in_the_tip(known):
    show = """certainty => import("/page/now.js").then(now => now.showIdentified({
      label: "Ana", kind: "person", speaker: "Ana", confidence: .62, certainty, gender: "female", gender_confidence: .9,
      overlap: false, probabilities: {Ana: .85}, needed: .8, reason: "", condition: null}, new Map([["Ana", 0]])))"""
    seen = {}
    for certainty in ("certain", "likely"):
        known.evaluate(show, certainty)
        known.wait_for_timeout(300)
        look = "getComputedStyle(document.querySelector('#now h1')).color"
        seen[certainty] = (known.locator("#now-title").bounding_box(), known.evaluate(look))
        expect(known.locator("#now-detail")).to_have_text(f"{certainty}  \u00b7  female voice", use_inner_text=False)
        expect(known.locator("#now h1")).to_have_text("Ana?" if certainty == "likely" else "Ana")
        assert "62" in known.get_attribute("#now-detail", "title")
        assert "%" not in known.inner_text("#now")
    (place, colour), (same, paler) = seen.values()
    assert place == same
    assert colour != paler


def test_why_a_voice_is_unknown_and_that_a_turn_is_only_likely(known):
    show = """scores => import("/page/now.js").then(now => now.showIdentified({
      label: "unknown", kind: "unknown", speaker: null, confidence: .9, certainty: "unknown", gender: null,
      overlap: false, probabilities: scores, needed: .8, reason: "too early to tell", condition: null}, new Map()))"""
    for scores, why in (
        ({}, "too early to tell"),
        ({"Ana": 0.3, "Ben": 0.1}, "the closest is Ana"),
        ({"Ana": 0.9, "Ben": 0.88}, "Ana or Ben: too close to call"),
    ):
        known.evaluate(show, scores)
        expect(known.locator("#now-detail")).to_have_text(why)
    draw = """() => import("/page/turns.js").then(turns => {
      const box = document.createElement("div");
      const turn = (start_s, certainty) => ({speaker: "Ana", start_s, end_s: start_s + 2, certainty});
      turns.drawTurns(box, [turn(0, "certain"), turn(3, "likely"), turn(6, null)], {fromS: 0, toS: 9, inkOf: () => 0});
      return [...box.querySelectorAll(".turn")].map(bar => [bar.title, bar.classList.contains("likely")]);
    })"""
    assert known.evaluate(draw) == [
        ["Ana, 0:00 to 0:02", False],
        ["Ana?, 0:03 to 0:05", True],
        ["Ana, 0:06 to 0:08", False],
    ]


def test_without_a_token_one_is_asked_for(known):
    known.click("#leave")
    known.fill("#token", "wrong")
    known.keyboard.press("Enter")
    expect(known.locator("#sign-error")).to_contain_text("not this server")
    known.fill("#token", TOKEN)
    known.keyboard.press("Enter")
    known.wait_for_selector("#sign-in", state="hidden")
    assert "Ana" in known.inner_text("#people")


def test_controls_have_names_and_text_can_be_read(known):
    """What a screen reader says of every control, and WCAG's contrast of every text, in both schemes."""
    for scheme in ("light", "dark"):
        known.emulate_media(color_scheme=scheme)
        found = known.evaluate(AUDIT)
        assert found == {"nameless": [], "faint": []}
    assert re.fullmatch(r"[a-z]{2}", known.evaluate("document.documentElement.lang"))
