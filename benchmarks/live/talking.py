"""Processes of ours that are asked in lines of JSON, and answer so: who watches, and who publishes."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LONGEST_ANSWER_SECONDS = 300.0
STOP_SECONDS = 20.0


class Fault(Exception):
    """A process answered that something went wrong, or does not answer; the sentence says what."""


@dataclass
class Partner:
    """A process to talk to."""

    name: str
    process: "subprocess.Popen[bytes]"

    def tell(self, **asked: Any) -> None:
        """Say it, and do not wait for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, seconds: float = LONGEST_ANSWER_SECONDS) -> dict[str, Any]:
        """Its next answer. Raises Fault."""
        assert self.process.stdout is not None
        # It never says more than one line before it is asked again, so nothing of ours hides in a buffer.
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise Fault(f"{self.name} did not answer for {seconds:g} seconds")
        line = self.process.stdout.readline()
        if not line:
            raise Fault(f"{self.name} ended")
        said: dict[str, Any] = json.loads(line)
        if "fault" in said:
            raise Fault(f"{self.name}: {said['fault']}")
        return said

    def ask(self, **asked: Any) -> dict[str, Any]:
        """Say it, and hear the answer."""
        self.tell(**asked)
        return self.hear()


@contextmanager
def talking(module: str, *arguments: str) -> Iterator[Partner]:
    """That module as a process, once it has said that it is ready; gone afterwards."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdin=pipe, stdout=pipe)
    partner = Partner(module.rpartition(".")[2], process)
    try:
        partner.hear()
        yield partner
    finally:
        assert process.stdin is not None
        process.stdin.close()  # it ends with its input
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def say(**said: Any) -> None:
    """Answer whoever asked."""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    sys.stdout.buffer.flush()
