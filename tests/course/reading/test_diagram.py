"""Diagrams as lines of text."""

import pytest

from course.reading.diagram import DiagramError, as_text


@pytest.mark.parametrize(
    ("edge", "line"),
    [
        ("P([new_task.py]) --> Q[[tasks]]", "(new_task.py) --> [tasks]"),
        ("X{{logs}} -->|info, error| Q[[a]]", "{logs} --info, error--> [a]"),
        ("A{Persist?} -->|yes| B[Use durable]", "Persist? --yes--> Use durable"),
        ("A -.-> B", "A --> B"),
        ('A["two<br>lines"] -->|"*.orange.#"| B', "two lines --*.orange.#--> B"),
    ],
)
def test_each_form_of_an_edge(edge: str, line: str) -> None:
    assert as_text(f"flowchart LR\n    {edge}\n") == [line]


def test_a_node_keeps_the_name_it_was_given_anywhere() -> None:
    source = "flowchart TD\n\n    A --> B\n    A([one])\n    B[[two]] --> A\n"
    assert as_text(source) == ["(one) --> [two]", "[two] --> (one)"]


@pytest.mark.parametrize("source", ["", "graph LR\n A --> B", "flowchart LR\n A ==> B"])
def test_other_syntax_is_refused(source: str) -> None:
    with pytest.raises(DiagramError):
        as_text(source)
