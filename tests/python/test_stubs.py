"""The types of the C++ module (_core.pyi) say what it has: no more, no less, down to the methods of each class."""

from __future__ import annotations

import ast
from importlib.resources import files

from modelconv import _core

# What the module has only where it was built with the bindings for tests (tests/bindings/).
FOR_TESTS = {"set_faulty_rule", "tflite_from_text", "tflite_recode", "tflite_text"}


def declared() -> dict[str, set[str]]:
    """Public name of the stub -> names of its members, for classes."""
    tree = ast.parse((files("modelconv") / "_core.pyi").read_text())
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = set()
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = set()
    return {name: {m for m in members if not m.startswith("_")} for name, members in found.items() if name[0] != "_"}


def there() -> dict[str, set[str]]:
    found = {}
    for name in vars(_core):
        if not name.startswith("_"):
            value = getattr(_core, name)
            is_class = isinstance(value, type)
            found[name] = {member for member in vars(value) if not member.startswith("_")} if is_class else set()
    return found


def test_stub_and_module_have_the_same_names() -> None:
    stub, module = declared(), there()
    assert set(stub) - FOR_TESTS == set(module) - FOR_TESTS
    assert {name: stub[name] for name in module if name not in FOR_TESTS} == {
        name: members for name, members in module.items() if name not in FOR_TESTS
    }


def test_package_says_that_it_is_typed() -> None:
    assert (files("modelconv") / "py.typed").is_file()
