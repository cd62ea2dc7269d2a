"""The JSON Schemas, which editors use, say what the engine checks."""

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from course.catalog import CourseFile
from course.grading.models import ExerciseFile
from course.quiz.interview import InterviewFile
from course.quiz.models import QuizFile

RENEW = (
    ".venv/bin/python -c 'import json, pathlib; from {module} import {name}; "
    'pathlib.Path("{path}").write_text(json.dumps({name}.model_json_schema(), '
    'indent=2, sort_keys=True) + "\\n")\''
)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("course.schema.json", CourseFile),
        ("exercises/exercise.schema.json", ExerciseFile),
        ("quizzes/module.schema.json", QuizFile),
        ("quizzes/interview.schema.json", InterviewFile),
    ],
)
def test_a_published_schema_is_the_one_that_files_are_checked_with(
    repository: Path, path: str, model: type[BaseModel]
) -> None:
    wanted = json.dumps(model.model_json_schema(), indent=2, sort_keys=True) + "\n"
    published = (repository / path).read_text(encoding="utf-8")
    renew = RENEW.format(module=model.__module__, name=model.__name__, path=path)
    assert published == wanted, f"{path} is outdated. Renew it: {renew}"
