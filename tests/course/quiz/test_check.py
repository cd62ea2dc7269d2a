"""`./learn quiz check` finds what is wrong with a question file."""

from pathlib import Path

import pytest

from course import catalog
from course.brokers import Broker
from course.quiz.check import check_keys, check_sense, headings, source_problem
from course.quiz.lab import Lab
from course.quiz.models import EXECUTED, QuizFile
from course.quiz.rabbit import Rabbit
from course.quiz.simulated import Simulated
from tests.course.quiz.sample import SAMPLE
from tests.support import learn


def read(source: str) -> QuizFile:
    import tomllib

    return QuizFile.model_validate(tomllib.loads(source))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "some"', 'id = "one"', "question 'one': this id is there twice"),
        ('objective = "topics"', 'objective = "topic"', "there is no objective 'topic'"),
        ('lesson = "3.4"\nobj', 'lesson = "3.3"\nobj', "its objective belongs to lesson 3.4"),
        ('lesson = "3.4"\ntext', 'lesson = "3.9"\ntext', "no lesson '3.9' in module 3"),
        ("sitting = 8", "sitting = 10", "a sitting of 10 needs as many questions"),
        ("#the-idea", "#no-idea", "has no heading #no-idea"),
        ("module_3/README.md", "module_3/NONE.md", "there is no file module_3/NONE.md"),
        ("module_3/README.md", "../README.md", "there is no file ../README.md"),
        ("https://www.rabbitmq.com", "https://example.com", "is not below https://www"),
        ('text = "another"', 'text = "All of the above"', "speaks of the other options"),
        ('prompt = "Which?"', 'prompt = "Simply which?"', "the word 'Simply' belittles"),
        (
            "[[questions]]",
            '[[objectives]]\nid = "more"\nlesson = "3.1"\ntext = "More."\n[[questions]]',
            "no question asks for 'more'",
        ),
    ],
)
def test_what_makes_no_sense_is_told(old: str, new: str, message: str) -> None:
    assert old in SAMPLE
    source = SAMPLE.replace(old, new, 1)
    problems = check_sense(read(source), source, catalog.load())
    assert any(message in problem.message for problem in problems), problems
    assert all(1 <= problem.line <= len(source.splitlines()) for problem in problems)


def test_the_sample_makes_sense() -> None:
    assert check_sense(read(SAMPLE), SAMPLE, catalog.load()) == []
    assert check_keys(read(SAMPLE), SAMPLE, Simulated()) == []


WRONG_KEYS = [
    ('answers = ["#.critical"]', 'answers = ["*.critical"]', "pattern", "scores 0%"),
    ('answers = ["#.critical"]', 'answers = ["#.a.#.b.#"]', "pattern", "at most 2 are allowed"),
    ('value = "*.critical"', 'value = "#.#.critical"', "pattern", "scores 100%"),
    ('answer = ["one"]', 'answer = ["one", "two"]', "queues", "expects 'one, two', and here"),
    ("answer = 2\n", "answer = 1\n", "count", "expects '1', and here it was '2'"),
    ("value = 3,", "value = 2,", "count", "the wrong answer '2' scores 100%"),
]


def told(old: str, new: str, lab: Lab) -> list[str]:
    assert old in SAMPLE
    source = SAMPLE.replace(old, new, 1)
    quiz = read(source)
    executed = [question for question in quiz.questions if isinstance(question, EXECUTED)]
    only = quiz.model_copy(update={"questions": executed})
    return [problem.message for problem in check_keys(only, source, lab)]


@pytest.mark.parametrize(("old", "new", "name", "message"), WRONG_KEYS)
def test_a_wrong_key_is_found_by_the_model(old: str, new: str, name: str, message: str) -> None:
    problems = told(old, new, Simulated())
    assert any(f"'{name}'" in said and message in said for said in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "name", "message"),
    [
        *WRONG_KEYS,
        ('answer = "0"', 'answer = "2"', "run", "expects '2', and here it was '0'"),
        ('print("counting")', "raise ValueError('oh')", "run", "failed: ValueError: oh"),
        ('print("counting")', "def", "run", "not valid Python"),
    ],
)
def test_a_wrong_key_is_found_on_rabbitmq(
    rabbitmq: Broker, old: str, new: str, name: str, message: str
) -> None:
    problems = told(old, new, Rabbit(rabbitmq))
    assert any(f"'{name}'" in said and message in said for said in problems), problems


def test_the_samples_keys_are_right_on_rabbitmq(rabbitmq: Broker) -> None:
    assert check_keys(read(SAMPLE), SAMPLE, Rabbit(rabbitmq)) == []
    assert not [name for name in rabbitmq.management.vhosts() if name.startswith("learn-")]


@pytest.mark.parametrize("name", ["module_3", "interview"])
def test_the_courses_own_files_are_well(rabbitmq: Broker, name: str) -> None:
    done = learn("quiz", "check", f"quizzes/{name}.toml", "--plain", **environment_of(rabbitmq))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all well" in done.stdout
    assert name == "interview" or "executed on RabbitMQ" in " ".join(done.stdout.split())


def environment_of(rabbitmq: Broker) -> dict[str, str]:
    assert rabbitmq.management is not None
    url = rabbitmq.management.base_url
    return {"RABBITMQ_URL": rabbitmq.url, "RABBITMQ_MANAGEMENT_URL": url}


def test_headings_are_named_as_on_a_forge() -> None:
    text = "# A *star* inside, a `word`\n\n```\n# no heading\n```\n\n## Break it: (4.3)\n"
    assert headings(text) == {"a-star-inside-a-word", "break-it-43"}
    assert source_problem("module_3/README.md#lessons") is None


DEAD = {"RABBITMQ_URL": "amqp://guest:guest@127.0.0.1:1/"}


def test_without_a_broker_the_keys_could_not_be_checked(tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    path.write_text(SAMPLE, encoding="utf-8")
    done = learn("quiz", "check", str(path), **DEAD)
    assert done.returncode == 3
    assert "4 keys are to be executed on a broker" in done.stderr


def test_mistakes_are_listed_by_line_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "module_3.toml"
    path.write_text(SAMPLE.replace('why = "No, C."', "", 1).replace("= 0.5", "= -1", 1))
    done = learn("quiz", "check", str(path), **DEAD)
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{path}:") and "question 'some': why is missing" in first
    assert second.startswith(f"{path}:") and "question 'seconds': tolerance" in second
    assert done.stderr == f"learn: 2 mistakes in {path}.\n"


def test_a_missing_file_is_wrong_use() -> None:
    done = learn("quiz", "check", "quizzes/none.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
