"""Where images come from and go to: local folders and S3, confined to configured roots."""

from task_processor.storage.inputs import Input, list_inputs
from task_processor.storage.roots import Roots
from task_processor.storage.store import clean
from task_processor.storage.targets import Fingerprint, fingerprint, target_for

__all__ = ["Fingerprint", "Input", "Roots", "clean", "fingerprint", "list_inputs", "target_for"]
