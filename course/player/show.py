"""Show a lesson being played: every line with its terminal's name, in a colour of its own."""

from rich.markdown import Markdown
from rich.text import Text

from course.console import Output
from course.player.actions import Command, Interrupt
from course.player.page import Scene

COLOURS = ("cyan", "magenta", "green", "yellow", "blue")


class Show:
    """The player's view for a person. With `step` it waits for Enter before each command."""

    def __init__(self, output: Output, step: bool) -> None:
        self.output = output
        self.step = step
        self.colours: dict[str, str] = {}

    def scene(self, scene: Scene) -> None:
        self.output.out.print()
        self.output.out.rule(f"{scene.section}: {scene.title}", align="left", style="bold")
        self.colours.clear()

    def skipped(self, scene: Scene, why: str) -> None:
        self.output.out.print()
        self.output.out.print(f"Left out: {scene.title} ({why}).", style="yellow", markup=False)

    def narration(self, text: str) -> None:
        if text:
            self.output.out.print()
            self.output.out.print(Markdown(text))

    def before(self, terminal: str, action: Command | Interrupt) -> None:
        typed = action.text if isinstance(action, Interrupt) else f"$ {action.text}"
        self._print(terminal, typed, "bold")
        if self.step:
            self.output.out.input("    (Enter to go on) ")

    def line(self, terminal: str, text: str) -> None:
        self._print(terminal, text, "")

    def notice(self, text: str) -> None:
        if text:
            self.output.out.print()
            self.output.out.print(Markdown(f"**Notice:** {text}"))

    def _print(self, terminal: str, text: str, style: str) -> None:
        colour = self.colours.setdefault(terminal, COLOURS[len(self.colours) % len(COLOURS)])
        line = Text.assemble((f"{terminal} {self.output.symbols.bar} ", colour), (text, style))
        self.output.out.print(line, soft_wrap=True)
