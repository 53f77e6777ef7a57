# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""The floors of the house: who may import whom, and what an import costs."""

import ast
import fnmatch
import importlib
import subprocess
import sys
import types
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sklearn_sales
from sklearn_sales._compat import import_optional

PROJECT = Path(__file__).parents[1]
HEADER = (
    "# Authors: The sklearn-sales developers",
    "# SPDX-License-Identifier: BSD-3-Clause",
)

# A file imports from floors below its own, and from its own folder.
KERNEL_FLOOR = 2
KERNEL_FILES = (
    *("_*_kernels.py", "_*_solvers.py", "_*_blocks.py", "_*_moments.py"),
    "_lstm_module.py",
)
FLOORS = {
    "_compat": 0,
    "_files": 0,
    "panel": 1,
    "dummy": 3,
    "exponential_smoothing": 3,
    "linear_model": 3,
    "metrics": 3,
    "model_selection": 3,
    "neural_network": 3,
    "preprocessing": 3,
    "compose": 4,
    "ensemble": 4,
    "cli": 5,
    "datasets": 5,
    "inspection": 5,
    "interop": 5,
    "monitoring": 5,
    "persistence": 5,
    "plotting": 5,
    "testing": 5,
    "__main__": 6,
}
# Doors between neighbours on one floor, (who imports, what), each for a reason:
# a stack is made of reductions; the command line shows the sample and the pictures;
# a back-test measures errors, against the naive forecast.
NEIGHBOURS = {
    ("ensemble", "compose"),
    ("cli", "datasets"),
    ("cli", "plotting"),
    ("model_selection", "dummy"),
    ("model_selection", "metrics"),
}
# Libraries that a user may lack are imported at their first use, by `import_optional`.
OPTIONAL = {
    *("chronos", "cryptography", "dask", "distributed", "fracast", "holidays"),
    *("huggingface_hub", "lightgbm"),
    *("matplotlib", "polars", "pyarrow", "safetensors", "shap", "skops", "skorch"),
    *("sktime", "torch"),
}
# Loaded by `import_optional` themselves: the parts of the LSTM that are all torch, and
# the subclasses of sktime's classes.
OPTIONAL_FILES = (
    *("_lstm_callbacks.py", "_lstm_losses.py", "_lstm_module.py", "_lstm_start.py"),
    *("_lstm_windows.py", "_sktime_forecaster.py", "_sktime_splitter.py"),
)


@dataclass(frozen=True)
class Import:
    """One imported module, as written in the file `importer`."""

    importer: str
    line: int
    module: str
    names: tuple[str, ...]
    relative: bool
    at_import_time: bool
    for_type_checker: bool

    def __str__(self):
        return f"{self.importer}:{self.line} imports {self.module}"


def python_files(root):
    return sorted(root.rglob("*.py"))


