"""What WCAG 2.2 AA asks of the page and can be read off its text: structure, names, tables, contrast."""

import dataclasses
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

import monitoring.dashboard
from city.model.city import City
from city.model.services import Flow
from monitoring.dashboard.app import create_app
from monitoring.snapshot import Snapshot
from tests.monitoring.measured import rule_of

STYLE = (Path(monitoring.dashboard.__file__).parent / "static" / "asty.css").read_text(encoding="utf-8")
VOID = {"meta", "link", "br", "img", "input", "path", "rect"}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None], parent: "Element | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element] = []
        self.own = ""

    @property
    def text(self) -> str:
        return " ".join(filter(None, [self.own.strip(), *(child.text for child in self.children)]))

    def all(self, *tags: str) -> "list[Element]":
        found = [self] if self.tag in tags else []
        return found + [one for child in self.children for one in child.all(*tags)]

    @property
    def language(self) -> str | None:
        """Of its own text: the `lang` of the nearest element that has one (WCAG 3.1.1 and 3.1.2)."""
        return self.attributes.get("lang") or (self.parent.language if self.parent else None)

    @property
    def everything(self) -> "list[Element]":
        return [self, *(found for child in self.children for found in child.everything)]

    def within(self, tag: str) -> "Element | None":
        return self if self.tag == tag else self.parent.within(tag) if self.parent else None


class Reader(HTMLParser):
    """Builds the tree, and fails where an element is not closed by its own end tag."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.at = Element("document", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, dict(attrs), self.at)
        self.at.children.append(found)
        if tag not in VOID:
            self.at = found

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, dict(attrs), self.at))

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag and self.at.parent is not None, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.own += data


def read(text: str) -> Element:
    reader = Reader()
    reader.feed(text)
    assert reader.at is reader.root
    return reader.root


@pytest.fixture(params=["el", "en"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def page(client: httpx.AsyncClient, language: str) -> Element:
    return read((await client.get(f"/{language}/?state=all")).text)


@pytest.fixture(params=["", "drills/"], ids=["promises", "recovery"])
async def either(client: httpx.AsyncClient, language: str, request: pytest.FixtureRequest) -> Element:
    """Each page of the dashboard."""
    return read((await client.get(f"/{language}/{request.param}?state=all")).text)


@pytest.mark.slow
def test_the_page_names_its_language_and_itself(either: Element, language: str) -> None:
    assert either.all("html")[0].attributes["lang"] == language
    assert either.all("title")[0].text
    assert [link.attributes["lang"] for link in either.all("a") if "lang" in link.attributes] == ["el", "en"]
    alternates = [link.attributes["hreflang"] for link in either.all("link") if link.attributes["rel"] == "alternate"]
    assert alternates == ["el", "en", "x-default"]


@pytest.mark.slow
def test_there_is_no_script_style_or_event_in_the_page(either: Element) -> None:
    assert not either.all("script", "style", "iframe", "object", "base", "form")

    def attributes(one: Element) -> set[str]:
        return set(one.attributes) | {name for child in one.children for name in attributes(child)}

    assert not {name for name in attributes(either) if name.startswith("on") or name == "style"}


def test_headings_go_down_by_one(either: Element) -> None:
    levels = [int(heading.tag[1]) for heading in either.all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_and_the_way_past_them(either: Element) -> None:
    for landmark in ("header", "main", "footer"):
        assert len(either.all(landmark)) == 1
    first = either.all("a")[0]
    assert first.attributes["href"] == f"#{either.all('main')[0].attributes['id']}"
    names = [nav.attributes.get("aria-label") for nav in either.all("nav")]
    assert all(names) and len(set(names)) == len(names)


def test_ids_are_unique_and_every_reference_finds_one(either: Element) -> None:
    ids = [one.attributes["id"] for one in either.everything if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in either.everything:
        for reference in (one.attributes.get("aria-labelledby") or "").split():
            assert reference in ids


def test_every_table_has_a_caption_and_scoped_headers(either: Element) -> None:
    tables = either.all("table")
    assert len(tables) in {8, 3}
    for table in tables:
        assert table.all("caption")[0].text
        assert all(header.attributes.get("scope") in {"col", "row"} for header in table.all("th"))
        columns = len(table.all("thead")[0].all("th"))
        for row in table.all("tbody")[0].all("tr"):
            assert len(row.all("th", "td")) == columns
            assert row.all("th")[0].attributes["scope"] == "row"


def test_what_may_scroll_can_be_reached_by_keyboard_and_has_a_name(either: Element) -> None:
    regions = [one for one in either.all("div") if one.attributes.get("class") == "scroll"]
    assert len(regions) == len(either.all("table"))
    for region in regions:
        assert region.attributes["tabindex"] == "0" and region.attributes["role"] == "region"
        assert region.attributes["aria-label"]


def test_the_map_has_a_name_a_description_and_the_table_its_figures(page: Element) -> None:
    drawing = next(svg for svg in page.all("svg") if svg.attributes.get("role") == "img")
    assert drawing.all("title")[0].text
    described = [int(n) for n in re.findall(r"\d+", drawing.all("desc")[0].text)]
    of_services, table = [t for t in page.all("table") if len(t.all("thead")[0].all("th")) == 5]
    assert len(of_services.all("tbody")[0].all("tr")) == 6
    rows = [[int(cell.text) for cell in row.all("td")] for row in table.all("tbody")[0].all("tr")]
    assert described == [7, 2, 3]
    assert [sum(column) for column in zip(*rows, strict=True)] == [*described, 12]


def test_other_drawings_are_silent_beside_their_words(either: Element) -> None:
    for svg in either.all("svg"):
        if svg.attributes.get("role") != "img":
            assert svg.attributes["aria-hidden"] == "true"
            assert svg.parent is not None and svg.parent.text


def test_state_is_told_by_shape_and_word_not_by_colour_alone(page: Element) -> None:
    listed = [cell for cell in page.all("td") if cell.attributes.get("class") == "state"]
    shapes = {(cell.text, cell.all("path")[0].attributes["d"]) for cell in listed}
    assert len(shapes) == len({word for word, _ in shapes}) == len({shape for _, shape in shapes}) == 3


def own_words(thing: object) -> Iterator[str]:
    """Whatever a city's data give in one language alone: sources, and who approved."""
    if isinstance(thing, tuple):
        yield from (word for one in thing for word in own_words(one))
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, Flow):
        for field in dataclasses.fields(thing):
            value = getattr(thing, field.name)
            if field.name in {"source", "approved_by"}:
                yield value
            yield from own_words(value)


