"""PortAudio's thread: nobody waits for it longer than he says, and a program ends although it is stuck."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from app.audio import portaudio
from utils import ROOT, HeardError


@pytest.fixture
def stuck():
    """PortAudio's thread is inside a call until this event is set."""
    done, inside = threading.Event(), threading.Event()
    portaudio.order(lambda: (inside.set(), done.wait(20)))
    assert inside.wait(5)
    yield done
    done.set()
    portaudio.call(lambda: None)


def test_a_call_gives_what_the_function_does_in_one_thread():
    names = {portaudio.call(lambda: threading.current_thread().name) for _ in range(3)}
    assert names == {"portaudio"}
    with pytest.raises(HeardError, match="no such thing"):
        portaudio.call(lambda: (_ for _ in ()).throw(HeardError("no such thing")))


def test_who_waits_for_a_stuck_call_is_told_and_what_has_not_begun_is_never_done(stuck):
    called = []
    began = time.monotonic()
    with pytest.raises(portaudio.NoAnswer):
        portaudio.call(lambda: called.append("late"), 0.3)
    assert 0.3 <= time.monotonic() - began < 5
    stuck.set()
    portaudio.call(lambda: called.append("next"))
    assert called == ["next"]


def test_after_long_nobody_is_queued_any_more_but_what_frees_a_device(stuck, monkeypatch):
    monkeypatch.setattr(portaudio, "ANSWER_S", 0.05)
    time.sleep(0.1)
    with pytest.raises(portaudio.NoAnswer):
        portaudio.order(lambda: None)
    freed = portaudio.order(lambda: "free", always=True)
    assert not freed.done()
    stuck.set()
    assert portaudio.answer(freed, 5.0) == "free"


def test_errors_hold_no_memory_until_they_are_collected():
    """A refused device is asked for again and again; what each refusal held used to stay until Python looked for it."""
    import gc
    import weakref

    class Large:
        pass

    seen = []

    def refuse() -> None:
        large = Large()
        seen.append(weakref.ref(large))
        raise HeardError("refused")

    gc.disable()
    try:
        with pytest.raises(HeardError):
            portaudio.call(refuse)
        future = portaudio.order(refuse)
        while not future.done():
            time.sleep(0.001)
        assert str(future.exception()) == "refused"
        del future
        time.sleep(0.01)  # the thread lets go of it, too
        assert seen[1]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("main", ["raise HeardError('said')", "return 1"])
def test_a_program_ends_although_a_call_never_returns(main):
    program = f"""if True:
        import atexit, sys, threading, time
        from app.audio import portaudio
        from utils import HeardError, run_cli
        def main():
            atexit.register(print, "goodbye")
            with portaudio.quiet_stderr():  # as around every call
                portaudio.order(lambda: threading.Event().wait())
                try:
                    portaudio.call(lambda: None, 0.2)
                except HeardError as error:
                    print(error, file=sys.stderr, flush=True)
                {main}
        run_cli(main)
    """
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert done.stdout == "goodbye\n"
    first, *more = done.stderr.splitlines()
    assert first.startswith("the sound system does not answer")  # and was not kept off the terminal
    assert more == (["heard: said"] if "said" in main else [])
    assert time.monotonic() - began < 6
