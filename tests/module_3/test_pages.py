"""The lessons' pages and scripts keep to the form that learners rely on."""

import ast
import textwrap
from pathlib import Path

import pytest

from course import catalog
from course.player import page as pages
from course.player.actions import RunScript, of_fence
from tests.content import name_of, tracked

LESSONS = catalog.load().modules[0].lessons
SECTIONS = (
    "What you will be able to do",
    "The picture",
    "The idea",
    "The code",
    "Run it",
    "Break it",
    "What you now know",
    "Not covered here",
    "Next",
)
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
every_script = pytest.mark.parametrize("script", tracked("module_*/*/*.py"), ids=name_of)


@every_lesson
def test_a_page_has_its_sections_in_order(lesson: catalog.Lesson) -> None:
    assert pages.read(lesson.readme).headings == SECTIONS


@every_lesson
def test_a_page_says_how_long_it_takes_as_the_module_does(lesson: catalog.Lesson) -> None:
    module = lesson.folder.parent / "README.md"
    row = next(
        line
        for line in module.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| [{lesson.id} {lesson.title}](")
    )
    assert row.endswith(f"| {lesson.minutes} |")


@every_lesson
def test_every_excerpt_stands_in_its_file(lesson: catalog.Lesson) -> None:
    page = pages.read(lesson.readme)
    for excerpt in page.excerpts:
        script = (lesson.folder / excerpt.label).read_text(encoding="utf-8").splitlines()
        wanted = textwrap.dedent("\n".join(excerpt.lines))
        size = len(excerpt.lines)
        places = (script[start : start + size] for start in range(len(script) - size + 1))
        assert any(textwrap.dedent("\n".join(place)) == wanted for place in places), (
            f"{name_of(page.path)}:{excerpt.line}: this is not in {excerpt.label}:\n{wanted}"
        )


@every_lesson
def test_every_console_block_is_of_commands_that_the_player_knows(lesson: catalog.Lesson) -> None:
    page = pages.read(lesson.readme)
    for scene in page.scenes:
        assert scene.notice, f"{name_of(page.path)}:{scene.line}: nothing to notice"
        assert scene.fences[0].narration, f"{name_of(page.path)}:{scene.line}: no introduction"
        for fence in scene.fences:
            assert of_fence(page, fence)


@every_lesson
def test_every_script_is_used_by_its_page(lesson: catalog.Lesson) -> None:
    page = pages.read(lesson.readme)
    placed = [p for scene in page.scenes for f in scene.fences for p in of_fence(page, f)]
    played = {p.action.script for p in placed if isinstance(p.action, RunScript)}
    assert played == set(lesson.folder.glob("*.py"))


@every_script
def test_a_script_is_short_and_says_what_it_is(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 60
    assert ast.get_docstring(ast.parse(source))


@every_script
def test_a_script_takes_the_broker_from_the_environment(script: Path) -> None:
    default = 'os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")'
    assert default in script.read_text(encoding="utf-8")


@every_script
def test_a_script_calls_pika_with_keywords(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        on_channel = (
            isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "channel"
        )
        assert not (on_channel and call.args), f"{name_of(script)}:{call.lineno}: positional"