@pytest.mark.slow
@pytest.mark.parametrize("theirs", ["el", "en"])
async def test_the_datas_own_words_stand_in_their_own_language(
    city: City, snapshot: Snapshot, language: str, theirs: str
) -> None:
    app = create_app(dataclasses.replace(city, sources_in=theirs), lambda _at: snapshot)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dashboard.test") as client:
        page = read((await client.get(f"/{language}/?state=all")).text)
    words = {*own_words(city), *own_words(rule_of(city, "running-cost"))} - {""}
    assert words == {"invented for this example", "the example's council"}
    for word in words:
        having = [one for one in page.everything if word in one.own]
        assert having and {one.language for one in having} == {theirs}, word
        assert not [one for one in page.everything if any(word in (v or "") for v in one.attributes.values())]


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [
        pytest.param(
            "el",
            "cost.yaml, 2017-01-01 έως 2018-01-01: ; εγκρίθηκε από:  στις 2018-03-01",
            ["invented for this example", "the example's council"],
            id="a Greek line quotes English",
        ),
        pytest.param(
            "en",
            "cost.yaml, 2017-01-01 to 2018-01-01: invented for this example; approved by the example's council "
            "on 2018-03-01",
            [],
            id="an English line has nothing to set apart",
        ),
    ],
    indirect=["language"],
)
def test_what_is_ours_in_the_same_line_stays_in_the_pages_language(
    page: Element, language: str, ours: str, theirs: list[str]
) -> None:
    (line, *_) = [one for one in page.everything if one.own.startswith("cost.yaml, 2017")]
    assert (line.language, line.own, [quoted.own for quoted in line.children]) == (language, ours, theirs)


@pytest.mark.parametrize("language", ["el"], indirect=True)
def test_beside_names_of_files_and_keys_no_source_is_in_english_unmarked(page: Element) -> None:
    sources = [one.own for one in page.everything if one.attributes.get("class") == "source"]
    assert len(sources) > 40
    for ours in sources:
        assert not re.search(r"[A-Za-z]", re.sub(r"\w+\.(yaml|csv)(, [a-z-]+)?", "", ours))


def test_every_promise_says_verdict_target_age_and_arithmetic(page: Element, city: City) -> None:
    cards = page.all("article")
    assert len(cards) == len(city.promises)
    for card in cards:
        assert card.all("h3")[0].text
        assert {"sentence", "target", "age", "formula"} <= {p.attributes.get("class") for p in card.all("p")}
        assert card.all("summary")[0].text.endswith(card.all("h3")[0].text)
        assert card.all("span")[1].text


# Contrast, computed as WCAG 2.2 defines it, from the style sheet's own tokens.


def tokens(scheme: str) -> dict[str, str]:
    light = STYLE.partition("@media screen and (prefers-color-scheme: dark)")
    block = light[0] if scheme == "light" else light[2].partition("\n}\n")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [(ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("ground", "sheet")] + [
    (f"{verdict}-ink", f"{verdict}-ground") for verdict in ("met", "not-met", "cannot-tell")
]
MARKS = [
    (mark, ground)
    for mark in ("up", "down", "unknown")
    for ground in ("land", "people-1", "people-2", "people-3", "people-4", "ground", "sheet")
] + [("edge", "sheet"), ("focus", "ground"), ("focus", "sheet"), ("found-is-accent", "track"), ("ink", "track")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_has_contrast(scheme: str, ink: str, ground: str) -> None:
    known = tokens(scheme)
    assert contrast(known[ink], known[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_have_contrast(scheme: str, mark: str, ground: str) -> None:
    known = tokens(scheme)
    known["found-is-accent"] = known["accent"]
    assert contrast(known[mark], known[ground]) >= 3.0


def test_every_token_is_set_in_both_schemes() -> None:
    assert set(tokens("light")) == set(tokens("dark")) == set(re.findall(r"var\(--([\w-]+)\)", STYLE))


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_colours_come_from_tokens_alone() -> None:
    rules = STYLE.partition("*, *::before")[2].partition("@media print")[0]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)


def test_the_style_sheet_asks_for_nothing_from_elsewhere() -> None:
    assert not re.search(r"url\(|@import|http", STYLE)
