"""Which folder may know which other folder: the table of docs/architecture.md, checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPP = ROOT / "cpp"
PYTHON = ROOT / "python"

# A file may also include its own folder. "formats/*" stands for each format's folder.
MAY_INCLUDE = {
    "base": "",
    "wire": "base",
    "ir": "base",
    "ops": "ir base",
    "eval": "ops ir base",
    "rewrite": "ops ir base",
    "passes": "rewrite eval ops ir base",  # eval: constant folding runs the kernels
    "verify": "eval ops ir base",
    "formats/common": "passes rewrite ops ir wire base",
    "formats/*": "formats/common passes rewrite ops ir wire base",
    "pipeline": "formats/* formats/common verify passes rewrite eval ops ir wire base",
    "bindings": "pipeline formats/common verify passes rewrite eval ops ir wire base",
}

# Imported only inside the functions that need them: modelconv works without any of them, and starts fast.
OPTIONAL_FRAMEWORKS = {
    "ai_edge_litert",
    "hetu",
    "jax",
    "keras",
    "onnx",
    "onnxruntime",
    "tensorflow",
    "tf_keras",
    "torch",
}


def folder(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "formats" else parts[0]


def rule_of(folder_name: str) -> str:
    if folder_name in MAY_INCLUDE or not folder_name.startswith("formats/"):
        return folder_name
    return "formats/*"


def includes(file: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read_text(encoding="utf-8"), re.MULTILINE)


def forbidden_includes(source_folder: str, included: list[str]) -> list[str]:
    allowed = MAY_INCLUDE[rule_of(source_folder)].split()
    return [path for path in included if folder(path) != source_folder and rule_of(folder(path)) not in allowed]


def cpp_files() -> list[Path]:
    return sorted([*CPP.rglob("*.h"), *CPP.rglob("*.cpp")])


def test_every_folder_has_a_rule() -> None:
    assert {rule_of(folder(str(file.relative_to(CPP)))) for file in cpp_files()} <= set(MAY_INCLUDE)


def test_cpp_includes_follow_the_table() -> None:
    wrong = []
    for file in cpp_files():
        relative = str(file.relative_to(CPP))
        wrong += [f"{relative} includes {path}" for path in forbidden_includes(folder(relative), includes(file))]
    assert wrong == []


def test_cpp_includes_are_written_from_the_include_root() -> None:
    wrong = [
        f"{file.relative_to(CPP)}: {path}"
        for file in cpp_files()
        for path in includes(file)
        if not (CPP / path).is_file()
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "included", "allowed"),
    [
        ("ops", "ir/graph.h", True),
        ("ir", "ops/op.h", False),
        ("formats/onnx", "formats/common/names.h", True),
        ("formats/onnx", "formats/tflite/schema.h", False),
        ("formats/common", "formats/onnx/schema.h", False),
        ("pipeline", "formats/tflite/decode.h", True),
        ("bindings", "formats/tflite/decode.h", False),
        ("wire", "ir/tensor.h", False),
    ],
)
def test_the_table_means_what_it_says(source: str, included: str, allowed: bool) -> None:
    assert (forbidden_includes(source, [included]) == []) == allowed


def top_level_imports(body: list[ast.stmt], package: str) -> Iterator[str]:
    """Absolute names of what a module imports when it is itself imported."""
    for statement in body:
        match statement:
            case ast.Import(names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module, names, level):
                parents = package.split(".")[: len(package.split(".")) - level + 1] if level else []
                origin = ".".join([*parents, *([module] if module else [])])
                yield from (f"{origin}.{name.name}" for name in names)
            case ast.If(ast.Name("TYPE_CHECKING")):
                pass
            case ast.If() | ast.Try() | ast.With() | ast.ClassDef():
                nested = [field for name in ("body", "orelse", "finalbody") for field in getattr(statement, name, [])]
                handlers = [line for handler in getattr(statement, "handlers", []) for line in handler.body]
                yield from top_level_imports(nested + handlers, package)


def python_imports(file: Path) -> list[str]:
    package = ".".join(file.relative_to(PYTHON).parent.parts)
    return list(top_level_imports(ast.parse(file.read_text(encoding="utf-8")).body, package))


def test_frameworks_are_not_imported_at_module_level() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted(PYTHON.rglob("*.py"))
        for name in python_imports(file)
        if name.split(".")[0] in OPTIONAL_FRAMEWORKS
    ]
    assert wrong == []


def is_public(name: str) -> bool:
    """`modelconv.x`, where x is what `import modelconv` offers, and the command line's own modules."""
    parts = name.split(".")
    return parts[1:2] == ["cli"] or (len(parts) <= 2 and not parts[-1].startswith("_"))


def test_the_command_line_uses_the_public_package_only() -> None:
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted((PYTHON / "modelconv" / "cli").rglob("*.py"))
        for name in python_imports(file)
        if name.split(".")[0] == "modelconv" and not is_public(name)
    ]
    assert wrong == []


TYPE = re.compile(r"(?:struct|class|enum class|enum) (\w+)(?: final)?(?: : [^;]*)? ?\{")


def types_of(file: Path) -> Iterator[str]:
    """Types at namespace scope, with their namespaces; those of anonymous namespaces are a file's own."""
    scope: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if opened := re.fullmatch(r"namespace( [\w:]+)? \{", line):
            scope.append((opened[1] or "").strip())
        elif line.startswith("}  // namespace") and scope:
            scope.pop()
        elif (found := TYPE.match(line)) and "" not in scope:
            yield "::".join([*scope, found[1]])


def test_a_type_is_defined_once() -> None:
    """Two types of one name in one namespace: the linker takes either one's destructor for both, and nobody warns."""
    defined: dict[str, list[str]] = {}
    for file in sorted([*CPP.rglob("*.h"), *CPP.rglob("*.cpp")]):
        for name in types_of(file):
            defined.setdefault(name, []).append(str(file.relative_to(CPP)))
    assert len(defined) > 200
    assert {name: files for name, files in defined.items() if len(files) > 1} == {}
