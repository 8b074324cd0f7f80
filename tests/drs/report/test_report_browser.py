"""The report in a real Chromium: nothing that axe objects to, nothing cut off, in both languages."""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Browser, sync_playwright

from drs.report.page import page
from drs.report.words import Code
from tests.drs.drill.test_run import measured
from tests.drs.report.test_facts import IDENTITY, told
from tests.monitoring.dashboard.test_browser import CHROMIUM, QUIET, violations

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.mark.parametrize("language", get_args(Code))
def test_the_report_opens_in_a_browser_and_axe_finds_nothing(browser: Browser, tmp_path: Path, language: Code) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(told(*IDENTITY, measured("identity")), language), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened, complaints = context.new_page(), list[str]()
    opened.on("console", lambda message: complaints.append(message.text))
    opened.goto(file.as_uri())
    assert violations(opened) == []
    assert opened.evaluate("document.documentElement.lang") == language
    assert opened.get_by_role("heading", level=1).is_visible()
    assert complaints == []
    context.close()
