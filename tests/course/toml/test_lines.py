"""Where a value stands in a file."""

from course.toml.lines import line_of


def test_a_header_within_a_long_string_is_no_header() -> None:
    source = 'text = """\n[[questions]]\n"""\n[[questions]]\nid = 1\n'
    assert line_of(source, ("questions", 0, "id")) == 5
    assert line_of(source, ("questions", 0, "type")) == 4
    assert line_of(source, ("nowhere",)) == 1
