"""Dead letters as text for a person."""

from collections import Counter

from task_processor.dead.letters import Letter

MOST = 50


def as_lines(letters: list[Letter]) -> list[str]:
    """By reason with what to do about it, then one by one."""
    if not letters:
        return ["No dead letters."]
    lines = []
    for reason, count in Counter(letter.reason for letter in letters).most_common():
        of = [letter for letter in letters if letter.reason == reason]
        lines.append(f"{count} x {reason}. What to do: {of[0].remedy}")
        lines += [
            f"    {letter.key}  attempts: {letter.attempts}  {letter.message}"
            for letter in of[:MOST]
        ]
        if count > MOST:
            lines.append(f"    and {count - MOST} more: --reason {reason} --json lists all")
    lines.append("One in full: dead show KEY. Again: dead retry KEY, or --job, --reason, --all")
    return lines
