"""What programs print is read to the end, and kept within bounds."""

import os
from pathlib import Path

from course.grading.output import LINE_BYTES, LINES, Drain, traceback_in


def drained(*chunks: bytes) -> Drain:
    reading, writing = os.pipe()
    drain = Drain(os.fdopen(reading, "rb"))
    with os.fdopen(writing, "wb") as pipe:
        for chunk in chunks:
            pipe.write(chunk)
            pipe.flush()
    drain.join(10)
    return drain


def test_lines_come_whole_however_they_were_written() -> None:
    assert drained(b"on", b"e\ntw", b"o\r\n", b"three").lines == ["one", "two", "three"]


def test_the_newest_lines_are_kept_and_all_bytes_counted() -> None:
    drain = drained(b"".join(b"%d\n" % number for number in range(LINES + 500)))
    assert len(drain.lines) == LINES
    assert drain.lines[-1] == str(LINES + 499)
    assert drain.bytes > LINES


def test_a_line_without_an_end_does_not_grow() -> None:
    drain = drained(*[b"x" * 60_000] * 20)
    assert len(drain.lines) == 1
    assert len(drain.lines[0]) == LINE_BYTES
    assert drain.bytes == 1_200_000


def test_what_is_no_text_does_no_harm() -> None:
    assert drained(b"\xff\xfe ok\n").lines == ["\ufffd\ufffd ok"]


TRACE = """\
 [*] Waiting
Traceback (most recent call last):
  File "{folder}/worker.py", line 31, in <module>
    main()
  File "{folder}/helpers.py", line 7, in main
    int("x")
  File "/usr/lib/python3/int.py", line 900, in int
    raise
ValueError: not a number: 'x'
"""


def test_a_traceback_names_the_innermost_line_of_the_learner(tmp_path: Path) -> None:
    lines = TRACE.format(folder=tmp_path).splitlines()
    assert traceback_in(lines, tmp_path) == ("helpers.py", 7, "ValueError: not a number: 'x'")


def test_of_several_tracebacks_the_last_counts(tmp_path: Path) -> None:
    lines = TRACE.format(folder=tmp_path).splitlines()
    later = [*lines, "Traceback (most recent call last):", "KeyboardInterrupt"]
    assert traceback_in(later, tmp_path) == ("", 0, "KeyboardInterrupt")


def test_a_traceback_may_begin_behind_an_unfinished_line(tmp_path: Path) -> None:
    lines = TRACE.replace(" [*] Waiting\n", "... 17 %").format(folder=tmp_path).splitlines()
    assert traceback_in(lines, tmp_path) == ("helpers.py", 7, "ValueError: not a number: 'x'")


def test_without_a_traceback_there_is_none(tmp_path: Path) -> None:
    assert traceback_in(["Error: all is well"], tmp_path) is None
