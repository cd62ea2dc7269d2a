"""What the player reads from a page."""

from pathlib import Path

import pytest

from course.errors import WrongUse
from course.player import page as pages
from course.player.page import Page, PageError
from tests.course.player.lessons import Lesson

PAGE = """\
# 1.1 X

## The code

```python worker.py
print()
```

## Run it

### Two workers

Start one.

```console terminal-1
$ worker.py
waiting
```

Not right before a block.

Start the other.

```console terminal-2
$ worker.py
```

**Notice:** both wait.

### Three workers (RabbitMQ 4.3)

```console terminal-1
$ worker.py
```

## Break it

A paragraph.

```text
not played
```

```console terminal-1
$ worker.py
```
"""


@pytest.fixture
def page(lesson: Lesson) -> Page:
    return lesson.page(PAGE)


def test_blocks_under_one_heading_are_one_scene(page: Page) -> None:
    found = [(scene.section, scene.title, len(scene.fences)) for scene in page.scenes]
    assert found == [
        ("Run it", "Two workers", 2),
        ("Run it", "Three workers (RabbitMQ 4.3)", 1),
        ("Break it", "Break it", 1),
    ]


def test_a_block_knows_its_terminal_lines_place_and_introduction(page: Page) -> None:
    first, second = page.scenes[0].fences
    assert first.label == "terminal-1"
    assert first.lines[1:] == ("waiting",)
    source = page.path.read_text(encoding="utf-8").splitlines()
    assert source[first.line - 1] == first.lines[0]
    assert source[second.line - 1] == second.lines[0]
    assert (first.narration, second.narration) == ("Start one.", "Start the other.")


def test_a_notice_belongs_to_the_scene_before_it(page: Page) -> None:
    assert [scene.notice for scene in page.scenes] == ["both wait.", "", ""]


def test_a_paragraph_before_another_block_introduces_no_scene(page: Page) -> None:
    assert page.scenes[2].fences[0].narration == ""


def test_a_title_may_name_the_version_from_which_a_scene_holds(page: Page) -> None:
    assert [scene.since for scene in page.scenes] == [(), (4, 3), ()]


def test_headings_excerpts_and_root_are_known(page: Page, lesson: Lesson) -> None:
    assert page.headings == ("The code", "Run it", "Break it")
    assert [(excerpt.label, excerpt.lines) for excerpt in page.excerpts] == [
        ("worker.py", ("print()",))
    ]
    assert page.root == lesson.root


@pytest.mark.parametrize(
    ("fence", "what"), [("```console", "the terminal"), ("```python", "its file")]
)
def test_a_block_without_its_name_is_a_mistake_with_its_place(
    lesson: Lesson, fence: str, what: str
) -> None:
    with pytest.raises(PageError) as caught:
        lesson.page(f"# X\n\n## Run it\n\n{fence}\nx\n```\n")
    place = Path(lesson.folder / "README.md")
    assert str(caught.value) == f"{place}:5: this block does not name {what}."


@pytest.mark.parametrize(
    ("wish", "titles"),
    [
        ("Run it", ["Two workers", "Three workers (RabbitMQ 4.3)"]),
        ("run", ["Two workers", "Three workers (RabbitMQ 4.3)"]),
        ("two w", ["Two workers"]),
        ("WORKERS", ["Two workers", "Three workers (RabbitMQ 4.3)"]),
        ("break", ["Break it"]),
    ],
)
def test_a_section_is_chosen_by_the_beginning_or_a_part_of_its_title(
    page: Page, wish: str, titles: list[str]
) -> None:
    assert [scene.title for scene in pages.choose(page, wish)] == titles


def test_an_unknown_section_brings_the_nearest(page: Page) -> None:
    with pytest.raises(WrongUse, match=r"no section 'Four workers'\. Did you mean Two workers\?"):
        pages.choose(page, "Four workers")
