"""Steps taken on the machine, by the programs that everybody has: ip(8) and nft(8)."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab.net import kernel
from lab.net.machine import ROOT
from lab.net.mend import Step, Verb
from lab.system import last_line

IP, NFT = Path("/usr/sbin/ip"), Path("/usr/sbin/nft")


def take(steps: Iterable[Step]) -> Iterator[str]:
    """Take each step, and yield why one failed; the next look at the machine asks for it again."""
    for step in steps:
        problem = _take(step)
        if problem:
            yield f"{step.namespace or 'the machine'}: {problem}"


def _take(step: Step) -> str:
    if step.verb is Verb.DELETE:
        return _run([str(IP), "netns", "delete", step.namespace])
    if step.verb is Verb.ADD:
        return _run([str(IP), "netns", "add", step.namespace])
    if step.verb is Verb.SWITCH:
        return _write(step.namespace, *step.lines)
    if step.verb is Verb.RULES:
        return _inside(step.namespace, [str(NFT), "-f", "-"], step.lines[0])
    where = ["-n", step.namespace] if step.namespace != ROOT else []
    said = _run([str(IP), *where, "-force", "-batch", "-"], "\n".join(step.lines) + "\n")
    return said if step.verb is Verb.IP else ""


def _write(namespace: str, file: str, value: str) -> str:
    try:
        with kernel.inside(namespace):
            (Path("/proc/sys/net") / file).write_text(value, encoding="ascii")
    except OSError as error:
        return f"{file}: {error.strerror}"
    return ""


def _inside(namespace: str, argv: list[str], text: str) -> str:
    try:
        with kernel.inside(namespace):
            return _run(argv, text)
    except OSError as error:
        return str(error)


def _run(argv: list[str], text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)  # noqa: S603 - own names, no shell
    said = [line for line in done.stderr.splitlines() if not line.startswith("Command failed")]
    return (said[0] if said else last_line(done.stderr)) if done.returncode else ""
