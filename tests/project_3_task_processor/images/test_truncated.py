"""A file that was cut anywhere is refused, unless all its pixels are there."""

import pytest
from PIL import Image
from task_processor.errors import Permanent
from task_processor.images.decode import identify, opened
from task_processor.images.limits import Limits

from tests.project_3_task_processor import gallery

CUTS = 60
SAMPLES = list(gallery.good(len(gallery.GOOD), seed=6))


def pixels(data: bytes) -> list[bytes]:
    with opened(data, Limits(), output=identify(data)) as picture:
        return [frame.tobytes() for frame in picture.frames(Limits())]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.kind)
def test_a_file_that_was_cut_gives_all_its_frames_or_none(sample: gallery.Sample) -> None:
    whole = pixels(sample.data)
    length = len(sample.data)
    cuts = {length * number // CUTS for number in range(CUTS)} | {length - 1, length - 2}
    if sample.kind == "animated gif":  # between two frames as well, where Pillow sees no fault
        cuts |= {at for at in range(length) if sample.data[at - 1 : at + 1] in (b"\0!", b"\0,")}
    for cut in sorted(cuts):
        try:
            found = pixels(sample.data[:cut])
        except Permanent as error:
            assert error.reason in ("empty", "not-an-image", "truncated", "corrupt")
        else:
            assert found == whole, f"cut at {cut} of {length}"


def test_pillow_is_asked_for_the_one_format_that_the_content_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really, asked = Image.open, []

    def recorded(file, formats):
        asked.append(formats)
        return really(file, formats=formats)

    monkeypatch.setattr(Image, "open", recorded)
    for sample in SAMPLES:
        pixels(sample.data)
    assert asked == [[identify(sample.data).name] for sample in SAMPLES]
