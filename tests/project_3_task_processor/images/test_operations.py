"""Operations are read from text and written back, and errors name what is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_processor.errors import Permanent
from task_processor.images.font import can_draw
from task_processor.images.formats import FORMATS
from task_processor.images.operations import (
    Blur,
    Convert,
    Grayscale,
    Rotate,
    StripMetadata,
    Thumbnail,
    Watermark,
    canonical,
    parse,
)

LETTERS = [chr(code) for code in range(32, 400) if can_draw(chr(code))]
texts = st.text(LETTERS, max_size=100) | st.text("\\, a:", max_size=10)
texts = texts.map(str.strip).filter(bool)
several_times = st.one_of(
    st.builds(Thumbnail, st.integers(1, 16_384)),
    st.just(Grayscale()),
    st.builds(Blur, st.integers(1, 1000)),
    st.builds(Rotate, st.sampled_from([90, 180, 270])),
    st.builds(Watermark, texts),
)
once = st.lists(st.one_of(st.builds(Convert, st.sampled_from(FORMATS)), st.just(StripMetadata())))
lists = (
    st.tuples(st.lists(several_times, max_size=10), once)
    .map(lambda both: both[0] + list({type(one): one for one in both[1]}.values()))
    .filter(bool)
    .flatmap(st.permutations)
    .map(tuple)
)


@given(lists)
def test_what_is_written_is_read_back_in_the_same_order(operations) -> None:
    assert parse(canonical(operations)) == operations


@given(st.text(max_size=60) | st.text("thumbnail:gr,\\0129.wmk ", max_size=60))
def test_any_text_is_operations_or_an_error_of_one_line(text: str) -> None:
    try:
        operations = parse(text)
    except Permanent as error:
        assert error.reason == "unknown-operation"
        assert "\n" not in error.message
        assert error.message.isascii()
    else:
        assert parse(canonical(operations)) == operations


def test_one_meaning_has_one_text() -> None:
    loose = " Thumbnail: 0512 ,GRAYSCALE, blur:2.0, rotate:90,convert:JPG , watermark: a\\,b "
    assert canonical(parse(loose)) == (
        "thumbnail:512,grayscale,blur:2,rotate:90,convert:jpeg,watermark:a\\,b"
    )


def test_a_watermark_may_hold_commas_and_backslashes() -> None:
    assert parse("watermark:a\\,b\\\\,blur:1") == (Watermark("a,b\\"), Blur(10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no operation. Name at least one of: thumbnail:512"),
        ("thumbnail:512,", "unknown operation ''. There are: thumbnail:512"),
        ("thumb:512", "unknown operation 'thumb'. Did you mean thumbnail? There are: thumbnail"),
        ("thumbnail", "thumbnail: needs a number of pixels from 1 to 16384, as in thumbnail:512"),
        ("thumbnail:0", "from 1 to 16384, as in thumbnail:512, not '0'"),
        ("thumbnail:99999", "from 1 to 16384"),
        ("thumbnail:\u0665", "from 1 to 16384"),
        ("blur:0", "blur: needs a radius from 0.1 to 100 pixels"),
        ("blur:100.1", "from 0.1 to 100"),
        ("blur:nan", "from 0.1 to 100"),
        ("rotate:45", "rotate: needs 90, 180 or 270 degrees clockwise, as in rotate:90, not '45'"),
        ("grayscale:1", "grayscale takes no value, and '1' was given"),
        ("convert:heic", "convert: needs one of jpeg, png, webp, gif, tiff, bmp"),
        ("convert:png,convert:gif", "convert is named twice"),
        ("strip-metadata,strip-metadata", "strip-metadata is named twice"),
        ("watermark:", "watermark: needs a text of 1 to 100 characters"),
        ("watermark:" + "x" * 101, "1 to 100 characters"),
        ("watermark:\u65e5", "the font has no '\\u65e5'"),
        ("watermark:a\nb", "the font has no '\\n'"),
        ("watermark:a\\b", "a backslash stands before a comma or a backslash only"),
        (",".join(["grayscale"] * 17), "17 operations, and at most 16"),
        ("x" * 10_000, "10000 characters of operations are too many"),
    ],
)
def test_an_error_names_the_operation_and_what_is_allowed(text: str, said: str) -> None:
    with pytest.raises(Permanent) as caught:
        parse(text)
    assert said in caught.value.message
