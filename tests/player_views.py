"""Views of the player for tests."""

from course.player.actions import Command, Interrupt
from course.player.page import Scene


class Silent:
    """Keeps what it is told, and shows nothing."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def scene(self, scene: Scene) -> None:
        self.told.append(("scene", scene.title))

    def skipped(self, scene: Scene, why: str) -> None:
        self.told.append(("skipped", f"{scene.title}: {why}"))

    def narration(self, text: str) -> None:
        self.told.append(("narration", text))

    def before(self, terminal: str, action: Command | Interrupt) -> None:
        self.told.append((terminal, f"$ {action.text}"))

    def line(self, terminal: str, text: str) -> None:
        self.told.append((terminal, text))

    def notice(self, text: str) -> None:
        self.told.append(("notice", text))
