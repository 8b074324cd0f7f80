import pytest

from asty import outcomes
from city.outcome import Outcome, Status


def some(**counts: int) -> list[Outcome]:
    return [
        Outcome(subject=f"{name}-{n}", status=Status(name), reason="no answer")
        for name, count in counts.items()
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("done", "lines", "code"),
    [
        pytest.param([], ["nothing to do"], 0, id="nothing"),
        pytest.param(some(ok=3, changed=2), ["3 ok, 2 changed"], 0, id="all well"),
        pytest.param(some(ok=1, failed=1), ["failed   failed-0: no answer", "1 ok, 1 failed"], 1, id="one failed"),
        pytest.param(
            some(failed=1, unknown=1),
            [
                "failed   failed-0: no answer",
                "unknown  unknown-0: no answer",
                "1 failed, 1 unknown",
                "What is unknown may be either way: look at it before anything else is done to it.",
            ],
            4,
            id="one unknown",
        ),
        pytest.param(some(skipped=2), ["2 skipped"], 0, id="left out"),
    ],
)
def test_lines_and_code(done: list[Outcome], lines: list[str], code: int) -> None:
    assert list(outcomes.lines(done)) == lines
    found = outcomes.as_json(done)
    assert found["exit_code"] == code
    assert sum(found["tally"].values()) == len(found["outcomes"]) == len(done)


def test_keys_are_stable() -> None:
    found = outcomes.as_json(some(ok=1))
    assert list(found) == ["exit_code", "tally", "outcomes"]
    assert set(found["tally"]) == {"ok", "changed", "failed", "unknown", "skipped"}
    assert set(found["outcomes"][0]) == {"subject", "status", "reason", "duration_s", "evidence"}
