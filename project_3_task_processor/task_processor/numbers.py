"""Sets of task numbers as short text: `1-500,503` instead of five hundred numbers."""

from collections.abc import Iterable, Iterator


def compact(numbers: Iterable[int]) -> str:
    """The numbers as ranges, ascending, each once."""
    ranges: list[str] = []
    first = last = None
    for number in sorted(set(numbers)):
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            ranges.append(_range(first, last))
        first = last = number
    if first is not None and last is not None:
        ranges.append(_range(first, last))
    return ",".join(ranges)


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def ranges(text: str, most: int) -> Iterator[range]:
    """The ranges in such a text. Raises ValueError if they don't ascend within 1..most."""
    previous = 0
    for part in text.split(",") if text else ():
        first, dash, last = part.partition("-")
        start, end = int(first), int(last) if dash else int(first)
        if not previous < start <= end <= most:
            raise ValueError(f"{part!r} does not follow {previous}, or is above {most}")
        previous = end
        yield range(start, end + 1)
