"""A sitting that is going on: asks, judges, shows, and keeps every answer."""

from collections.abc import Callable
from datetime import UTC, datetime

from course import progress
from course.console import Output
from course.errors import CouldNotCheck, NotYet
from course.options import Options, wanted
from course.progress import QuizProgress, Sitting
from course.quiz import ask, review, sitting
from course.quiz.judge import judge
from course.quiz.lab import Lab
from course.quiz.models import EXECUTED, Question, QuizFile
from course.quiz.show import Show
from course.quiz.simulated import Simulated
from course.quiz.verdict import Answer, Verdict


class Interrupted(NotYet):
    """Ctrl-C: what was answered is kept."""

    exit_code = 130


class Session:
    """A sitting that is going on. With `keep` it can be resumed."""

    def __init__(
        self, options: Options, quiz: QuizFile, now: Sitting, output: Output, keep: bool
    ) -> None:
        self.quiz = quiz
        self.now = now
        self.output = output
        self._options = options
        self._keep = keep
        self._show = Show(output)
        self._questions = {question.id: question for question in quiz.questions}
        self._lab: Lab | None = None

    def run(self) -> None:
        """Ask what is not yet answered; NotYet if the learner stops before the end."""
        asker = ask.fit(self.output)
        self._update(lambda entry: None)
        count = len(self.now.questions)
        if any(isinstance(self._questions[name], EXECUTED) for name in self._open()):
            self._lab = find_lab(self._options, self.output)
        for name in self._open():
            question = self._questions[name]
            self._show.question(question, self.now.questions.index(name) + 1, count)
            try:
                answer = asker.answer(question, self.now.seed, self._hints(question))
            except ask.Quit as stop:
                raise NotYet(self._stopped(stop.ended)) from None
            except KeyboardInterrupt:
                self.output.out.print()
                raise Interrupted(self._stopped(ended=False)) from None
            verdict = self._judge(question, answer)
            self._show.verdict(question, verdict)
            self._keep_score(name, verdict.score)

    def _keep_score(self, name: str, score: float) -> None:
        self.now.scores[name] = score
        self._update(lambda entry: review.remember(entry, name, score))

    def finish(self) -> sitting.Result:
        """Show the result, and note it."""
        result = sitting.result(self.quiz, self.now)
        self._show.result(self.quiz, result)

        def note(entry: QuizProgress) -> None:
            if self._keep:
                entry.sitting = None
            if self._keep and self.now.whole:
                entry.best_percent = max(entry.best_percent or 0, result.percent)
                if result.passed:
                    entry.passed_at = entry.passed_at or datetime.now(UTC)

        self._update(note)
        return result

    def _open(self) -> list[str]:
        return [name for name in self.now.questions if name not in self.now.scores]

    def _judge(self, question: Question, answer: Answer) -> Verdict:
        lab = self._lab or Simulated()
        try:
            return judge(question, answer, lab)
        except CouldNotCheck as error:
            self.output.say(f"{error} This answer is judged without a broker.")
            return judge(question, answer, Simulated())

    def _hints(self, question: Question) -> Callable[[], bool]:
        left = list(question.hints)

        def show_next() -> bool:
            if not left:
                return False
            self._show.hint(left.pop(0))
            return True

        return show_next

    def _stopped(self, ended: bool) -> str:
        why = "the input is over" if ended else "stopped"
        done = f"{len(self.now.scores)} of {len(self.now.questions)} answered"
        if not self._keep:
            return f"{why}, {done}. Go on: ./learn quiz {self.quiz.module} --review"
        return f"{why}, {done} and kept. Go on: ./learn quiz {self.quiz.module}"

    def _update(self, change: Callable[[QuizProgress], None]) -> None:
        # Read again: another terminal may have noted a lesson meanwhile.
        so_far = progress.load(self.output.say)
        entry = so_far.quiz(self.quiz.module)
        if self._keep:
            entry.sitting = self.now
        change(entry)
        progress.save(so_far)


def find_lab(options: Options, output: Output) -> Lab:
    """A broker to ask, or else the local model, which is said."""
    from course.brokers import choose
    from course.quiz.rabbit import Rabbit

    try:
        choice = choose.ensure(output.say, wanted(options))
        lab = Rabbit(choice.broker)
        lab.describe()
    except CouldNotCheck as error:
        output.out.print(f"No broker, so its part is simulated: {error}", markup=False)
        return Simulated()
    output.out.print(str(choice), markup=False)
    return lab
