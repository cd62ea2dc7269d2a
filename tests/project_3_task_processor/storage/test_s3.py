"""The same work on S3, against a server that speaks its protocol."""

import hashlib
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from task_processor.errors import InputError, Permanent, Transient
from task_processor.images.limits import Limits
from task_processor.images.process import Work, run
from task_processor.storage import Roots, fingerprint, list_inputs, target_for
from task_processor.storage.store import exists, read, s3, write

from tests.project_3_task_processor import gallery

ROOTS = Roots(("s3://bucket/in",), ("s3://bucket/out",))
OPERATIONS = "thumbnail:32,convert:webp"


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty S3 with one bucket, named by the environment as for any S3 program."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    s3.cache_clear()
    s3().mkdir("bucket")
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        s3.cache_clear()


@pytest.fixture
def bucket(endpoint: str) -> Any:
    return s3()


def test_images_are_listed_processed_and_skipped_the_second_time(bucket: Any) -> None:
    for sample in gallery.good(6, seed=1):
        bucket.pipe_file(f"bucket/in/2024/{sample.name}", sample.data)
    bucket.pipe_file("bucket/in/notes.txt", b"no image")
    inputs = list(list_inputs(["s3://bucket/in"]))
    assert [one.relative for one in inputs][:2] == ["2024/good-00000.jpg", "2024/good-00001.png"]
    assert len(inputs) == 6
    for one in inputs:
        found = fingerprint(one.location, ROOTS, Limits())
        target = target_for(
            one.location, one.relative, "s3://bucket/out", OPERATIONS, found.sha256, found.format
        )
        work = Work(one.location, target, OPERATIONS, found.sha256)
        done = run(work, ROOTS, Limits())
        assert not done.skipped
        stored = bucket.cat_file(target)
        assert hashlib.sha256(stored).hexdigest() == done.sha256
        assert run(work, ROOTS, Limits()).skipped
    assert len(bucket.ls("bucket/out/2024")) == 6


def test_local_inputs_may_have_outputs_on_s3(bucket: Any, tmp_path) -> None:
    [path] = gallery.write(gallery.good(1, seed=2), tmp_path)
    roots = Roots((str(tmp_path),), ("s3://bucket/out",))
    work = Work(str(path), "s3://bucket/out/a.webp", OPERATIONS, None)
    assert not run(work, roots, Limits()).skipped
    assert run(work, roots, Limits()).skipped
    other = Work(str(path), "s3://bucket/out/a.webp", "thumbnail:9,convert:webp", None)
    with pytest.raises(Permanent) as caught:
        run(other, roots, Limits())
    assert caught.value.reason == "target-taken"


def test_what_is_named_may_be_one_object_or_a_list(bucket: Any) -> None:
    bucket.pipe_file("bucket/in/a.dat", b"x")
    assert [one.relative for one in list_inputs(["s3://bucket/in/a.dat"])] == ["a.dat"]
    urls = BytesIO(b"s3://bucket/in/a.dat\n")
    assert [one.location for one in list_inputs(["-"], urls)] == ["s3://bucket/in/a.dat"]


@pytest.mark.parametrize("url", ["s3://bucket/none", "s3://bucket/none/a.png", "s3://nobucket/x"])
def test_what_is_not_there_is_said(bucket: Any, url: str) -> None:
    with pytest.raises(InputError, match="s3://"):
        list_inputs([url])


def test_a_missing_object_has_vanished(bucket: Any) -> None:
    with pytest.raises(Permanent) as caught:
        read(ROOTS.readable("s3://bucket/in/none.png"), 100)
    assert caught.value.reason == "vanished"


def test_an_object_above_the_limit_is_not_read(bucket: Any) -> None:
    bucket.pipe_file("bucket/in/big.png", bytes(1001))
    with pytest.raises(Permanent) as caught:
        read(ROOTS.readable("s3://bucket/in/big.png"), 1000)
    assert caught.value.reason == "too-many-bytes"


def test_an_empty_object_is_empty(bucket: Any) -> None:
    bucket.pipe_file("bucket/in/none.png", b"")
    work = Work("s3://bucket/in/none.png", "s3://bucket/out/a.webp", OPERATIONS, None)
    with pytest.raises(Permanent) as caught:
        run(work, ROOTS, Limits())
    assert caught.value.reason == "empty"


def test_a_missing_bucket_cannot_be_written(bucket: Any) -> None:
    roots = Roots((), ("s3://nobucket",))
    with pytest.raises(Permanent) as caught:
        write(roots.writable("s3://nobucket/a.png"), b"x")
    assert caught.value.reason == "not-writable"
    assert not exists(roots.writable("s3://nobucket/a.png"))


def test_a_server_that_does_not_answer_is_worth_another_attempt(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3.cache_clear()
    for attempt in (
        lambda: read(ROOTS.readable("s3://bucket/in/a.png"), 100),
        lambda: write(ROOTS.writable("s3://bucket/out/a.png"), b"x"),
    ):
        with pytest.raises(Transient) as caught:
            attempt()
        assert caught.value.reason == "storage-unavailable"
        assert "\n" not in caught.value.message
