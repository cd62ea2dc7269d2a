"""course.schema.json, which editors use for course.toml, says what the engine checks."""

import json
from pathlib import Path

from course.catalog import CourseFile

RENEW = (
    ".venv/bin/python -c 'import json, pathlib; from course.catalog import CourseFile; "
    'pathlib.Path("course.schema.json").write_text(json.dumps(CourseFile.model_json_schema(), '
    'indent=2, sort_keys=True) + "\\n")\''
)


def test_the_published_schema_is_the_one_that_course_toml_is_checked_with(repository: Path) -> None:
    wanted = json.dumps(CourseFile.model_json_schema(), indent=2, sort_keys=True) + "\n"
    published = (repository / "course.schema.json").read_text(encoding="utf-8")
    assert published == wanted, f"course.schema.json is outdated. Renew it: {RENEW}"