def module_name(path, root):
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_type_checking(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _walk(node, inside_function=False, for_type_checker=False):
    for child in ast.iter_child_nodes(node):
        function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        typing = _is_type_checking(child)
        state = inside_function or function, for_type_checker or typing
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, *state
        yield from _walk(child, *state)


def imports_of(path, root):
    """All imports of one file, wherever they stand in it."""
    found = []
    for node, in_function, typing in _walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            targets = [(alias.name, ()) for alias in node.names]
        else:
            names = tuple(alias.name for alias in node.names)
            targets = [(node.module or "", names)]
        found += [
            Import(
                importer=path.relative_to(root.parent).as_posix(),
                line=node.lineno,
                module=module,
                names=names,
                relative=getattr(node, "level", 0) > 0,
                at_import_time=not in_function and not typing,
                for_type_checker=typing,
            )
            for module, names in targets
        ]
    return found


def family(file):
    """The folder of a file of the package, or its own name if it lies in none."""
    return Path(file).with_suffix("").parts[1]


def floor(file):
    name = Path(file).name
    if any(fnmatch.fnmatch(name, pattern) for pattern in KERNEL_FILES):
        return KERNEL_FLOOR
    return FLOORS[family(file)]


def imported_files(item, root):
    """Files of the package behind one import: a module, or modules of a folder."""
    modules = [f"{item.module}.{name}" for name in item.names]
    files = [_file_of(module, root) for module in modules]
    if None in files or not files:
        files.append(_file_of(item.module, root))
    return [file for file in files if file is not None]


def _file_of(module, root):
    base = root.parent.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path.relative_to(root.parent).as_posix()
    return None


def header_violations(root):
    for path in python_files(root):
        if tuple(path.read_text("utf-8").splitlines()[:2]) != HEADER:
            yield f"{path.relative_to(root.parent).as_posix()} lacks the licence header"


def root_violations(root):
    for path in python_files(root):
        for item in imports_of(path, root):
            if item.relative:
                yield f"{item} relatively"
            elif item.module == root.name:
                yield f"{item}, the package root"


def floor_violations(root):
    files = [path.relative_to(root.parent).as_posix() for path in python_files(root)]
    for file in files:
        if file != f"{root.name}/__init__.py" and family(file) not in FLOORS:
            yield f"{file} stands on no floor"
    if any(family(file) not in {*FLOORS, "__init__"} for file in files):
        return
    for path in python_files(root):
        for item in imports_of(path, root):
            yield from _floor_violations_of(item, root)


def _floor_violations_of(item, root):
    source = item.importer
    for target in imported_files(item, root):
        if target == f"{root.name}/__init__.py" or source == f"{root.name}/__init__.py":
            continue
        if floor(target) < floor(source):
            continue
        kernel_looks_up = floor(source) == KERNEL_FLOOR < floor(target)
        if family(source) == family(target) and not kernel_looks_up:
            continue
        if (family(source), family(target)) in NEIGHBOURS:
            continue
        yield f"{item}: floor {floor(source)} from floor {floor(target)}"


def import_cycle(root):
    """One cycle among the imports that run when a module is loaded, or None."""
    graph = {}
    for path in python_files(root):
        source = module_name(path, root)
        graph.setdefault(source, set())
        for item in imports_of(path, root):
            if item.at_import_time:
                for file in imported_files(item, root):
                    graph[source] |= _loaded_with(root.parent / file, root, source)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def _loaded_with(path, root, source):
    """A module and the folders above it, less those that `source` lies in itself."""
    parts = module_name(path, root).split(".")
    chain = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return {name for name in chain if not f"{source}.".startswith(f"{name}.")}


def private_door_violations(root):
    for path in python_files(root):
        if path.name == "_compat.py":
            continue
        for item in imports_of(path, root):
            parts = [*item.module.split("."), *item.names]
            if parts[0] == "sklearn" and any(part.startswith("_") for part in parts):
                yield f"{item} {item.names}: private names come from _compat.py"


def optional_violations(root):
    for path in python_files(root):
        if path.name in OPTIONAL_FILES:
            continue
        for item in imports_of(path, root):
            if item.module.split(".")[0] in OPTIONAL and not item.for_type_checker:
                yield f"{item}: optional libraries come from import_optional"


RULES = {
    "header": header_violations,
    "root": root_violations,
    "floor": floor_violations,
    "private": private_door_violations,
    "optional": optional_violations,
}


@pytest.mark.parametrize("rule", RULES)
def test_package_keeps_the_rule(rule):
    violations = list(RULES[rule](PROJECT / "sklearn_sales"))
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("folder", ["benchmarks", "docs", "examples", "tests"])
def test_files_beside_the_package_have_the_header(folder):
    generated = {"_build", "auto_examples", "generated"}
    missing = [
        line
        for line in header_violations(PROJECT / folder)
        if generated.isdisjoint(Path(line.split()[0]).parts)
    ]
    assert not missing, "\n".join(missing)


def test_no_module_of_the_package_is_in_an_import_cycle():
    assert import_cycle(PROJECT / "sklearn_sales") is None


def write_tree(folder, files):
    """A small package `house` with the licence header on every file."""
    root = folder / "house"
    files = {"__init__.py": "", **files}
    for name in [*files]:
        parent = Path(name).parent
        if parent != Path():
            files.setdefault(f"{parent.as_posix()}/__init__.py", "")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([*HEADER, text]), encoding="utf-8")
    return root


ALLOWED = {
    "_compat.py": "from sklearn.utils._set_output import _get_output_config",
    "panel/_calendar.py": "import numpy\nfrom house._compat import fit_context",
    "panel/_history.py": "from house.panel._calendar import Calendar",
    "preprocessing/_lag_kernels.py": "from house.panel import Panel",
    "preprocessing/_lag_features.py": (
        "from typing import TYPE_CHECKING\n"
        "from house.preprocessing import _lag_kernels\n"
        "if TYPE_CHECKING:\n    import polars"
    ),
    "neural_network/_lstm_module.py": "import torch",
    "compose/__init__.py": "from house.compose._reduction import Reduction",
    "compose/_reduction.py": "from house.preprocessing import LagFeatures",
    "ensemble/_sales.py": "from house.compose import ReductionRegressor",
    "cli.py": "from house.datasets import load\nfrom house.ensemble import Sales",
    "datasets/_sample.py": "",
}

VIOLATIONS = {
    "floor up": ("floor", "panel/_up.py", "from house.dummy import Naive"),
    "floor up, in a function": (
        "floor",
        "panel/_up.py",
        "def f():\n    import house.dummy",
    ),
    "floor up, for types": (
        "floor",
        "panel/_up.py",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from house.dummy import Naive",
    ),
    "neighbour": ("floor", "metrics/_wape.py", "from house.dummy import Naive"),
    "kernel looks up": (
        "floor",
        "preprocessing/_roll_kernels.py",
        "from house.preprocessing._lag_features import LagFeatures",
    ),
    "kernel of a neighbour": (
        "floor",
        "linear_model/_ar_solvers.py",
        "from house.preprocessing import _lag_kernels",
    ),
    "no floor": ("floor", "helpers/_misc.py", ""),
    "root": ("root", "panel/_root.py", "from house import LagFeatures"),
    "root by name": ("root", "panel/_root.py", "import house"),
    "relative": ("root", "panel/_near.py", "from . import _calendar"),
    "private module": (
        "private",
        "panel/_door.py",
        "from sklearn.utils._param_validation import Interval",
    ),
    "private name": (
        "private",
        "panel/_door.py",
        "from sklearn.base import BaseEstimator, _fit_context",
    ),
    "optional": ("optional", "plotting/_plot.py", "import matplotlib.pyplot as plt"),
    "optional, in a function": (
        "optional",
        "plotting/_plot.py",
        "def plot():\n    from matplotlib import pyplot",
    ),
}


