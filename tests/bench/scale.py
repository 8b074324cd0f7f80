"""What 5,000 devices cost, beside what they cost before: `python -m tests.bench.scale`."""

from collections.abc import Iterator

from tests.bench import ledger, month, scrape

ABOUT = """## What 5,000 devices cost

Before is commit 5713d67 of 2026-11-26, measured by these programs on this machine on 2026-11-29, beside other work
(load 5 to 9); its cycles are told above. Figures are CPU seconds of the process that does the work, but for the
ledger's octets.

- Ledger: a cycle of 14,000 subjects that sees nothing new, after forty that each changed a fifth of them. Counted is
  all that the process writes.
- /metrics: one scrape of 150,000 values of 5,000 devices, all up; the first one opens the database that reads series.
- Promises: every figure and every state of one moment, from a ledger that holds a month of 13,000 subjects; the first
  moment that a process tells, as `asty kpi` does, and the next one, as the dashboard does."""

_SUBJECTS = 14_000
_BEFORE = {"written": 13.01, "ledger": 0.35, "first scrape": 2.33, "scrape": 2.19, "first": 0.97, "next": 0.23}


def table() -> Iterator[str]:
    """Measured now, as rows of a page."""
    yield "| measured | before | now | now / before |"
    yield "|---|---|---|---|"
    written, cpu = ledger.cycle(_SUBJECTS)
    yield _row("ledger, a cycle, MB", "written", written)
    yield _row("ledger, a cycle, CPU s", "ledger", cpu)
    first, *scrapes = scrape.scrapes()
    yield _row("/metrics, first scrape, CPU s", "first scrape", first)
    yield _row("/metrics, each further scrape, CPU s", "scrape", sorted(scrapes)[len(scrapes) // 2])
    first, further = month.month()
    yield _row("promises over a month, first moment, CPU s", "first", first)
    yield _row("promises over a month, next moment, CPU s", "next", further)


def _row(measured: str, before: str, now: float) -> str:
    return f"| {measured} | {_BEFORE[before]:.2f} | {now:.2f} | {now / _BEFORE[before]:.2f} |"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201 - its output
