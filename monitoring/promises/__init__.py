"""The four promises, computed from what was declared and what was observed, each with its arithmetic."""

from monitoring.promises.evaluate import evaluate
from monitoring.promises.figure import Figure, Input, Period, as_json
from monitoring.promises.wireless import Radio

__all__ = ["Figure", "Input", "Period", "Radio", "as_json", "evaluate"]
