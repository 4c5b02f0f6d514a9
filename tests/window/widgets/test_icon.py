"""One icon for window, desktop and page: what Python draws is what the file says."""

from __future__ import annotations

from app.server.static_files import FOLDER
from app.window.view.palette import LIGHT
from app.window.widgets.icon import FILE, SIZES, app_icon, read_shape


def test_the_page_has_the_same_icon():
    assert (FOLDER / "icon.svg").read_bytes() == FILE.read_bytes()


def test_the_file_is_understood():
    shape = read_shape(FILE.read_text(encoding="utf-8"))
    assert shape.ground == LIGHT.accent
    assert shape.radius == 9 / 32
    assert len(shape.strokes) == 5
    for x, top, height in shape.strokes:
        assert 0 < x < 1
        assert 0 < top < 0.5 < top + height < 1


def test_it_is_drawn_as_the_file_says(qapp):
    shape, icon, size = read_shape(FILE.read_text(encoding="utf-8")), app_icon(), max(SIZES)
    assert sorted(pixmap.width() for pixmap in icon.availableSizes()) == list(SIZES)
    image = icon.pixmap(size, size).toImage()
    scale = image.width()

    def colour(x: float, y: float) -> str:
        return image.pixelColor(round(x * scale), round(y * scale)).name()

    for x, top, height in shape.strokes:
        assert colour(x, top + height / 2) == "#ffffff"
        assert colour(x, top - shape.line) == shape.ground
    assert image.pixelColor(0, 0).alpha() == 0  # the corners are round
