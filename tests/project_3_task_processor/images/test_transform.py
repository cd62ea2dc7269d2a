"""What each operation does to the pixels."""

import pytest
from PIL import Image, ImageChops
from task_processor.images.operations import parse
from task_processor.images.transform import apply

from tests.project_3_task_processor import gallery

MODES = ("L", "LA", "RGB", "RGBA")


def done(image: Image.Image, text: str) -> Image.Image:
    [operation] = parse(text)
    return apply(image.copy(), operation)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "text", ["thumbnail:20", "grayscale", "blur:3", "rotate:90", "watermark:Ada", "convert:gif"]
)
def test_an_operation_gives_one_of_the_four_modes_and_keeps_transparency(
    mode: str, text: str
) -> None:
    result = done(gallery.picture(gallery.seeded(1), mode), text)
    assert result.mode in MODES
    assert ("A" in result.mode) == ("A" in mode)


@pytest.mark.parametrize(
    ("size", "result"),
    [
        ((400, 300), (200, 150)),
        ((300, 400), (150, 200)),
        ((50, 20), (50, 20)),
        ((2000, 1), (200, 1)),
    ],
)
def test_a_thumbnail_fits_its_square_and_never_grows(size, result) -> None:
    assert done(Image.new("RGB", size), "thumbnail:200").size == result


def test_rotation_is_clockwise() -> None:
    image = Image.new("L", (2, 1))
    image.putpixel((0, 0), 255)
    assert list(done(image, "rotate:90").tobytes()) == [255, 0]
    assert done(image, "rotate:90").size == (1, 2)
    assert list(done(image, "rotate:180").tobytes()) == [0, 255]
    assert list(done(image, "rotate:270").tobytes()) == [0, 255]


def test_transparent_pixels_lend_no_colour_when_blurred() -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 20, 40))
    red, _, blue, _ = done(image, "blur:3").getpixel((20, 20))
    assert red < 10
    assert blue > 240


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (12, 9), (64, 48), (900, 700)])
@pytest.mark.parametrize("text", ["x", "(c) Ada Lovelace, London", "W" * 100])
@pytest.mark.parametrize("mode", MODES)
def test_a_watermark_changes_the_lower_right_only_and_fits_any_size(size, text, mode) -> None:
    image = Image.new(mode, size, "gray")
    marked = done(image, "watermark:" + text.replace(",", "\\,"))
    assert marked.size == size
    changed = ImageChops.difference(image.convert("RGB"), marked.convert("RGB")).getbbox()
    if size == (900, 700):
        assert changed is not None
        assert changed[1] > 600
        assert changed[2] > 860
        if text == "W" * 100:
            assert changed[0] < 60, "it is as wide as the image"
