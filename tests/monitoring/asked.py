"""One look through one probe at a server of a test, as the city's data would declare it."""

from pathlib import Path

from city.load.defects import Defects
from city.load.record import Record
from city.load.source import read_yaml
from monitoring.probing.declared import probes
from monitoring.probing.look import Ask, look
from monitoring.probing.probe import Found, Spec
from monitoring.probing.trip import Way
from tests.monitoring.paper_servers import LOOPBACK


def spec(folder: Path, name: str, declared: str) -> Spec:
    """Of a line of YAML, `{https: /healthz}`; raises where it has a defect."""
    file, defects = folder / "probe.yaml", Defects()
    file.write_text(declared, encoding="utf-8")
    record = Record("portal: probe", read_yaml(file, defects), defects)
    found: Spec = probes()[name].read(record)
    record.finish()
    defects.raise_if_any()
    return found


async def asked(
    folder: Path, declared: str, *, host: str = LOOPBACK, way: Way | None = None, deadline_s: float = 30
) -> Found:
    name = declared.strip("{ ").partition(":")[0]
    ask = Ask(probe=probes()[name], host=host, spec=spec(folder, name, declared), deadline_s=deadline_s)
    return await look(ask, way or Way())
