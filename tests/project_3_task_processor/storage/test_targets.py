"""Outputs have names of their own, which every system can hold."""

import re

from hypothesis import given
from hypothesis import strategies as st
from task_processor.images.formats import BY_NAME
from task_processor.storage.targets import carries_digest, target_for

HASH = "ab" * 32
names = st.text(min_size=1, max_size=120).filter(lambda name: name not in (".", ".."))
paths = st.lists(names.map(lambda name: name.replace("/", "_")), min_size=1, max_size=3)


def test_a_long_name_is_shortened() -> None:
    name = target("/in/" + "\N{GREEK SMALL LETTER OMEGA}" * 200 + ".png").removeprefix("/out/")
    assert len(name.encode()) <= 200


def target(source: str, operations: str = "thumbnail:9", content: str | None = HASH) -> str:
    return target_for(source, source.removeprefix("/in/"), "/out", operations, content)


def test_inputs_that_differ_in_their_suffix_alone_have_outputs_of_their_own() -> None:
    assert target("/in/a.png", "convert:webp") != target("/in/a.jpg", "convert:webp")


def test_other_content_or_operations_give_another_output() -> None:
    outputs = {
        target("/in/a.png"),
        target("/in/a.png", "thumbnail:10"),
        target("/in/a.png", content="cd" * 32),
        target("/in/b/a.png"),
    }
    assert len(outputs) == 4
    assert target("/in/a.png") == target("/in/a.png")


def test_the_folder_and_the_name_are_kept() -> None:
    assert re.fullmatch(r"/out/2024/sea/wave-[0-9a-f]{16}\.png", target("/in/2024/sea/wave.PNG"))


def test_the_suffix_is_of_convert_or_else_of_the_content() -> None:
    assert target("/in/a.png", "convert:webp").endswith(".webp")
    assert target_for("/in/a.png", "a.png", "/out", "blur:1", HASH, BY_NAME["JPEG"])[-4:] == ".jpg"


def test_an_output_on_s3_is_a_url() -> None:
    url = target_for("/in/b/a.png", "b/a.png", "s3://bucket/x/", "blur:1", HASH)
    assert re.fullmatch(r"s3://bucket/x/b/a-[0-9a-f]{16}\.png", url)


@given(paths)
def test_any_name_stays_below_the_folder_and_is_portable(parts: list[str]) -> None:
    whole = target_for("/in/" + "/".join(parts), "/".join(parts), "/out", "blur:1", HASH)
    root, *rest = whole.removeprefix("/").split("/")
    assert root == "out"
    for part in rest:
        assert part not in ("", ".", "..")
        assert len(part.encode()) <= 255
        assert not re.search(r'[\x00-\x1f<>:"\\|?*]', part)
        assert not part.endswith((".", " "))


@given(paths, st.sampled_from(["blur:1", "thumbnail:5"]), st.sampled_from([HASH, "0" * 64]))
def test_a_worker_knows_its_output_by_its_name(parts, operations, content) -> None:
    source = "/in/" + "/".join(parts)
    name = target(source, operations, content)
    assert carries_digest(name, source, content, operations)
    assert not carries_digest(name, source, content, operations + "0")
    assert not carries_digest(name, source + "x", content, operations)
    assert not carries_digest(name, source, "1" * 64, operations)
    assert not carries_digest(name, source, None, operations)
