"""Names, sizes and docstrings: what makes one file look like the next."""

import ast
import re

from tests.house.source import Source, files, project, rooms

FILES_OF_A_CONCEPT = ("__init__", "lifecycle", "decisions", "events", "errors", "models", "queries", "service")
NAMES_THAT_SAY_NOTHING = ("utils", "util", "helpers", "helper", "misc", "common", "base")
# The event of the schema takes over the docstring of the event of the domain.
DESCRIBE_WHAT_THEY_DECORATE = ("event_of",)
COMMAND_LINE = ("server/cli", "server/commands/", "server/migrate.py")
LINES_OF_A_MODULE = 300
LINES_OF_A_FUNCTION = 40
# What may be longer, and why. An entry that is no longer needed fails its test.
LONG_MODULES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}


def undescribed(source: Source) -> list[str]:
    """The module, its public classes and its public functions that have no docstring."""
    lines = [] if ast.get_docstring(source.tree) else [f"{source.path}: no docstring"]
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in source.tree.body:
        if isinstance(node, named) and is_public(node) and not is_described(node):
            lines.append(source.at(node, f"{node.name} has no docstring"))
    return lines


def is_described(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether it has a docstring, or the description that GraphQL shows in its place."""
    calls = [decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    described = any(keyword.arg == "description" for call in calls for keyword in call.keywords)
    described |= any(ast.unparse(call.func) in DESCRIBE_WHAT_THEY_DECORATE for call in calls)
    return described or ast.get_docstring(node) is not None


def is_public(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether others read it; an overload is described where it is implemented."""
    is_overload = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
    return not node.name.startswith("_") and not is_overload


def misnamed(path: str) -> list[str]:
    """What is wrong with the name of a file, or of a folder above it."""
    source = Source(path, "")
    lines = [f"{path}: {part} says nothing" for part in re.split(r"[/.]", path) if part in NAMES_THAT_SAY_NOTHING]
    if source.concept and source.name not in FILES_OF_A_CONCEPT:
        lines.append(f"{path}: a concept has only {', '.join(FILES_OF_A_CONCEPT)}")
    return lines


def long_functions(source: Source) -> dict[str, int]:
    """The functions that do not fit on a screen, decorators and docstring included."""
    lengths = {f"{source.path}::{name}": (node.end_lineno or 0) - node.lineno + 1 for name, node in source.functions()}
    return {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FUNCTION}


def prints(source: Source) -> list[str]:
    """Calls of print, which only a command line may make."""
    if source.path.startswith(COMMAND_LINE):
        return []
    return [source.at(node, "prints") for node, name in source.calls() if name == "print"]


def drifting_state(source: Source) -> list[str]:
    """Module-level lists, dictionaries and sets whose name does not say that they are constant."""
    lines = []
    for node in source.tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        mutable = isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)
        if mutable and isinstance(target, ast.Name) and not (target.id.isupper() or target.id.startswith("__")):
            lines.append(source.at(node, f"{target.id} is state of a module"))
    return lines


def test_modules_public_classes_and_public_functions_say_what_they_give() -> None:
    checked = [source for source in rooms() if not source.is_migration]
    assert [line for source in checked for line in undescribed(source)] == []
    assert len(undescribed(Source("server/app.py", "def start(): ...\nclass App: ...\ndef _own(): ..."))) == 3
    described = '"""An order."""\n@strawberry.type(description="An order.")\nclass Order: ...'
    assert undescribed(Source("schema/order.py", described)) == []


def test_names_of_files_say_what_is_in_them() -> None:
    assert [line for source in project() for line in misnamed(source.path)] == []
    assert misnamed("domain/orders/utils.py") != []
    assert misnamed("server/helpers/dates.py") != []
    assert misnamed("domain/orders/pricing.py") != []
    assert misnamed("domain/flows/place_orders.py") == []


def test_a_module_is_read_in_one_sitting() -> None:
    lengths = {source.path: source.text.count("\n") for source in rooms() if not source.is_migration}
    too_long = {path: lines for path, lines in lengths.items() if lines > LINES_OF_A_MODULE}
    assert {path: lines for path, lines in too_long.items() if path not in LONG_MODULES} == {}
    assert set(LONG_MODULES) - set(too_long) == set()


def test_a_function_fits_on_a_screen() -> None:
    checked = [source for source in project() if not (source.is_migration or source.room == "benchmarks")]
    too_long = {name: lines for source in checked for name, lines in long_functions(source).items()}
    assert {name: lines for name, lines in too_long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) - set(too_long) == set()
    long = Source("server/app.py", "class App:\n    def start(self):\n" + "        1\n" * 40)
    assert long_functions(long) == {"server/app.py::App.start": 41}


def test_only_the_command_line_prints() -> None:
    assert [line for source in rooms() for line in prints(source)] == []
    assert prints(Source("domain/orders/service.py", "print(1)")) != []


def test_modules_hold_constants_and_no_state() -> None:
    assert [line for source in rooms() if not source.is_migration for line in drifting_state(source)] == []
    assert len(drifting_state(Source("server/app.py", "cache = {}\n_seen: set[str] = {1}\nNAMES = []"))) == 2


def test_nothing_is_deleted_by_cascade() -> None:
    """SQLite remakes tables, and would drop the children of every row with them."""
    assert [source.path for source in rooms() if cascades(source.text)] == []
    assert cascades("REFERENCES orders ON  DELETE CASCADE")
    assert cascades("ForeignKeyField('models.Order', on_delete=OnDelete.CASCADE)")


def cascades(text: str) -> bool:
    return bool(re.search(r"ON\s+DELETE\s+CASCADE|on_delete\s*=\s*(?:\w+\.)*[\"']?CASCADE", text, re.IGNORECASE))


def test_no_file_is_left_over_from_a_merge() -> None:
    assert [path for path in files() if path.endswith((".orig", ".rej", ".bak"))] == []
