"""The picture of the house, drawn from the imports: `python -m tests.docs.architecture` writes it.

Each package is a room with its modules; an arrow from one room to another says that it imports it. A
test draws it again and compares, so the picture cannot grow old.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "architecture.svg"
FLOORS = (("asty",), ("infra", "network", "monitoring", "drs", "lab"), ("platforms",), ("city", "snmp"))
ROOMS = tuple(room for floor in FLOORS for room in floor)

FONT = 'font-family="system-ui, sans-serif"'
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#456"/></marker>'
)
WIDTH, MARGIN, GAP, LINE, TITLE = 1180, 20, 90, 17, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`modules` of each room, one level deep; `arrows` from each room to those that it imports."""

    modules: dict[str, tuple[str, ...]]
    arrows: tuple[tuple[str, str], ...]


def survey(root: Path = ROOT) -> House:
    """The house as its imports are now."""
    modules = {room: tuple(sorted(_modules(root / room))) for room in ROOMS}
    arrows = {
        (room, target)
        for room in ROOMS
        for path in (root / room).rglob("*.py")
        for target in _imported_rooms(path)
        if target != room
    }
    return House(modules=modules, arrows=tuple(sorted(arrows)))


def _modules(room: Path) -> Iterator[str]:
    for path in room.iterdir():
        if path.suffix == ".py" and not path.name.startswith("__"):
            yield path.stem
        elif (path / "__init__.py").exists():
            yield f"{path.name}/"


def _imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.partition(".")[0] for name in names if name.partition(".")[0] in ROOMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height


def layout(house: House) -> dict[str, Box]:
    """Floors from top to bottom, the rooms of a floor side by side, all as high as the fullest."""
    boxes: dict[str, Box] = {}
    y = float(MARGIN)
    for floor in FLOORS:
        width = (WIDTH - MARGIN * (len(floor) + 1)) / len(floor)
        columns = max(1, int(width // 180))
        height = TITLE + LINE * max(-(-len(house.modules[room]) // columns) for room in floor) + 12
        for index, room in enumerate(floor):
            boxes[room] = Box(x=MARGIN + index * (width + MARGIN), y=y, width=width, height=height)
        y += height + GAP
    return boxes


def draw(house: House) -> str:
    """The SVG, the same text for the same house."""
    boxes = layout(house)
    height = max(box.y + box.height for box in boxes.values()) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" font-size="13" {FONT}>',
        "<title>The rooms of asty and the imports between them</title>",
        f"<defs>{TIP}</defs>",
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>',
        *(_arrow(boxes[a], boxes[b]) for a, b in house.arrows),
        *(line for room in ROOMS for line in _room(room, boxes[room], house.modules[room])),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrow(start: Box, end: Box) -> str:
    """Straight to the floor below; past a floor between them along the margin."""
    (x1, y1), (x2, y2) = start.bottom, end.top
    path = f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"
    if y2 - y1 > GAP:
        y1, y2 = start.y + start.height / 2, end.y + end.height / 2
        path = f"M{start.x:.0f} {y1:.0f}H{start.x / 2:.0f}V{y2:.0f}H{end.x:.0f}"
    return f'<path d="{path}" fill="none" stroke="#456" stroke-width="1.2" marker-end="url(#tip)"/>'


def _room(room: str, box: Box, modules: tuple[str, ...]) -> Iterator[str]:
    yield (
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}" rx="6" '
        'fill="#f2f6f9" stroke="#456"/>'
    )
    yield f'<text x="{box.x + 10:.0f}" y="{box.y + 20:.0f}" font-weight="700" font-size="15">{escape(room)}/</text>'
    columns = max(1, int(box.width // 180))
    rows = -(-len(modules) // columns)
    for index, module in enumerate(modules):
        x = box.x + 12 + (index // rows) * (box.width / columns)
        y = box.y + TITLE + 12 + (index % rows) * LINE
        yield f'<text x="{x:.0f}" y="{y:.0f}" fill="#234">{escape(module)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(survey()), encoding="utf-8")
