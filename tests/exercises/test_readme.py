"""The check that README.md shows says what ./learn says."""

from pathlib import Path

from course.grading.show import paragraph
from course.grading.unit import find


def test_the_finding_in_the_readme_is_the_exercises(repository: Path) -> None:
    page = (repository / "README.md").read_text(encoding="utf-8")
    unit = find("ex_01")
    finding = unit.file.findings["auto-ack"]
    assert f"Task {finding.task}, not yet: auto-ack" in page
    for label, text in (
        ("Expected", finding.expected), ("Why", finding.why), ("Next", finding.next),
    ):  # fmt: skip
        assert "\n".join(paragraph(label, text)) in page
    for number, task in enumerate(unit.tasks, start=1):
        assert f" {number}  {task.title}" in page
