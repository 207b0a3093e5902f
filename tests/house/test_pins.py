"""Every version is pinned in pyproject.toml, and no file names the host it comes from."""

import re
import tomllib
from importlib.metadata import distributions
from typing import Any

from scripts.pin import with_pins
from tests.house.source import ROOT, files

# Written by those who set the environment up, not by us.
TOOLS_OF_THE_ENVIRONMENT = {"waybill", "pip", "setuptools", "wheel", "uv"}
# In two halves, or this file would be the one that names them.
HOSTS = tuple(first + second for first, second in (("pypi", ".org"), ("files.python", "hosted"), ("npm", "js.org")))
HOSTS += tuple(first + second for first, second in (("yarn", "pkg.com"), ("deb.", "debian.org"), ("jsdelivr", ".net")))


def settings() -> dict[str, Any]:
    """The [tool.uv] table of pyproject.toml."""
    uv: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]
    return uv


def exact(pins: list[str]) -> dict[str, set[str]]:
    """The exact versions pinned for each package, one for each marker."""
    versions: dict[str, set[str]] = {}
    for pin in pins:
        name, version = pin.partition(";")[0].split("==")
        versions.setdefault(normal(name), set()).add(version.strip())
    return versions


def normal(name: str) -> str:
    """The name of a package as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def test_everything_that_is_installed_is_pinned_to_that_version() -> None:
    pins = exact(settings()["constraint-dependencies"])
    installed = {normal(found.metadata["Name"]): found.version for found in distributions()}
    loose = {name: version for name, version in installed.items() if version not in pins.get(name, set())}
    assert {name: version for name, version in loose.items() if name not in TOOLS_OF_THE_ENVIRONMENT} == {}


def test_everything_that_could_be_installed_elsewhere_is_pinned() -> None:
    """Other platforms and Pythons install other packages; uv's own resolution, where there is one, names them all."""
    lock = ROOT / "uv.lock"
    resolved = tomllib.loads(lock.read_text(encoding="utf-8"))["package"] if lock.exists() else []
    pins = exact(settings()["constraint-dependencies"])
    assert [found["name"] for found in resolved if found["name"] != "waybill" and found["name"] not in pins] == []


def test_what_builds_the_project_is_pinned() -> None:
    pins = exact(settings()["build-constraint-dependencies"])
    assert {"hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers"} <= set(pins)


def test_pins_are_sorted_and_name_a_package_once_for_each_marker() -> None:
    for name in ("constraint-dependencies", "build-constraint-dependencies"):
        pins = settings()[name]
        assert pins == sorted(set(pins), key=lambda pin: (pin.partition("==")[0], pin))


def test_refreshing_the_pins_leaves_the_rest_of_the_file_as_it_was() -> None:
    before = '# ours\nconstraint-dependencies = [\n  "attrs==1",\n]\nbuild-constraint-dependencies = [\n]\n'
    after = with_pins(before, "constraint-dependencies", ["attrs==2", "tomli==3 ; python_version < '3.11'"])
    pins = '  "attrs==2",\n  "tomli==3; python_version < \'3.11\'",\n'
    assert after == f"# ours\nconstraint-dependencies = [\n{pins}]\nbuild-constraint-dependencies = [\n]\n"


def test_no_download_of_an_interpreter_hides_in_the_settings() -> None:
    assert settings()["python-downloads"] == "never"


def test_no_file_names_a_host_that_packages_come_from() -> None:
    def hosts_in(text: bytes) -> list[str]:
        return [host for host in HOSTS if host.encode() in text]

    assert {path: hosts for path in files() if (hosts := hosts_in((ROOT / path).read_bytes()))} == {}
    assert hosts_in(b"https://pypi" + b".org/simple") != []
    assert "uv.lock" not in files()
