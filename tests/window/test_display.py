"""Is there a screen? Answered by what really listens, not by what a variable says."""

from __future__ import annotations

import socket
import sys

import pytest

from app.window.display import display_available

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="X and Wayland")


@pytest.fixture(autouse=True)
def no_screen(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_no_display_at_all():
    assert not display_available()


@pytest.mark.parametrize(
    "display", [":98765", "unix:98765", "127.0.0.1:59000", "", "nonsense", ":99999999999999", "host:x"]
)
def test_a_display_that_nobody_serves(display, monkeypatch):
    monkeypatch.setenv("DISPLAY", display)
    assert not display_available()


def test_an_x_server_that_answers(monkeypatch):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X98766")
        server.listen()
        monkeypatch.setenv("DISPLAY", ":98766.0")
        assert display_available()
    assert not display_available()


def test_an_x_server_on_another_machine(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        if port <= 6000:
            pytest.skip("this system gives out low ports")
        monkeypatch.setenv("DISPLAY", f"localhost:{port - 6000}.0")
        assert display_available()


def test_a_wayland_server(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    assert not display_available()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-7"))
        server.listen()
        assert display_available()
        monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")  # Qt would not use it then
        assert not display_available()


def test_a_platform_asked_for_by_name(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display_available()
