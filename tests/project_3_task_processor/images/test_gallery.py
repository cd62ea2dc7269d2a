"""Every kind of good image is processed in every format; every kind of bad one has its reason."""

from io import BytesIO

import pytest
from PIL import Image
from task_processor.errors import Permanent
from task_processor.images.formats import FORMATS
from task_processor.images.limits import Limits
from task_processor.images.operations import parse
from task_processor.images.process import process

from tests.project_3_task_processor import gallery, poisons

EVERYTHING = parse("thumbnail:64,rotate:90,blur:1,watermark:(c) Ada,grayscale")
GOOD = list(gallery.good(len(gallery.GOOD), seed=1))
POISON = list(gallery.poison(2 * len(poisons.KINDS), seed=1))


def kind_of(sample: gallery.Sample) -> str:
    return sample.kind


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.word)
@pytest.mark.parametrize("sample", GOOD, ids=kind_of)
def test_a_good_image_is_processed_into_every_format(sample, format) -> None:
    output, size = process(sample.data, EVERYTHING, format, Limits())
    with Image.open(BytesIO(output)) as image:
        image.load()
        assert image.format == format.name
        assert image.size == size
        assert max(size) <= 64


@pytest.mark.parametrize("sample", POISON, ids=kind_of)
def test_a_bad_file_has_its_reason_and_a_message_of_one_line(sample) -> None:
    with pytest.raises(Permanent) as caught:
        process(sample.data, parse("thumbnail:64"), FORMATS[3], Limits())
    assert caught.value.reason == sample.reason, caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.message.isascii()
    assert len(caught.value.message) <= 200


def test_the_gallery_gives_the_same_files_again_and_no_two_alike() -> None:
    samples = [*gallery.good(60, seed=7), *gallery.poison(60, seed=7)]
    assert samples == [*gallery.good(60, seed=7), *gallery.poison(60, seed=7)]
    contents = [sample.data for sample in samples if sample.data]
    assert len(set(contents)) == len(contents)
