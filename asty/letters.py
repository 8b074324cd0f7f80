"""The Debian packages that draw the letters of a report as PDF."""

import sysconfig
from pathlib import Path

from drs.report.pdf import PACKAGES
from lab.system import Need

_LIBRARIES = Path("/usr/lib") / (sysconfig.get_config_var("MULTIARCH") or "")
_SHOWN_BY = (
    _LIBRARIES / "libpangoft2-1.0.so.0",
    _LIBRARIES / "libharfbuzz-subset.so.0",
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
)
LETTERS = tuple(
    Need(package=package, why="draws the letters of a drill's report as PDF", shown_by=file)
    for package, file in zip(PACKAGES, _SHOWN_BY, strict=True)
)
