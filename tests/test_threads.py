"""Products of ours stay in the thread that asks for them, and NumPy's own setting is left to whoever set it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from app import threads
from utils import ROOT

blas = ThreadpoolController().select(user_api="blas")
needs_blas = pytest.mark.skipif(not blas.lib_controllers, reason="this NumPy's BLAS has no threads that can be set")

SCRIPT = """
import os, time
import numpy as np
from app.threads import product

def ticks_of_others():
    own, found = str(os.getpid()), 0
    for task in set(os.listdir("/proc/self/task")) - {own}:
        fields = open(f"/proc/self/task/{task}/stat").read().rpartition(") ")[2].split()
        found += int(fields[11]) + int(fields[12])
    return found

rng = np.random.default_rng(0)
voices, cohort = (rng.standard_normal((n, 192)).astype(np.float32) for n in (10, 686))
def work(multiply):
    time.sleep(0.5)  # what a pool of threads does when it begins is over
    before, until = ticks_of_others(), time.process_time() + 1.0
    while time.process_time() < until:
        multiply(voices, cohort.T)
    return ticks_of_others() - before
print(work(product), work(np.matmul))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the time of a thread is read in /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: nothing starts threads here")
@needs_blas
def test_small_products_never_reach_other_threads():
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    ours, numpys = map(int, done.stdout.split())
    assert numpys > 10  # else this measures nothing
    assert ours < numpys / 4  # in ticks of 10 ms: a thread that wakes up for a moment counts for a whole one


@pytest.fixture
def two_threads():
    with blas.limit(limits=2):
        yield lambda: [library.get_num_threads() for library in blas.lib_controllers]


class Watching(np.ndarray):
    """Calls ``seen`` when it is multiplied."""

    def __matmul__(self, other):
        self.seen()
        return np.asarray(self) @ other


def watching(shape, seen):
    array = np.ones(shape, np.float32).view(Watching)
    array.seen = seen
    return array


@needs_blas
def test_the_setting_is_put_back(two_threads):
    if set(two_threads()) != {2}:
        pytest.skip("this BLAS cannot be set to two threads")
    inside = []
    a = watching((3, 4), lambda: inside.append(two_threads()))
    assert np.array_equal(threads.product(a, np.ones((4, 2), np.float32)), np.full((3, 2), 4.0))
    assert threads.product(a, np.ones(4, np.float32)).shape == (3,)
    assert all(set(counts) == {1} for counts in inside)
    assert len(inside) == 2
    assert set(two_threads()) == {2}
    with pytest.raises(ValueError, match="mismatch"):
        threads.product(np.ones((3, 4)), np.ones((5, 2)))
    assert set(two_threads()) == {2}


@needs_blas
def test_the_last_of_several_threads_puts_it_back(two_threads):
    if set(two_threads()) != {2}:
        pytest.skip("this BLAS cannot be set to two threads")
    entered, leave, second = threading.Event(), threading.Event(), []

    def wait():
        entered.set()
        assert leave.wait(10)

    first = threading.Thread(target=lambda: threads.product(watching((3, 4), wait), np.ones((4, 2))))
    first.start()
    assert entered.wait(10)
    threads.product(watching((3, 4), lambda: second.append(two_threads())), np.ones((4, 2)))
    assert set(second[0]) == {1}
    assert set(two_threads()) == {1}  # the first one is still inside
    leave.set()
    first.join()
    assert set(two_threads()) == {2}


@needs_blas
def test_a_huge_product_may_use_them_all(two_threads, monkeypatch):
    monkeypatch.setattr(threads, "HUGE", 3 * 4 * 2)
    inside = []
    threads.product(watching((3, 4), lambda: inside.append(two_threads())), np.ones((4, 2)))
    assert inside == [two_threads()]
