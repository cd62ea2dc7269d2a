"""Every text in the repository: links lead somewhere, diagrams and tables are whole."""

import re
from pathlib import Path

import pytest

from course.reading.diagram import as_text
from tests.content import anchors, links, name_of, prose, tokens, tracked
from tests.support import REPOSITORY

every_text = pytest.mark.parametrize("path", tracked("*.md"), ids=name_of)


@every_text
def test_every_link_within_the_repository_leads_somewhere(path: Path) -> None:
    for line, target in links(path):
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{name_of(path)}:{line}: {target} leads nowhere"
        assert there.is_relative_to(REPOSITORY), f"{name_of(path)}:{line}: {target} leads outside"
        if anchor:
            assert anchor in anchors(there), f"{name_of(path)}:{line}: no heading #{anchor}"


@every_text
def test_outside_links_are_https(path: Path) -> None:
    for line, target in links(path):
        assert not target.startswith("http://") or target.startswith("http://localhost"), (
            f"{name_of(path)}:{line}: {target}"
        )


@every_text
def test_every_diagram_can_be_drawn(path: Path) -> None:
    for token in tokens(path):
        if token.type == "fence" and token.info == "mermaid":
            assert as_text(token.content), f"{name_of(path)}:{token.map[0] + 1}: an empty diagram"


@every_text
def test_every_table_row_has_as_many_cells_as_the_head(path: Path) -> None:
    # A Markdown parser fills up or cuts off rows silently, so the source is counted.
    head = None
    for number, line in prose(path):
        if not line.startswith("|"):
            head = None
            continue
        cells = len(re.split(r"(?<!\\)\|", line.strip().strip("|")))
        head = head or cells
        assert cells == head, f"{name_of(path)}:{number}: {cells} cells, the head has {head}"


@every_text
def test_no_text_belittles_what_it_explains(path: Path) -> None:
    for number, line in prose(path):
        found = re.search(r"\b(simply|just|easy|easily|obviously|of course)\b", line, re.IGNORECASE)
        assert not found, f"{name_of(path)}:{number}: {found[0]!r}"