@pytest.fixture
def house():
    return {**ALLOWED, "dummy.py": "from house.panel import Panel"}


@pytest.mark.parametrize("rule", RULES)
def test_checker_accepts_what_is_allowed(rule, house, tmp_path):
    assert list(RULES[rule](write_tree(tmp_path, house))) == []


@pytest.mark.parametrize(("rule", "file", "text"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_checker_reports_the_violation(rule, file, text, house, tmp_path):
    violations = list(RULES[rule](write_tree(tmp_path, {**house, file: text})))
    assert len(violations) == (2 if rule == "floor" and "helpers" in file else 1)
    assert f"house/{file}" in violations[-1]


def test_checker_reports_a_missing_header(house, tmp_path):
    root = write_tree(tmp_path, house)
    (root / "panel" / "_bare.py").write_text("import numpy\n", encoding="utf-8")
    assert list(header_violations(root)) == [
        "house/panel/_bare.py lacks the licence header"
    ]


def test_checker_finds_an_import_cycle(house, tmp_path):
    root = write_tree(tmp_path / "straight", house)
    assert import_cycle(root) is None
    house["panel/_calendar.py"] = "from house.panel._history import Panel"
    root = write_tree(tmp_path / "round", house)
    assert set(import_cycle(root)) == {"house.panel._calendar", "house.panel._history"}


def test_checker_finds_a_cycle_through_the_init_of_a_folder(house, tmp_path):
    house["panel/__init__.py"] = "from house.preprocessing import _lag_kernels"
    cycle = import_cycle(write_tree(tmp_path, house))
    assert set(cycle) == {"house.panel", "house.preprocessing._lag_kernels"}


def test_an_import_inside_a_function_makes_no_cycle(house, tmp_path):
    house["panel/_calendar.py"] = "def f():\n    from house.panel import _history"
    assert import_cycle(write_tree(tmp_path, house)) is None


def run_python(code):
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


NEVER_LOADED = (
    *("torch", "skorch", "sktime", "matplotlib", "polars", "holidays", "fracast"),
    *("chronos", "huggingface_hub"),
)


@pytest.mark.parametrize(
    "use",
    ["import sklearn_sales", "from sklearn_sales import *"],
    ids=["import", "every public name"],
)
def test_import_leaves_optional_libraries_unloaded(use):
    loaded = run_python(f"{use}\nimport sys\nprint(*sys.modules)").split()
    assert "sklearn_sales" in loaded
    assert set(loaded).isdisjoint(NEVER_LOADED)


def import_seconds(statement):
    clock = "from time import perf_counter\nstart = perf_counter()"
    return float(run_python(f"{clock}\n{statement}\nprint(perf_counter() - start)"))


def test_import_is_as_quick_as_scikit_learn_and_pandas():
    # Taken in turn and the best of each, so that other work on the machine cannot
    # slow one side alone.
    ours, theirs = [], []
    for _ in range(4):
        theirs.append(import_seconds("import sklearn.pipeline, pandas"))
        ours.append(import_seconds("import sklearn_sales"))
    assert min(ours) <= 1.3 * min(theirs)


def test_every_public_name_is_reached_and_is_where_the_table_says():
    for name, module in sklearn_sales._PUBLIC.items():
        value = getattr(sklearn_sales, name)
        home = importlib.import_module(module)
        assert value is getattr(home, name)
        assert name in home.__all__
        assert name in sklearn_sales.__all__
        assert name in dir(sklearn_sales)
        assert value.__module__.startswith(module) or not hasattr(value, "__name__")


def test_families_are_reached_as_attributes():
    for module in set(sklearn_sales._PUBLIC.values()):
        value = getattr(sklearn_sales, module.split(".")[1])
        assert isinstance(value, types.ModuleType)
        assert value.__name__.split(".")[1] in dir(sklearn_sales)


def test_all_is_a_list_of_strings():
    assert isinstance(sklearn_sales.__all__, list)
    assert all(isinstance(name, str) for name in sklearn_sales.__all__)


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'sklearn_sales' has no attribute 'spam'"):
        _ = sklearn_sales.spam


def test_version_is_that_of_the_installed_distribution():
    text = (PROJECT / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{sklearn_sales.__version__}"\n' in text


def test_missing_optional_library_names_the_pip_line():
    message = (
        r"^no_such_library\.plots cannot be imported, because no_such_library is not "
        r'installed\. Install it with: pip install "sklearn-sales\[plot\]"$'
    )
    with pytest.raises(ImportError, match=message):
        import_optional("no_such_library.plots", extra="plot")


def test_present_optional_library_is_returned():
    assert import_optional("json.decoder", extra="plot").__name__ == "json.decoder"
