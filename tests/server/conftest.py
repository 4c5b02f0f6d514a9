"""Servers as they run: real sockets, the embedded model, the demo's voices; each with its own data folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.client import Client
from app.server.config import ServerConfig
from tests.support.demo_data import enrol_demo
from tests.support.serving import TOKEN, running


@pytest.fixture(scope="session")
def enrolled_data(encoder, demo_dir, tmp_path_factory) -> Path:
    """A data folder with the demo's three people; to be copied, not changed."""
    return enrol_demo(tmp_path_factory.mktemp("enrolled"), encoder, demo_dir)


@pytest.fixture
def data(enrolled_data, tmp_path) -> Path:
    return Path(shutil.copytree(enrolled_data, tmp_path / "data"))


@pytest.fixture
def url(encoder, data) -> Iterator[str]:
    """A server with the demo's people, for one test."""
    with running(encoder, data) as address:
        yield address


@pytest.fixture
def client(url) -> Client:
    return Client(url, TOKEN)


@pytest.fixture(scope="module")
def shared_url(encoder, enrolled_data, tmp_path_factory) -> Iterator[str]:
    """One for a module whose tests change nothing."""
    data = Path(shutil.copytree(enrolled_data, tmp_path_factory.mktemp("server") / "data"))
    with running(encoder, data, ServerConfig(rate_per_s=0)) as address:
        yield address


@pytest.fixture(scope="module")
def reader(shared_url) -> Client:
    return Client(shared_url, TOKEN)
