"""Sets of numbers as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_processor.numbers import compact, ranges


def expanded(text: str, most: int) -> list[int]:
    return [number for part in ranges(text, most) for number in part]


@given(st.lists(st.integers(1, 300)))
def test_what_was_compacted_comes_back_sorted_and_once(numbers: list[int]) -> None:
    assert expanded(compact(numbers), 300) == sorted(set(numbers))


def test_neighbours_become_a_range() -> None:
    assert compact([3, 1, 2, 7, 9, 8, 8]) == "1-3,7-9"


@pytest.mark.parametrize("text", ["0", "5-4", "1,1", "2,1", "1-3,3", "11", "1-11", "a", "1-", ","])
def test_a_text_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        expanded(text, 10)
