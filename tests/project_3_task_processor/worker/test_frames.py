"""What goes over the pipes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_processor.worker import frames
from task_processor.worker.cell import Cell


@given(st.lists(st.tuples(st.integers(1, 2**32 - 1), st.binary(max_size=50))))
def test_tasks_come_out_as_they_went_in(tasks: list[tuple[int, bytes]]) -> None:
    assert list(frames.unpack_tasks(frames.pack_tasks(tasks))) == tasks


@given(st.lists(st.binary(max_size=100)))
def test_frames_come_out_as_they_went_in(contents: list[bytes]) -> None:
    pipe = io.BytesIO()
    for content in contents:
        frames.write(pipe, content)
    pipe.seek(0)
    assert [frames.read(pipe) for _ in contents] == contents
    with pytest.raises(frames.BrokenPipe):
        frames.read(pipe)


@pytest.mark.parametrize("sent", [b"\x00", b"\x00\x00\x00\x05abc", b"\xff\xff\xff\xff"])
def test_what_is_cut_short_or_far_too_long_is_no_frame(sent: bytes) -> None:
    with pytest.raises(frames.BrokenPipe):
        frames.read(io.BytesIO(sent))


def test_what_one_process_writes_into_the_cell_another_reads() -> None:
    cell = Cell.create()
    other = Cell(cell.path)
    other.write(12, 11)
    assert cell.read() == (12, 11)
    other._map.close()
    cell.remove()
    assert not cell.path.exists()
