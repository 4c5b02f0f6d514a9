"""What all tests share: the program on the path, the real speech where it is, the bundled demo."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


COSTS = {"device": 4, "browser": 3, "slow": 2, "process": 1}
"""How long a group of tests takes that has such a mark, in order of magnitude."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts processes, devices and browsers. For several workers: a file's tests stay together, those with a
    sound card too, since they go by the clock; what takes longest begins first."""
    from tests.support.marks import marks_of

    groups: dict[pytest.Item, str] = {}
    costs: dict[str, int] = {}
    for item in items:
        marks = marks_of(item)
        for mark in marks:
            item.add_marker(mark)
        groups[item] = "device" if "device" in marks else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(groups[item]))
        costs[groups[item]] = max(
            costs.get(groups[item], 0), *(COSTS.get(mark.name, 0) for mark in item.iter_markers())
        )
    items.sort(key=lambda item: -costs[groups[item]])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Groups of tests as xdist deals them out, but a worker that replaces one that died is not left waiting."""
    from tests.support.scheduling import GroupsWithoutWaiting

    return GroupsWithoutWaiting(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name what failed in a worker at once: a run that is cut off has no summary."""
    if report.failed and hasattr(report, "node"):
        print(f"\n{report.nodeid} failed in {report.when}:\n{report.longreprtext[-2000:]}", file=sys.__stderr__)


@pytest.fixture(autouse=True)
def no_lazy_modules() -> None:
    """SpeechBrain, beside which a few tests measure, leaves modules that fail when they are looked at, as Hypothesis
    does with all modules."""
    if "speechbrain" in sys.modules:
        for name, module in list(sys.modules.items()):
            if type(module).__name__ in ("LazyModule", "DeprecatedModuleRedirect"):
                del sys.modules[name]


@pytest.fixture(scope="session")
def speech_dir() -> Path:
    """Real, labelled speech: ``$HEARD_SPEECH``, else ``../shared/speech``; see README, "Tests"."""
    path = Path(os.environ.get("HEARD_SPEECH", ROOT.parent / "shared" / "speech"))
    if not (path / "dev.csv").exists():
        pytest.skip(f"no real speech at {path}: set HEARD_SPEECH to a folder with dev.csv")
    return path


@pytest.fixture(scope="session")
def demo_dir() -> Path:
    """The bundled conversation of made voices."""
    return ROOT / "data" / "demo"


@pytest.fixture(scope="session")
def encoder():
    """The embedded model, loaded once."""
    from app.embedding.load import load_encoder

    return load_encoder("embedded", compute="cpu")
