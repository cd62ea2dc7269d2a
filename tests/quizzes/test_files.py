"""The question files keep what they promise: to learners a fair sitting, to authors one form."""

import ast
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from course import catalog
from course.quiz.check import check_sense, source_problem
from course.quiz.interview import InterviewFile, check_interview
from course.quiz.models import EXECUTED, Predict, Question
from course.toml import files
from tests.quizzes.files import FOLDER, MODULE_3, texts, whys
from tests.support import REPOSITORY

INTERVIEW = files.read(FOLDER / "interview.toml", InterviewFile)
LESSONS = [lesson.id for lesson in catalog.load().modules[0].lessons]
JUDGED_BY_PEOPLE = {"what-to-ask-this-way"}  # which pattern fits is not for a broker to say
TYPES = {"single", "multiple", "order", "number", "text", "route", "predict", "state"}

every_question = pytest.mark.parametrize("question", MODULE_3.questions, ids=lambda q: q.id)
PREDICTS = [question for question in MODULE_3.questions if isinstance(question, Predict)]
every_predict = pytest.mark.parametrize("question", PREDICTS, ids=lambda q: q.id)
every_file = pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda p: p.name)


def test_the_checker_finds_nothing_wrong_with_the_files() -> None:
    source = files.text_of(FOLDER / "module_3.toml")
    assert check_sense(MODULE_3, source, catalog.load()) == []
    assert check_interview(INTERVIEW, files.text_of(FOLDER / "interview.toml")) == []


def test_there_are_enough_questions_for_two_different_sittings() -> None:
    assert 22 <= len(MODULE_3.questions) <= 30
    assert MODULE_3.sitting == 15
    assert MODULE_3.pass_percent == 80


def test_every_type_is_asked_and_a_broker_answers_many() -> None:
    assert {question.type for question in MODULE_3.questions} == TYPES
    assert sum(isinstance(question, EXECUTED) for question in MODULE_3.questions) >= 8
    assert {"pattern", "queues"} == {
        question.route.task for question in MODULE_3.questions if question.type == "route"
    }


def test_every_lesson_has_objectives_and_each_is_asked_in_two_ways() -> None:
    assert sorted({objective.lesson for objective in MODULE_3.objectives}) == LESSONS
    asked = Counter(question.objective for question in MODULE_3.questions)
    assert {o.id for o in MODULE_3.objectives if asked[o.id] < 2} == set()
    assert len(MODULE_3.objectives) <= MODULE_3.sitting


def test_what_is_not_executed_is_shown_by_a_test_of_its_own() -> None:
    asked = {q.id for q in MODULE_3.questions if not isinstance(q, EXECUTED)}
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_facts_*"))
    shown = set(re.findall(r'^@shows\("(.+)"\)$', tests, re.MULTILINE))
    assert asked - JUDGED_BY_PEOPLE == shown


def test_every_id_is_there_once() -> None:
    ids = [q.id for q in MODULE_3.questions] + [q.id for q in INTERVIEW.questions]
    assert [slug for slug, count in Counter(ids).items() if count > 1] == []


def test_neither_its_place_nor_its_length_tells_the_right_option() -> None:
    # Options are shuffled when they are asked; an exported file may be printed as it is.
    singles = [question for question in MODULE_3.questions if question.type == "single"]
    places: Counter[int] = Counter()
    longest = 0
    for question in singles:
        right = next(n for n, option in enumerate(question.options) if option.correct)
        lengths = [len(option.text) for option in question.options]
        places[right] += 1
        longest += lengths[right] == max(lengths)
    assert max(places.values()) <= len(singles) / 2
    assert longest <= len(singles) / 2


@every_question
def test_every_answer_has_a_why_of_its_own(question: Question) -> None:
    said = whys(question)
    assert len(said) >= 3
    assert len(set(said)) == len(said)
    assert not set(said) & {question.explanation, *question.hints}
    assert all(why.rstrip().endswith((".", "?", "!")) for why in said)


@every_question
def test_every_question_has_a_hint_and_leads_to_a_heading_of_its_lesson(question: Question) -> None:
    assert question.hints
    lesson = catalog.load().lesson(question.lesson)
    page = lesson.readme.relative_to(REPOSITORY).as_posix()
    assert question.source.startswith((f"{page}#", "https://www.rabbitmq.com/docs/"))
    assert source_problem(question.source) is None


@every_predict
def test_a_script_to_predict_is_short_and_needs_pika_only(question: Predict) -> None:
    code = question.predict.code
    assert len(code.strip().splitlines()) <= 28
    assert max(map(len, code.splitlines())) <= 76  # no line wraps in a narrow terminal
    for node in ast.walk(ast.parse(code)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        assert set(names) <= {"os", "pika"} | set(sys.stdlib_module_names)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert getattr(node.func.value, "id", "") != "channel" or not node.args


def test_an_interview_has_five_questions_with_a_rubric_each() -> None:
    assert len(INTERVIEW.questions) == 5
    for question in INTERVIEW.questions:
        assert len(question.model_answer) > 600, question.id
        assert len(question.rubric) >= 4, question.id
        assert any(link.startswith("module_3/") for link in question.links), question.id


@every_file
def test_no_text_belittles_or_points_at_the_other_options(path: Path) -> None:
    words = r"\b(simply|just|easy|easily|obviously|of course|(all|none) of the above)\b"
    for text in texts(tomllib.loads(path.read_text(encoding="utf-8"))):
        found = re.search(words, text, re.IGNORECASE)
        assert not found, f"{found[0]!r} in {text!r}"


@every_file
def test_a_file_names_its_schema(path: Path) -> None:
    named = re.search(r"^#:schema (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert named
    assert (FOLDER / named[1]).is_file()
