"""The engine's thread: one work at a time, orders in between, in the order in which they were asked for."""

from __future__ import annotations

import threading

import pytest

from app.engine_thread import EngineThread


class Probe:
    """An engine's thread, what was done in it, and the errors that reached its callback."""

    def __init__(self):
        self.done: list[str] = []
        self.errors: list[Exception] = []
        self.thread = EngineThread(self.errors.append, "engine of a test")
        self.thread.start()

    def finish(self) -> list[str]:
        self.thread.stop()
        self.thread.close()
        assert self.thread.join(10)
        return self.done


@pytest.fixture
def engine():
    probe = Probe()
    yield probe
    probe.finish()


def test_an_idle_thread_obeys(engine):
    obeyed = threading.Event()
    engine.thread.submit(obeyed.set)
    assert obeyed.wait(10)


def test_orders_are_obeyed_between_blocks_in_the_thread_of_the_work(engine):
    started, ordered, obeyed = threading.Event(), threading.Event(), threading.Event()
    threads = []

    def work(stop: threading.Event) -> None:
        threads.append(threading.current_thread())
        started.set()
        assert ordered.wait(10)
        while not stop.is_set():
            engine.thread.obey()
            stop.wait(0.01)

    engine.thread.begin(work)
    assert started.wait(10)
    engine.thread.submit(lambda: threads.append(threading.current_thread()))
    engine.thread.submit(obeyed.set)
    assert not obeyed.wait(0.05)  # not before the work has a moment
    ordered.set()
    assert obeyed.wait(10)
    assert threads[0] is threads[1]


def test_new_work_stops_the_one_that_runs_and_keeps_its_place_among_orders(engine):
    started, stopped = threading.Event(), threading.Event()

    def first(stop: threading.Event) -> None:
        started.set()
        if stop.wait(10):
            stopped.set()
        engine.thread.obey()
        engine.done.append("first ends")

    def second(stop: threading.Event) -> None:
        engine.done.append("second")
        engine.thread.obey()

    engine.thread.begin(first)
    assert started.wait(10)
    engine.thread.submit(lambda: engine.done.append("order before"))
    engine.thread.begin(second)
    engine.thread.submit(lambda: engine.done.append("order after"))
    assert engine.finish() == ["order before", "first ends", "second", "order after"]
    assert stopped.is_set()


def test_work_that_was_stopped_before_it_began_is_called_with_its_event_set(engine):
    started = threading.Event()

    def waits(stop: threading.Event) -> None:
        started.set()
        stop.wait(10)

    engine.thread.begin(waits)
    assert started.wait(10)
    engine.thread.begin(lambda stop: engine.done.append(f"second, stopped: {stop.is_set()}"))
    engine.thread.begin(lambda stop: engine.done.append(f"third, stopped: {stop.is_set()}"))
    engine.thread.close()
    assert engine.thread.join(10)
    assert engine.done == ["second, stopped: True", "third, stopped: False"]


def test_errors_go_to_their_callback_and_the_thread_lives_on(engine):
    def fails(what: object = None) -> None:
        raise RuntimeError("work" if what else "order")

    own = []
    engine.thread.submit(fails)
    engine.thread.begin(fails)
    engine.thread.begin(fails, own.append)
    engine.thread.submit(lambda: engine.done.append("still here"))
    assert engine.finish() == ["still here"]
    assert [str(error) for error in engine.errors] == ["order", "work"]
    assert [str(error) for error in own] == ["work"]


def test_closing_does_what_was_asked_for_and_does_not_stop_work(engine):
    started, go_on = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        started.set()
        assert go_on.wait(10)
        assert not stop.is_set()
        engine.thread.obey()
        engine.done.append("work")

    engine.thread.begin(work)
    engine.thread.close()
    assert started.wait(10)
    engine.thread.submit(lambda: engine.done.append("order"))
    assert not engine.thread.join(0.05)
    go_on.set()
    assert engine.thread.join(10)
    assert engine.done == ["order", "work"]
