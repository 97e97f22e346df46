"""Every builtin operator has a row or a reason, and the tables of the schema are those of LiteRT's package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from modelconv import _core
from support.processes import skip_without

FOLDER = Path(__file__).resolve().parents[3] / "cpp/formats/tflite"


# Resolved while the file is read: what they are is in the graph around them (control_flow.h).
RESOLVED = {"ASSIGN_VARIABLE", "CALL", "CALL_ONCE", "HASHTABLE", "HASHTABLE_IMPORT", "IF", "READ_VARIABLE"}
RESOLVED |= {"STABLEHLO_COMPOSITE", "STABLEHLO_WHILE", "VAR_HANDLE", "WHILE"}
# No operators: a custom one has a name of its own, the other marks numbers that do not fit into a byte.
MARKS = {"CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES"}


def test_every_builtin_operator_is_read_or_refused_with_a_reason() -> None:
    rows = {name.removeprefix("tflite.") for name, _, is_read, _, note in _core.operators("tflite") if is_read or note}
    assert set(numbers(schema().BuiltinOperator)) - rows - RESOLVED - MARKS == set()


# By tests of their own, or random.
WITHOUT_CASES = {"DequantizeLinear", "QuantizeLinear", "QUANTIZE", "VARIABLE", "If", "Loop", "DENSIFY"}
WITHOUT_CASES |= {"MULTINOMIAL", "RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "Convolution2DTransposeBias"}
WITHOUT_CASES |= {"HASHTABLE_FIND", "HASHTABLE_SIZE", "COMPLEX_ABS", "IMAG", "REAL", "RFFT2D"}


def test_every_operator_that_is_read_has_two_cases() -> None:
    from support.tflite_op_cases import CASES

    rows = {
        name.removeprefix("tflite.")
        for name, canonical, is_read, *_ in _core.operators("tflite")
        if is_read and canonical
    }
    plain = {row for row in rows if not row.startswith("STABLEHLO_")} - WITHOUT_CASES
    assert {row for row in plain if len(CASES.get(row, [])) < 2} == set()


# --- the schema's numbers against the classes that flatc generated for LiteRT


def schema() -> Any:
    skip_without("ai_edge_litert")
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


def numbers(cls: type) -> dict[str, int]:
    return {name: value for name, value in vars(cls).items() if isinstance(value, int)}


def rows(file: str, pattern: str) -> list[tuple[str, ...]]:
    return re.findall(pattern, (FOLDER / file).read_text(encoding="utf-8"), re.DOTALL)


def test_operators_have_the_numbers_of_the_schema() -> None:
    ours = {name: int(code) for code, name in rows("schema_operators.cpp", r'\{(\d+), "(\w+)", "\w*"\}')}
    assert ours == numbers(schema().BuiltinOperator)


def fields_of(generated: type) -> dict[str, int]:
    """Names and numbers of a table's fields, from the vtable offsets that its accessors ask for."""
    fields = {}
    for name, method in vars(generated).items():
        constants = getattr(getattr(method, "__code__", None), "co_consts", ())
        offsets = [constant for constant in constants if isinstance(constant, int) and constant >= 4]
        if name[0].isupper() and not name.endswith(("AsNumpy", "Length", "IsNone")) and offsets:
            fields[name.lower()] = (offsets[0] - 4) // 2
    return fields


def plain(name: str) -> str:
    return name.replace("_", "").lower()


def test_options_have_the_fields_of_the_schema() -> None:
    generated, unions = schema(), {1: "BuiltinOptions", 2: "BuiltinOptions2"}
    seen = set()
    for name, union, number, spelt in rows("schema_options.cpp", r'\{"(\w+)",\s*(\d),\s*(\d+),\s*((?:"[^"]*"\s*)+)\}'):
        assert getattr(getattr(generated, unions[int(union)]), name) == int(number), name
        text = "".join(re.findall(r'"([^"]*)"', spelt))
        ours = {}
        for place, item in enumerate(text.split("; ")):
            if item != "_":
                label, kind = item.split("=")[0].split(":")
                suffix = {"subgraph": "subgraphindex", "[subgraph]": "subgraphindices"}.get(kind, "")
                ours[plain(label) + suffix] = place
        theirs = fields_of(getattr(generated, name))
        renamed = {"branchessubgraphindices": "branchsubgraphindices", "subgraphsubgraphindex": "subgraph"}
        renamed["calledcomputationssubgraphindices"] = "calledcomputations"
        assert {renamed.get(key, key): value for key, value in ours.items()} == theirs, name
        seen.add(name)
    with_fields = {
        name
        for union in unions.values()
        for name in numbers(getattr(generated, union))
        if name != "NONE" and fields_of(getattr(generated, name))
    }
    assert seen == with_fields


def test_enumerations_have_the_values_of_the_schema() -> None:
    generated = schema()
    for name, _, spelt in rows("schema_enums.cpp", r'\{"(\w+)",\s*(\d),\s*\{([^}]*)\}\}'):
        values = re.findall(r'"(\w+)"', spelt)
        theirs = sorted(numbers(getattr(generated, name)).items(), key=lambda item: item[1])
        assert [number for _, number in theirs] == list(range(len(values))), name
        for value, (label, _) in zip(values, theirs, strict=True):
            assert label == value or label.endswith("_" + value), (name, value)
