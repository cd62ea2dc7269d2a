"""`./learn quiz check FILE`: what an author wants to know about a question file."""

import time
from pathlib import Path

from course import catalog, console
from course.errors import CouldNotCheck, NotYet, WrongUse
from course.options import Options
from course.quiz.check import check_keys, check_sense
from course.quiz.interview import InterviewFile, check_interview
from course.quiz.models import EXECUTED, Question, QuizFile
from course.quiz.session import find_lab
from course.toml import files
from course.toml.files import Problem


def run(options: Options, path: Path) -> None:
    """Check the file; NotYet if it has mistakes, CouldNotCheck if no broker can run its keys."""
    output = console.make(options.plain)
    if not path.is_file():
        raise WrongUse(f"there is no file {path}. For example: quizzes/module_3.toml")
    try:
        source = files.text_of(path)
        if path.stem.startswith("interview"):
            interview = files.validate(path, source, InterviewFile)
            _tell(output, path, check_interview(interview, source))
            several = f"{len(interview.questions)} questions"
            output.out.print(f"{files.shown(path)}: {several}, all well.")
            return
        quiz = files.validate(path, source, QuizFile)
    except files.Invalid as error:
        _tell(output, path, error.problems)
        raise  # never: there is a problem
    _tell(output, path, check_sense(quiz, source, catalog.load()))
    lab = find_lab(options, output)
    started = time.monotonic()
    executed = sum(isinstance(question, EXECUTED) for question in quiz.questions)

    def heard(question: Question) -> None:
        if isinstance(question, EXECUTED) and not lab.simulated:
            output.say(f"{time.monotonic() - started:5.1f} s  {question.id} ({question.type})")

    _tell(output, path, check_keys(quiz, source, lab, heard))
    count = f"{files.shown(path)}: {len(quiz.questions)} questions"
    if lab.simulated and executed:
        raise CouldNotCheck(
            f"{count} look well, but {executed} keys are to be executed on a broker, "
            "and there is none. The ways to get one: ./learn doctor"
        )
    seconds = time.monotonic() - started
    output.out.print(
        f"{count}, all well; {executed} of them executed on {lab.describe()} in {seconds:.1f} s.",
        markup=False,
    )


def _tell(output: console.Output, path: Path, problems: list[Problem]) -> None:
    """Print the problems, by line, and raise NotYet if there are any."""
    for problem in sorted(problems, key=lambda problem: problem.line):
        output.out.print(
            f"{files.shown(path)}:{problem.line}: {problem.message}", markup=False, soft_wrap=True
        )
    if problems:
        count = f"{len(problems)} mistake{'' if len(problems) == 1 else 's'}"
        raise NotYet(f"{count} in {files.shown(path)}.")
