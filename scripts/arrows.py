"""Checks who may import whom, with import-linter.

    uv run python -m scripts.arrows

The contracts are derived from the folders, so that a new concept is covered the day its folder appears.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("domain", "schema", "resolvers", "adapters", "server", "web", "examples")
# What a room may import besides itself. Nobody imports the server, or what is not installed (tests, scripts).
MAY_IMPORT = {
    "server": ("resolvers", "schema", "adapters", "domain", "web", "examples"),
    "resolvers": ("schema", "domain"),
    "schema": ("domain",),
    "adapters": ("domain",),
    "examples": ("domain",),
    "web": (),
    "domain": (),
}
NOT_CONCEPTS = ("reactions", "flows", "kernel")


def concepts(root: Path = ROOT) -> list[str]:
    """The concept folders of the domain, by name."""
    folders = {init.parent.name for init in (root / "domain").glob("*/__init__.py")}
    return sorted(folders - set(NOT_CONCEPTS))


def contracts(root: Path = ROOT) -> str:
    """import-linter's configuration for the tree at `root`."""
    between = " | ".join(concepts(root))
    layers = ["(reactions)", "(flows)", *([between] if between else []), "(kernel)"]
    parts = [f"[tool.importlinter]\nroot_packages = {list(ROOMS)}\n"]
    # Exhaustive: a module beside these would belong to nobody.
    parts.append(
        "[[tool.importlinter.contracts]]\n"
        'name = "domain: reactions -> flows -> concepts, which do not know one another -> kernel"\n'
        f'type = "layers"\ncontainers = ["domain"]\nexhaustive = true\nlayers = {layers}\n'
    )
    for room in ROOMS:
        forbidden = [other for other in ROOMS if other not in (room, *MAY_IMPORT[room])]
        if forbidden:
            parts.append(
                "[[tool.importlinter.contracts]]\n"
                f'name = "{room} does not import {", ".join(forbidden)}"\n'
                f'type = "forbidden"\nsource_modules = ["{room}"]\nforbidden_modules = {forbidden}\n'
            )
    return "\n".join(parts)


def check(root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """import-linter's verdict on the tree at `root`: return code 0 is a pass, the output says why not."""
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "contracts.toml")
        configuration.write_text(contracts(root))
        command = (sys.executable, "-c", "import importlinter.cli as c; c.lint_imports_command()")
        arguments = ("--config", str(configuration), "--no-cache", "--no-logo")
        return subprocess.run((*command, *arguments), cwd=root, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    verdict = check()
    sys.stdout.write(verdict.stdout + verdict.stderr)
    sys.exit(verdict.returncode)
