"""Gets an answer from a person: by numbers and lines anywhere, by arrow keys in a terminal."""

import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from course.console import Output
from course.quiz import describe, judge
from course.quiz.models import Multiple, Order, Question, Route
from course.quiz.sitting import shuffled
from course.quiz.verdict import Answer, Unclear


class Quit(Exception):
    """The learner stops here; or, if `ended`, the input is over."""

    def __init__(self, ended: bool = False) -> None:
        super().__init__()
        self.ended = ended


class Asker(ABC):
    """Asks one question at a time. `hint` shows the next hint; it is False if there is none."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def answer(self, question: Question, seed: int, hint: Callable[[], bool]) -> Answer:
        """The learner's answer; raises Quit."""
        texts = judge.choices(question)
        order = shuffled(texts, seed, question.id)
        if isinstance(question, Route):
            order.sort()  # the queues stand in a table above, in the file's order
        while True:
            try:
                if not texts:
                    return judge.read(question, self.line(describe.how_to_answer(question), hint))
                chosen = self.choose(question, [texts[place] for place in order], hint)
                return tuple(order[place] for place in chosen)
            except Unclear as unclear:
                self.output.out.print(str(unclear), style="yellow", markup=False)

    @abstractmethod
    def line(self, what: str, hint: Callable[[], bool]) -> str:
        """A typed line."""

    @abstractmethod
    def choose(
        self, question: Question, texts: Sequence[str], hint: Callable[[], bool]
    ) -> tuple[int, ...]:
        """Positions among the texts: one, several, or all in order. Raises Unclear."""


class ByNumber(Asker):
    """Numbered options and typed lines: on pipes, with --plain, on terminals without cursor."""

    def line(self, what: str, hint: Callable[[], bool]) -> str:
        while True:
            try:
                typed = self.output.out.input(f"{what} (? hint, q stop): ", markup=False)
            except EOFError:
                self.output.out.print()
                raise Quit(ended=True) from None
            if not sys.stdin.isatty():  # nobody has seen it being typed
                self.output.out.print(typed, markup=False)
            if typed.strip().lower() == "q":
                raise Quit
            if typed.strip() != "?":
                return typed
            if not hint():
                self.output.out.print("There are no more hints.")

    def choose(
        self, question: Question, texts: Sequence[str], hint: Callable[[], bool]
    ) -> tuple[int, ...]:
        self.show(texts)
        return numbers(question, self.line(describe.how_to_answer(question), hint), len(texts))

    def show(self, texts: Sequence[str]) -> None:
        """The options with their numbers."""
        from rich.markdown import Markdown
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        grid.add_column(justify="right", width=3)
        for number, text in enumerate(texts, start=1):
            grid.add_row(str(number), Markdown(text))
        self.output.out.print(grid)
        self.output.out.print()


class ByArrows(ByNumber):
    """questionary's lists; what has to be typed is typed as everywhere."""

    def choose(
        self, question: Question, texts: Sequence[str], hint: Callable[[], bool]
    ) -> tuple[int, ...]:
        import questionary

        if isinstance(question, Order):
            return super().choose(question, texts, hint)
        os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")  # else it warns in some terminals
        several = isinstance(question, Multiple | Route)
        hints = True
        while True:
            choices: list[Any] = [
                questionary.Choice(self._title(text), value=place)
                for place, text in enumerate(texts)
            ]
            choices.append(questionary.Separator(" "))
            if hints:
                choices.append(questionary.Choice("(a hint)", value="hint"))
            choices.append(questionary.Choice("(stop here)", value="stop"))
            ask = questionary.checkbox if several else questionary.select
            told = "Space ticks, Enter answers" if several else "Enter answers"
            given = ask("", choices=choices, instruction=told, qmark="").unsafe_ask()
            chosen = given if several else [given]
            if "stop" in chosen:
                raise Quit
            if "hint" not in chosen:
                return tuple(chosen)
            hints = hint()
            if not hints:
                self.output.out.print("There are no more hints.")

    def _title(self, text: str) -> str:
        from markdown_it import MarkdownIt
        from rich.text import Text

        tokens = MarkdownIt().parseInline(text)[0].children or []
        words = (" " if token.type == "softbreak" else token.content for token in tokens)
        bare = Text("".join(words).strip())
        width = max(20, self.output.out.width - 10)
        indent = "\n" + " " * 5
        return indent.join(line.plain.rstrip() for line in bare.wrap(self.output.out, width))


def fit(output: Output) -> Asker:
    """The asker for this terminal."""
    # A sign in a wrong encoding is a wrong answer, not a crash.
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    dumb = os.environ.get("TERM") in ("dumb", "unknown") and sys.platform != "win32"
    return ByArrows(output) if output.interactive and not dumb else ByNumber(output)


def numbers(question: Question, typed: str, count: int) -> tuple[int, ...]:
    """What was typed as positions from 0; raises Unclear."""
    words = [word for word in re.split(r"[\s,;]+", typed.strip()) if word]
    if not all(word.isdecimal() for word in words) or not words:
        raise Unclear(f"Type {'numbers' if count > 1 else 'a number'} from 1 to {count}.")
    given = [int(word) for word in words]
    if isinstance(question, Order):
        if sorted(given) != list(range(1, count + 1)):
            raise Unclear(f"Type each number from 1 to {count} once, with spaces between them.")
        return tuple(number - 1 for number in given)
    if isinstance(question, Route) and given == [0]:
        return ()
    if any(not 1 <= number <= count for number in given):
        raise Unclear(f"Type a number from 1 to {count}.")
    if not isinstance(question, Multiple | Route) and len(given) != 1:
        raise Unclear("One of them is right. Type its number.")
    return tuple(sorted({number - 1 for number in given}))
