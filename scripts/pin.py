"""Pins every version the project installs, transitive ones too, in pyproject.toml.

    uv run python -m scripts.pin              add pins for new dependencies, keep the others
    uv run python -m scripts.pin --upgrade    move every pin to the newest version that fits

The pins are uv's own resolution, written down as constraints: a lock file would name the hosts it downloaded from.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
RUN_TIME = "constraint-dependencies"
BUILD_TIME = "build-constraint-dependencies"
# A wheel that is installed in place (`uv run` does that) asks hatchling for this one while it builds.
ASKED_FOR_BY_EDITABLE_BUILDS = ("editables",)


def main(arguments: Sequence[str]) -> None:
    """Rewrite both lists of pins; with `--upgrade`, without regard to what they say now."""
    text = PYPROJECT.read_text()
    if "--upgrade" in arguments:
        text = with_pins(with_pins(text, RUN_TIME, []), BUILD_TIME, [])
    settings = tomllib.loads(text)
    run_time, build_time = run_time_pins(text), build_time_pins(settings)
    PYPROJECT.write_text(with_pins(with_pins(text, RUN_TIME, run_time), BUILD_TIME, build_time))
    sys.stdout.write(f"{len(run_time)} packages and {len(build_time)} build packages are pinned.\n")


def run_time_pins(pyproject: str) -> list[str]:
    """What `pyproject` needs, every group included, resolved for every supported Python and platform."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(pyproject)
        uv("lock", "--quiet", "--project", folder)
        exported = uv(
            *("export", "--quiet", "--project", folder, "--frozen", "--all-groups", "--all-extras"),
            *("--no-emit-project", "--no-hashes", "--no-annotate", "--no-header"),
        )
    return sorted(exported.splitlines(), key=package_name)


def build_time_pins(settings: dict[str, Any]) -> list[str]:
    """The build backend and all it needs."""
    wanted = [*settings["build-system"]["requires"], *ASKED_FOR_BY_EDITABLE_BUILDS]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(settings["tool"]["uv"].get(BUILD_TIME, [])))
        lowest_python = settings["project"]["requires-python"].removeprefix(">=")
        compiled = uv(
            *("pip", "compile", "--quiet", "--universal", "--python-version", lowest_python),
            *("--constraint", str(constraints), "--no-annotate", "--no-header", "-"),
            stdin="\n".join(wanted),
        )
    return sorted(compiled.splitlines(), key=package_name)


def with_pins(pyproject: str, name: str, pins: Sequence[str]) -> str:
    """`pyproject` with the list `name` replaced; the rest of the file is kept to the letter."""
    written = "".join(f'  "{pin.replace(" ; ", "; ")}",\n' for pin in pins)
    replaced, count = re.subn(rf"(?ms)^{name} = \[\n.*?^\]$", lambda _: f"{name} = [\n{written}]", pyproject)
    assert count == 1, f"pyproject.toml has {count} lists called {name}"
    return replaced


def package_name(pin: str) -> str:
    """`attrs` of `attrs==26.1.0`."""
    return pin.partition("==")[0]


def uv(*arguments: str, stdin: str = "") -> str:
    """The standard output of one uv command; its complaint goes to the terminal."""
    return subprocess.run(("uv", *arguments), input=stdin, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
