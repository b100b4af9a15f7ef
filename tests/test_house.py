"""The house keeps its order."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
FLOOR = {"reservoir": 1, "lsm": 2, "esn": 2, "physical": 2, "readout": 2, "baseline": 2, "measures": 3, "scenarios": 4}
ROOMS = [name for name in FLOOR if (ROOT / name).is_dir()]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_go_down_alone(room):
    for file in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file} imports relatively"
                names = [node.module or ""]
            for name in names:
                other = name.split(".")[0]
                if other in FLOOR and other != room:
                    assert FLOOR[other] < FLOOR[room], f"{file} imports {other}, which is not below {room}"


def test_brian2_imports_with_the_numpy_that_is_pinned():
    code = "import brian2, numpy; print(numpy.__version__)"
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == np.__version__, run.stderr


def test_another_package_of_the_same_name_is_told_apart(tmp_path):
    (tmp_path / "readout.py").write_text("")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import scenarios"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "the package 'readout' that Python finds is not Millpond's" in run.stderr


def test_examples_in_docstrings_run():
    modules = [
        f"{p.relative_to(ROOT).with_suffix('')}".replace("/", ".") for r in ROOMS for p in (ROOT / r).rglob("*.py")
    ]
    code = f"""
import doctest, importlib, sys
import numpy as np
total = 0
for name in {sorted(m.removesuffix(".__init__") for m in modules if "__main__" not in m and "_espeak" not in m)!r}:
    result = doctest.testmod(importlib.import_module(name), extraglobs={{"np": np}})
    assert not result.failed, name
    total += result.attempted
print(total)
"""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert int(run.stdout.split()[-1]) > 10, run.stdout + run.stderr
