"""What teachers get: GIFT that reads back as it was, and a page in Markdown."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.quiz import describe, export, gift, load
from course.quiz.models import QuizFile, Single
from course.quiz.parts import Option
from tests.course.quiz.gift_reader import Read, read
from tests.course.quiz.sample import SAMPLE, question, sample
from tests.support import learn

NASTY = "a # b, *c*, = d, {e}, ~f, g: h, \\n, \\, 100 % => ->\n\nand a second paragraph"


def back(name: str) -> Read:
    (found,) = [entry for entry in read(gift.write(sample(), student=False)) if entry.name == name]
    return found


def round_trip(text: str) -> Read:
    single = question("one")
    assert isinstance(single, Single)
    options = [Option(text=text, correct=True, why=text), Option(text="b" + text, why="no" + text)]
    changed = single.model_copy(update={"prompt": text, "explanation": text, "options": options})
    (found,) = read(gift.write(sample().model_copy(update={"questions": [changed]}), student=False))
    return found


@pytest.mark.parametrize("text", [NASTY, "#", "*.orange.#", "{", "}", "=", "\\", "a\\=b", "::x::"])
def test_signs_that_gift_uses_come_back(text: str) -> None:
    found = round_trip(text)
    assert (found.text, found.feedback) == (text, text)
    assert [(a.sign, a.text, a.why) for a in found.answers] == [
        ("=", text, text),
        ("~", "b" + text, "no" + text),
    ]


TEXTS = st.text("ab~=#{}:\\*%n->/$[] \n", min_size=1).filter(lambda t: t == t.strip() != "")


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(TEXTS)
def test_any_text_comes_back(text: str) -> None:
    found = round_trip(text)
    assert (found.text, found.feedback, found.answers[0].text) == (text, text, text)


def test_every_type_has_its_form() -> None:
    assert [a.sign for a in back("one").answers] == ["=", "~", "~"]
    assert [a.weight for a in back("some").answers] == [50, 50, -50]
    assert [a.text for a in back("row").answers] == ["1. -> first", "2. -> second", "3. -> third"]
    seconds = back("seconds")
    assert seconds.numeric
    assert [(a.weight, a.text, a.why) for a in seconds.answers] == [
        (None, "2.5:0.5", ""),
        (0, "4:0", "Too long."),
    ]
    assert [a.text for a in back("word").answers][:2] == ["alternate exchange", "AE"]
    assert [(a.weight, a.text) for a in back("pattern").answers] == [
        (None, "#.critical"),
        (0, r"\*.critical"),  # a bare star would be Moodle's own wildcard
        (0, "#.critical.#.x.#"),
    ]
    assert [(a.weight, a.text) for a in back("queues").answers] == [(100, "one"), (-100, "two")]
    assert [a.text for a in back("run").answers] == ["0", "1"]
    assert back("count").numeric
    assert "pika.BlockingConnection" in back("run").text
    assert "1. The durable quorum queue `tasks` is declared." in back("count").text


def test_the_modules_questions_come_back_whole() -> None:
    quiz = load.quiz("3")
    found = read(gift.write(quiz, student=False))
    assert [entry.name for entry in found] == [question.id for question in quiz.questions]
    for entry, asked in zip(found, quiz.questions, strict=True):
        assert entry.text == describe.body(asked).strip()
        assert entry.feedback == asked.explanation.strip()
    (pattern,) = [entry for entry in found if entry.name == "orders-in-europe"]
    assert pattern.answers[0].text == r"order.\*.eu"


@pytest.mark.parametrize("form", ["gift", "markdown"])
def test_a_student_gets_no_keys(form: str) -> None:
    secret = {"explanation": "SECRET", "why": "SECRET", "source": "SECRET"}
    source = SAMPLE
    for old in ("Because.", "Yes.", "No.", "No, neither.", "Yes, A.", "It begins.", "Too long."):
        source = source.replace(f'"{old}"', f'"{secret["why"]} {old}"')
    quiz = QuizFile.model_validate(tomllib.loads(source))
    teacher = gift.write(quiz, False) if form == "gift" else export.markdown(quiz, False)
    student = gift.write(quiz, True) if form == "gift" else export.markdown(quiz, True)
    assert "SECRET" in teacher
    assert "SECRET" not in student
    assert "#.critical" not in student
    assert "a wrong one" in student


def test_the_markdown_has_every_question_and_its_answer() -> None:
    text = export.markdown(sample(), student=False)
    assert text.count("## Question ") == text.count("## Answer ") == 9
    assert "**Right:** alternate exchange or AE" in text


def test_the_command_writes_to_standard_output_and_needs_no_broker() -> None:
    environment = {"RABBITMQ_URL": "amqp://127.0.0.1:1/", "PYTHONIOENCODING": "ascii"}
    done = learn("quiz", "export", "3", "--format", "gift", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read(done.stdout)) == len(load.quiz("3").questions)
