"""The packages keep their layers, and every module has one name."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
LAYER = {
    "reservoir": 1,
    "recording": 2,
    "lsm": 3, "esn": 3, "physical": 3, "readout": 3, "baseline": 3,
    "measures": 4, "evaluation": 4,
    "scenarios": 5,
    "millpond": 6,
}  # fmt: skip
LARGEST = 0.25  # share of all lines that one package may have
PUBLIC = (
    "EchoStateNetwork", "LiquidStateMachine", "WaveTank", "Ridge", "RidgeClassifier", "Logistic", "Pool", "Recording",
    "Sequences", "record", "compare", "__version__",
)  # fmt: skip


def own_files(package):
    """Return the Python files of a package; those of linked packages belong to these."""
    return [p for p in (ROOT / package).rglob("*.py") if not any(q.is_symlink() for q in p.parents)]


FILES = {package: own_files(package) for package in LAYER}


def module_of(file):
    """Return the dotted name of a file's module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(([] if parts[0] == "millpond" else ["millpond"]) + list(parts)).removesuffix(".__init__")


MODULES = {module_of(file): file for files in FILES.values() for file in files}


def package_of(module):
    """Return the package that a dotted name below millpond belongs to."""
    second = module.split(".")[1] if "." in module else ""
    return second if second in LAYER else "millpond"


def imports(file, top_level_only=False):
    """Return all modules of ours that a file imports."""
    tree = ast.parse(file.read_text())
    found = set()
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.split(".")[0] == "millpond"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            if (node.module or "").split(".")[0] == "millpond":
                for a in node.names:
                    full = f"{node.module}.{a.name}"
                    found.add(full if full in MODULES else node.module)
    return found


@pytest.mark.parametrize("package", LAYER)
def test_packages_import_lower_layers_only(package):
    for file in FILES[package]:
        for module in imports(file):
            other = package_of(module)
            assert other == package or LAYER[other] < LAYER[package], f"{file} imports {module}, which is not below it"


def test_no_module_imports_itself_through_others():
    graph = {name: imports(file, top_level_only=True) & set(MODULES) for name, file in MODULES.items()}
    done, path = set(), []

    def visit(name):
        if name in path:
            pytest.fail(" -> ".join([*path[path.index(name) :], name]))
        if name not in done:
            path.append(name)
            for other in sorted(graph[name]):
                if other != name and not name.startswith(f"{other}."):  # a package is imported before its modules
                    visit(other)
            done.add(path.pop())

    for name in sorted(graph):
        visit(name)


def test_sub_packages_import_each_other_in_one_direction():
    edges = set()
    for name, file in MODULES.items():
        own = ".".join(name.split(".")[:3])
        for module in imports(file):
            other = ".".join(module.split(".")[:3])
            if package_of(name) == package_of(module) and own != other and not (own + ".").startswith(other + "."):
                edges.add((own, other))
    packages = {".".join(m.split(".")[:3]) for m, f in MODULES.items() if f.name == "__init__.py" and m.count(".") == 2}
    both = {(a, b) for a, b in edges if (b, a) in edges and a in packages and b in packages}
    assert not both


def test_no_package_holds_more_than_a_quarter():
    lines = {package: sum(len(f.read_text().splitlines()) for f in files) for package, files in FILES.items()}
    assert max(lines.values()) <= LARGEST * sum(lines.values()), lines


def test_every_module_has_one_name():
    """An import of `lsm` beside `millpond.lsm` would make each class twice, and isinstance wrong."""
    tops = set(LAYER) - {"millpond"}
    for file in [f for files in FILES.values() for f in files] + [*(ROOT / "tests").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] not in tops, f"{file} imports {name}; import millpond.{name}"


def test_every_folder_is_linked_below_the_import_name():
    for package in set(LAYER) - {"millpond"}:
        assert (ROOT / "millpond" / package).resolve() == ROOT / package


def test_importing_millpond_is_cheap_and_exposes_the_public_names():
    heavy = ("brian2", "numba", "jax", "matplotlib", "sklearn", "scipy", "h5py")
    code = f"""
import sys
import tomllib
import millpond
loaded = [name for name in {heavy!r} if name in sys.modules]
assert not loaded, loaded
assert set({PUBLIC!r}) <= set(dir(millpond))
for name in {PUBLIC!r}:
    getattr(millpond, name)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr


def test_an_unknown_name_is_an_attribute_error():
    import millpond

    with pytest.raises(AttributeError, match="has no attribute 'Pond'"):
        millpond.Pond


def test_brian2_imports_with_the_numpy_that_is_installed():
    code = "import brian2, numpy; print(numpy.__version__)"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == np.__version__, run.stderr


def test_examples_in_docstrings_run():
    names = sorted(name for name in MODULES if "__main__" not in name and "_espeak" not in name)
    code = f"""
import doctest, importlib, sys
import numpy as np
total = 0
for name in {names!r}:
    result = doctest.testmod(importlib.import_module(name), extraglobs={{"np": np}})
    assert not result.failed, name
    total += result.attempted
print(total)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0 and int(run.stdout.split()[-1]) > 10, run.stdout + run.stderr


def test_wheel_and_sdist_name_every_file_of_the_application():
    """A new module of millpond/ must be added to both lists of pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        targets = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]
    real = {f"millpond/{p.name}" for p in (ROOT / "millpond").iterdir() if not p.is_symlink() and p.name[0] not in "_."}
    real |= {"millpond/__init__.py", "millpond/__main__.py"}
    linked = set(LAYER) - {"millpond"}
    for target in ("wheel", "sdist"):
        listed = set(targets[target]["only-include"])
        assert real | linked <= listed, f"{target} lacks {sorted((real | linked) - listed)}"
    assert targets["wheel"]["sources"] == {name: f"millpond/{name}" for name in linked}
