"""Checks a quiz file for its author: its sense, and its keys on a lab."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from course.catalog import Catalog
from course.errors import CouldNotCheck
from course.paths import ROOT
from course.quiz.judge import choices, judge, right_answers, wrong_answers
from course.quiz.lab import Lab, Remembering
from course.quiz.models import EXECUTED, Question, QuizFile
from course.quiz.verdict import Answer
from course.toml.files import Problem
from course.toml.lines import line_of

DOCS = "https://www.rabbitmq.com/docs/"
BELITTLING = re.compile(r"\b(simply|just|easy|easily|obviously|of course)\b", re.IGNORECASE)
LAZY = re.compile(r"\b(all|none|both) of (the above|these|them above)\b", re.IGNORECASE)


def check_sense(quiz: QuizFile, source: str, catalog: Catalog) -> list[Problem]:
    """What the format cannot say: unknown names, uncovered objectives, dead sources."""
    return list(_sense(quiz, source, catalog))


def check_keys(
    quiz: QuizFile, source: str, lab: Lab, heard: Callable[[Question], None] = lambda question: None
) -> list[Problem]:
    """Judge every right and every wrong answer of the file on the lab.

    `heard` is called with each question when it has been checked.
    """
    problems = []
    for index, question in enumerate(quiz.questions):
        line = line_of(source, ("questions", index))
        said = f"question {question.id!r}: "
        problems += [Problem(line, said + problem) for problem in key_problems(question, lab)]
        heard(question)
    return problems


def key_problems(question: Question, lab: Lab) -> list[str]:
    """What is wrong with one question's key, as the lab decides."""
    remembering = Remembering(lab)
    problems: list[str] = []
    try:
        for answer in right_answers(question):
            verdict = judge(question, answer, remembering)
            if verdict.surprise:
                problems.append(verdict.surprise)
            elif not verdict.right:
                why = " ".join(note.why for note in verdict.notes)
                problems.append(
                    f"the key {told(question, answer)} scores {verdict.score:.0%}. {why}".strip()
                )
        for answer in wrong_answers(question):
            if judge(question, answer, remembering).right:
                problems.append(f"the wrong answer {told(question, answer)} scores 100%")
    except CouldNotCheck as error:
        if not isinstance(question, EXECUTED):
            raise
        problems.append(f"could not be executed: {error}")
    return list(dict.fromkeys(problems))


def told(question: Question, answer: Answer) -> str:
    """An answer, for a message."""
    if isinstance(answer, str):
        return repr(answer)
    texts = choices(question)
    return " + ".join(repr(texts[place]) for place in answer) or "(nothing ticked)"


def _sense(quiz: QuizFile, source: str, catalog: Catalog) -> Iterator[Problem]:
    def problem(message: str, *place: str | int) -> Problem:
        return Problem(line_of(source, place), message)

    lessons = {lesson.id for lesson in catalog.lessons}
    objectives = {objective.id: objective for objective in quiz.objectives}
    asked = {question.objective for question in quiz.questions}
    if quiz.sitting > len(quiz.questions):
        yield problem(f"a sitting of {quiz.sitting} needs as many questions", "sitting")
    if quiz.sitting < len(objectives):
        yield problem("a sitting is too short to cover every objective", "sitting")
    names: set[str] = set()
    for index, objective in enumerate(quiz.objectives):
        if objective.id in names:
            yield problem(f"the objective {objective.id!r} is there twice", "objectives", index)
        names.add(objective.id)
        if objective.lesson not in lessons or not objective.lesson.startswith(f"{quiz.module}."):
            message = f"there is no lesson {objective.lesson!r} in module {quiz.module}"
            yield problem(message, "objectives", index, "lesson")
        if objective.id not in asked:
            yield problem(f"no question asks for {objective.id!r}", "objectives", index)
    seen: set[str] = set()
    for index, question in enumerate(quiz.questions):
        said = f"question {question.id!r}: "
        if question.id in seen:
            yield problem(f"{said}this id is there twice", "questions", index, "id")
        seen.add(question.id)
        wanted = objectives.get(question.objective)
        if wanted is None:
            message = f"{said}there is no objective {question.objective!r}"
            yield problem(message, "questions", index, "objective")
        elif wanted.lesson != question.lesson:
            message = f"{said}its objective belongs to lesson {wanted.lesson}"
            yield problem(message, "questions", index, "lesson")
        if trouble := source_problem(question.source):
            yield problem(said + trouble, "questions", index, "source")
        yield from (
            problem(said + trouble, "questions", index, name)
            for name, trouble in _wording(question)
        )


def source_problem(source: str, root: Path = ROOT) -> str | None:
    """Why a source leads nowhere; None if it leads somewhere."""
    if "://" in source:
        good = source.startswith(DOCS)
        return None if good else f"{source} is not below {DOCS}"
    name, _, heading = source.partition("#")
    file = root / name
    if not file.resolve().is_relative_to(root) or not file.is_file():
        return f"there is no file {name}"
    if heading and heading not in headings(file.read_text(encoding="utf-8")):
        return f"{name} has no heading #{heading}"
    return None


def headings(text: str) -> set[str]:
    """The anchors that a forge makes of a Markdown file's headings."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt().parse(text)
    titles = (
        inline.content
        for opening, inline in itertools.pairwise(tokens)
        if opening.type == "heading_open"
    )
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def _wording(question: Question) -> Iterator[tuple[str, str]]:
    for text in choices(question):
        if LAZY.search(text):
            yield "type", f"the option {text!r} speaks of the other options"
    texts = {"prompt": question.prompt, "explanation": question.explanation}
    for name, text in (*texts.items(), *(("hints", hint) for hint in question.hints)):
        if found := BELITTLING.search(text):
            yield name, f"the word {found[0]!r} belittles"
