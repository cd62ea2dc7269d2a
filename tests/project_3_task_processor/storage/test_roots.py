"""No location leads out of the roots, whatever it is made of."""

import os
from pathlib import Path

import pytest
from task_processor.errors import Permanent
from task_processor.storage.roots import Roots
from task_processor.storage.store import read, write

SECRET = b"not for workers"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """inside/ is the root; beside it are a secret, and a folder whose name begins alike."""
    (tmp_path / "inside" / "deep").mkdir(parents=True)
    (tmp_path / "inside" / "image.jpg").write_bytes(b"inside")
    (tmp_path / "inside-not" / "deep").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "inside-not", tmp_path / "inside-not" / "deep"):
        (folder / "image.jpg").write_bytes(SECRET)
    return tmp_path


def roots(tree: Path) -> Roots:
    inside = str(tree / "inside")
    return Roots((inside, "s3://bucket/photos"), (inside, "s3://bucket/out"))


ESCAPES = [
    "{tree}/image.jpg",
    "{tree}/inside/../image.jpg",
    "{tree}/inside/deep/../../image.jpg",
    "{tree}/inside/./../image.jpg",
    "{tree}/inside-not/image.jpg",
    "{tree}/inside",
    "{tree}/inside/",
    "{tree}//inside//..//image.jpg",
    "/etc/passwd",
    "/proc/self/environ",
    "//etc/passwd",
    "image.jpg",
    "../image.jpg",
    "~/image.jpg",
    "",
    ".",
    "..",
    "{tree}/inside/image.jpg\0.png",
    "\0",
    "file://{tree}/inside/image.jpg",
    "file:///etc/passwd",
    "http://localhost/image.jpg",
    "https://example.org/image.jpg",
    "memory://image.jpg",
    "local://{tree}/inside/image.jpg",
    "simplecache::file://{tree}/image.jpg",
    "zip://image.jpg::{tree}/inside/x.zip",
    "github://owner:name@main/image.jpg",
    "C:\\Windows\\win.ini",
    "\\\\server\\share\\image.jpg",
    "s3://",
    "s3://bucket",
    "s3://bucket/",
    "s3://bucket/image.jpg",
    "s3://bucket/photos",
    "s3://bucket/photos/",
    "s3://bucket/photos/../image.jpg",
    "s3://bucket/photos/./image.jpg",
    "s3://bucket/photos//image.jpg",
    "s3://bucket/photos-not/image.jpg",
    "s3://bucketphotos/image.jpg",
    "s3://other/photos/image.jpg",
    "s3a://bucket/photos/image.jpg",
    "S3://bucket/photos/image.jpg",
    "/" + "x/" * 3000,
]


@pytest.mark.parametrize("location", ESCAPES)
def test_a_location_outside_of_the_roots_is_refused(tree: Path, location: str) -> None:
    for check in (roots(tree).readable, roots(tree).writable):
        with pytest.raises(Permanent) as caught:
            check(location.format(tree=tree))
        assert caught.value.reason == "outside-roots"


def test_a_location_inside_of_the_roots_is_allowed(tree: Path) -> None:
    place = roots(tree).readable(f"{tree}/inside/image.jpg")
    assert read(place, 100) == b"inside"
    assert str(roots(tree).readable("s3://bucket/photos/2024/a.jpg")).endswith("2024/a.jpg")


@pytest.mark.parametrize("root", ["photos", "", "http://x/y", "s3://", "s3://bucket/../x"])
def test_a_root_must_be_absolute_or_a_bucket(root: str) -> None:
    with pytest.raises(ValueError, match=r"neither|no s3"):
        Roots((root,), ())


links = pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege on Windows")


@links
@pytest.mark.parametrize("target", ["../image.jpg", "{tree}/image.jpg", "deep/../../image.jpg"])
def test_a_link_out_of_the_roots_is_refused(tree: Path, target: str) -> None:
    (tree / "inside" / "link.jpg").symlink_to(target.format(tree=tree))
    with pytest.raises(Permanent) as caught:
        roots(tree).readable(f"{tree}/inside/link.jpg")
    assert caught.value.reason == "outside-roots"


@links
def test_a_folder_that_is_a_link_out_of_the_roots_is_refused(tree: Path) -> None:
    (tree / "inside" / "linked").symlink_to(tree / "inside-not")
    for check in (roots(tree).readable, roots(tree).writable):
        with pytest.raises(Permanent):
            check(f"{tree}/inside/linked/image.jpg")


@links
def test_a_link_within_the_roots_is_followed(tree: Path) -> None:
    (tree / "inside" / "link.jpg").symlink_to("image.jpg")
    assert read(roots(tree).readable(f"{tree}/inside/link.jpg"), 100) == b"inside"


@links
def test_a_root_may_be_reached_over_a_link(tree: Path) -> None:
    (tree / "root").symlink_to("inside")
    found = Roots((f"{tree}/root",), ()).readable(f"{tree}/root/image.jpg")
    assert read(found, 100) == b"inside"


@links
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_made_between_check_and_open_is_not_followed(tree: Path, what: str) -> None:
    place = roots(tree).readable(f"{tree}/inside/deep/image.jpg")
    deep = tree / "inside" / "deep"
    if what == "file":
        (deep / "image.jpg").symlink_to(tree / "image.jpg")
    else:
        deep.rmdir()
        deep.symlink_to(tree / "inside-not")
    with pytest.raises(Permanent) as caught:
        read(place, 100)
    assert caught.value.reason == "outside-roots"


@links
def test_a_folder_swapped_for_a_link_does_not_lead_a_write_astray(tree: Path) -> None:
    place = roots(tree).writable(f"{tree}/inside/deep/new.jpg")
    (tree / "inside" / "deep").rmdir()
    (tree / "inside" / "deep").symlink_to(tree / "inside-not")
    with pytest.raises(Permanent) as caught:
        write(place, b"new")
    assert caught.value.reason == "outside-roots"
    assert not (tree / "inside-not" / "new.jpg").exists()


@links
def test_a_link_where_the_output_belongs_is_replaced_and_not_followed(tree: Path) -> None:
    (tree / "inside" / "out.jpg").symlink_to(tree / "image.jpg")
    write(roots(tree).writable(f"{tree}/inside/out.jpg"), b"new")
    assert (tree / "image.jpg").read_bytes() == SECRET
    assert not (tree / "inside" / "out.jpg").is_symlink()
