"""The two runs of pytest: every test is in one of them, and neither's failure is lost."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import together
from tests.together import Share

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("lab", "without_lab", "all_of_them"),
    [
        pytest.param(0, 0, 0, id="all green"),
        pytest.param(5, 0, 0, id="none needs the lab"),
        pytest.param(5, 5, 5, id="none at all"),
        pytest.param(1, 0, 1, id="one of the lab's failed"),
        pytest.param(0, 1, 1, id="one of the rest failed"),
        pytest.param(5, 2, 2, id="it was interrupted"),
    ],
)
def test_neither_failure_is_lost(
    lab: int, without_lab: int, all_of_them: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code = f"import sys; print('said by', sys.argv[1]); sys.exit({{'lab': {lab}}}.get(sys.argv[1], {without_lab}))"
    monkeypatch.setattr(together, "PYTEST", (sys.executable, "-c", code))
    monkeypatch.setattr(together, "SHARE", "")
    assert together.main(()) == all_of_them
    assert capfd.readouterr().out.splitlines() == ["said by lab", "said by without-lab"]


def test_the_shares_are_all_tests_and_share_none() -> None:
    def collected(*arguments: str) -> list[str]:
        command = [*together.PYTEST, "--collect-only", "-q", "tests/drs/test_site.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return [line for line in done.stdout.splitlines() if "::" in line]

    shares = [collected(f"{together.SHARE}{share}") for share in Share]
    assert all(shares)
    assert sorted(shares[0] + shares[1]) == sorted(collected())
