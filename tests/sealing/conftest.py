"""Every test begins with nothing opened, and passphrases are cheap."""

from __future__ import annotations

import pytest

from app.sealing import unlocking
from app.sealing.passphrase import Scrypt

CHEAP = Scrypt(b"0123456789abcdef", log2_n=14)


@pytest.fixture(autouse=True)
def nothing_opened(monkeypatch):
    monkeypatch.delenv("HEARD_PASSPHRASE", raising=False)
    monkeypatch.delenv("HEARD_PASSPHRASE_FILE", raising=False)
    unlocking.forget_all()
    yield
    unlocking.ask_with(None)
    unlocking.forget_all()


@pytest.fixture
def cheap() -> Scrypt:
    return CHEAP
