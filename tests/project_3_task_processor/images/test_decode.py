"""What unusual images look like after decoding, and which frames there are."""

from io import BytesIO

import pytest
from PIL import Image, ImageCms
from task_processor.errors import Permanent
from task_processor.images.decode import identify, opened
from task_processor.images.formats import BY_NAME
from task_processor.images.limits import Limits
from task_processor.images.operations import parse
from task_processor.images.process import process

from tests.project_3_task_processor import gallery, poisons
from tests.project_3_task_processor.gallery import saved

LIMITS = Limits()


def frames(data: bytes, output: str = "PNG", limits: Limits = LIMITS) -> list[Image.Image]:
    with opened(data, limits, output=BY_NAME[output]) as picture:
        return list(picture.frames(limits))


def close(pixel: tuple[int, ...], expected: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(one - two) <= by for one, two in zip(pixel, expected, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_as_its_exif_says(orientation: int) -> None:
    upright = Image.new("L", (40, 20))
    upright.paste(255, (0, 0, 20, 10))  # the upper left quarter is white
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for format in ("JPEG", "PNG", "WEBP", "TIFF"):
        [frame] = frames(saved(stored, format, exif=exif))
        assert frame.size == (40, 20)
        assert frame.convert("L").getpixel((2, 2)) > 200, format
        assert frame.convert("L").getpixel((37, 17)) < 50, format


def test_sixteen_bits_become_eight_and_keep_their_brightness() -> None:
    for value in (0, 0x1234, 0x8000, 0xFFFF):
        [frame] = frames(saved(Image.new("I;16", (3, 3), value), "PNG"))
        assert (frame.mode, frame.getpixel((0, 0))) == ("L", value >> 8)


def test_cmyk_becomes_rgb() -> None:
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for format in ("JPEG", "TIFF"):
        [frame] = frames(saved(red, format))
        assert close(frame.getpixel((8, 8)), (255, 0, 0)), format


def test_a_palette_keeps_its_transparency_and_white_replaces_it_in_a_jpeg() -> None:
    image = Image.new("P", (16, 16), 1)
    image.putpalette([0, 0, 0, 10, 200, 10])
    image.paste(0, (0, 0, 8, 16))
    data = saved(image, "PNG", transparency=0)
    [frame] = frames(data)
    assert frame.getpixel((2, 2))[3] == 0
    assert frame.getpixel((12, 2)) == (10, 200, 10, 255)
    jpeg, _ = process(data, parse("convert:jpeg"), BY_NAME["JPEG"], LIMITS)
    assert close(Image.open(BytesIO(jpeg)).getpixel((2, 2)), (255, 255, 255))


def swapped_profile() -> bytes:
    """sRGB with red and green exchanged, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"????").replace(b"gXYZ", b"rXYZ").replace(b"????", b"gXYZ")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_colour_profile_is_applied(mode: str) -> None:
    colour = (200, 30, 30) + ((255,) if mode == "RGBA" else ())
    data = saved(Image.new(mode, (8, 8), colour), "PNG", icc_profile=swapped_profile())
    [frame] = frames(data)
    assert frame.mode == mode
    assert close(frame.getpixel((4, 4))[:3], (30, 200, 30))


@pytest.mark.parametrize(
    "profile",
    [b"", b"junk", bytes(200), swapped_profile()[:300]],
    ids=["empty", "junk", "zeros", "cut short"],
)
def test_a_broken_profile_is_left_out(profile: bytes) -> None:
    data = saved(Image.new("RGB", (8, 8), (200, 30, 30)), "PNG", icc_profile=profile)
    assert frames(data)[0].getpixel((4, 4)) == (200, 30, 30)


@pytest.mark.parametrize("source", ["GIF", "WEBP", "PNG", "TIFF"])
@pytest.mark.parametrize("output", ["GIF", "WEBP", "PNG", "TIFF", "JPEG", "BMP"])
def test_frames_and_pages_are_kept_where_the_output_has_the_same(source: str, output: str) -> None:
    data = gallery.animated(gallery.seeded(3), source)
    both = (source == "TIFF") == (output == "TIFF")
    expected = 3 if both and output not in ("JPEG", "BMP") else 1
    result, _ = process(data, parse("thumbnail:32"), BY_NAME[output], LIMITS)
    with Image.open(BytesIO(result)) as image:
        assert getattr(image, "n_frames", 1) == expected
        times = []
        for index in range(expected):
            image.seek(index)
            image.load()
            times.append(image.info.get("duration"))
    if expected == 3 and output != "TIFF":
        assert times == [40, 80, 120]


def test_pixels_of_all_frames_are_counted_but_only_if_all_are_wanted() -> None:
    data = gallery.animated(gallery.seeded(3), "GIF")
    with Image.open(BytesIO(data)) as image:
        limits = Limits(pixels=2 * image.width * image.height)
    with pytest.raises(Permanent) as caught:
        frames(data, "GIF", limits)
    assert caught.value.reason == "too-many-pixels"
    assert len(frames(data, "JPEG", limits)) == 1


def test_no_decoder_of_another_format_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(Image, "open", lambda *_, formats: asked.append(formats))
    for sample in gallery.poison(len(poisons.KINDS), seed=2):
        if sample.reason in ("empty", "not-an-image", "format-not-allowed"):
            with pytest.raises(Permanent) as caught, opened(sample.data, LIMITS):
                pass
            assert caught.value.reason == sample.reason
    assert asked == []


def test_the_content_decides_and_not_the_name() -> None:
    for sample in gallery.good(len(gallery.GOOD), seed=4):
        if sample.kind == "jpeg named png":
            assert identify(sample.data).name == "JPEG"


def exif_of(output: bytes) -> Image.Exif:
    with Image.open(BytesIO(output)) as image:
        return image.getexif()


@pytest.mark.parametrize("output", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_is_kept_without_its_orientation_and_stripped_on_demand(output: str) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8298] = 6, "Maker", "(c) Ada"
    exif[0x8769] = {0x9003: "2024:01:02 03:04:05", 0x927C: b"maker's note"}
    data = saved(Image.new("RGB", (20, 10)), "JPEG", exif=exif)
    word = BY_NAME[output].word
    kept = exif_of(process(data, parse(f"convert:{word}"), BY_NAME[output], LIMITS)[0])
    assert (kept[0x010F], kept[0x8298]) == ("Maker", "(c) Ada")
    assert kept.get(0x0112, 1) == 1
    assert 0x927C not in kept.get_ifd(0x8769)
    text = f"convert:{word},strip-metadata"
    stripped = exif_of(process(data, parse(text), BY_NAME[output], LIMITS)[0])
    assert 0x010F not in stripped
    assert 0x8298 not in stripped


def test_strip_metadata_processes_what_carries_too_much_of_it() -> None:
    data = poisons.huge_metadata(gallery.seeded(1))
    output, _ = process(data, parse("strip-metadata"), BY_NAME["JPEG"], LIMITS)
    assert len(output) < 100_000
