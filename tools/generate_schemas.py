"""Write the operator schemas of the installed onnx package as a C++ table, for cpp/ops/schema_table.h.

Usage: generate_schemas.py OUTPUT.cpp
CMake runs it at build time. The table is plain constant arrays, so that nothing is constructed when a
program starts; equal arrays are written once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

import onnx
from onnx.defs import OpSchema

TYPE_FORMS = {
    "tensor": re.compile(r"tensor\((\w+)\)"),
    "sequence": re.compile(r"seq\(tensor\((\w+)\)\)"),
    "optional_tensor": re.compile(r"optional\(tensor\((\w+)\)\)"),
    "optional_sequence": re.compile(r"optional\(seq\(tensor\((\w+)\)\)\)"),
}
OPTIONS = {
    OpSchema.FormalParameterOption.Single: "single",
    OpSchema.FormalParameterOption.Optional: "optional",
    OpSchema.FormalParameterOption.Variadic: "variadic",
}
KINDS = {
    OpSchema.AttrType.INT: "integer",
    OpSchema.AttrType.FLOAT: "floating",
    OpSchema.AttrType.STRING: "string",
    OpSchema.AttrType.TENSOR: "tensor",
    OpSchema.AttrType.GRAPH: "graph",
    OpSchema.AttrType.SPARSE_TENSOR: "sparse_tensor",
    OpSchema.AttrType.TYPE_PROTO: "type",
    OpSchema.AttrType.INTS: "integers",
    OpSchema.AttrType.FLOATS: "floats",
    OpSchema.AttrType.STRINGS: "strings",
    OpSchema.AttrType.TENSORS: "tensors",
    OpSchema.AttrType.GRAPHS: "graphs",
    OpSchema.AttrType.SPARSE_TENSORS: "sparse_tensors",
    OpSchema.AttrType.TYPE_PROTOS: "types",
}
NO_LIMIT = 2**31 - 1  # what the onnx package and schema.h both write for "any number"


class Arrays:
    """Named C++ constants, each distinct value defined once."""

    def __init__(self) -> None:
        self.definitions: list[str] = []
        self._names: dict[tuple[str, str], str] = {}

    def array(self, cpp_type: str, items: Iterable[str]) -> str:
        """The name of a constant array with these items; an empty span for none."""
        text = ", ".join(items)
        return self._constant(cpp_type, f"[] = {{{text}}}") if text else "{}"

    def value(self, cpp_type: str, text: str) -> str:
        """The name of a constant with this initialiser."""
        return self._constant(cpp_type, text)

    def _constant(self, cpp_type: str, rest: str) -> str:
        name = self._names.get((cpp_type, rest))
        if name is None:
            name = self._names[cpp_type, rest] = f"c{len(self._names)}"
            self.definitions.append(f"constexpr {cpp_type} {name}{rest};")
        return name


def quoted(text: str) -> str:
    """A C++ string literal; what the onnx package holds is printable ASCII without quotes."""
    if not re.fullmatch(r"[ -!#-\[\]-~]*", text):
        raise ValueError(f"the string {text!r} needs escaping, which this generator does not do")
    return f'"{text}"'


def cpp_float(value: float) -> str:
    return f"{value.hex()}f"


def cpp_bool(value: bool) -> str:
    return "true" if value else "false"


def type_set(spellings: Iterable[str]) -> str:
    """Initialiser of a TypeSet; the bit of an element type is its number in onnx.TensorProto.DataType."""
    masks = dict.fromkeys(TYPE_FORMS, 0)
    other = False
    for spelling in spellings:
        for form, pattern in TYPE_FORMS.items():
            if match := pattern.fullmatch(spelling):
                masks[form] |= 1 << onnx.TensorProto.DataType.Value(match[1].upper())
                break
        else:
            other = True
    return "{" + ", ".join([*(f"0x{mask:x}u" for mask in masks.values()), cpp_bool(other)]) + "}"


def parameter_row(parameter: OpSchema.FormalParameter, arrays: Arrays) -> str:
    types = arrays.value("TypeSet", type_set(parameter.types))
    option = f"ParameterSchema::Option::{OPTIONS[parameter.option]}"
    homogeneous = cpp_bool(parameter.is_homogeneous)
    return f"{{{quoted(parameter.name)}, {quoted(parameter.type_str)}, {types}, {option}, {homogeneous}}}"


def attribute_row(attribute: OpSchema.Attribute, arrays: Arrays) -> str:
    default = attribute.default_value
    has_default = default.type != onnx.AttributeProto.UNDEFINED
    if has_default and KINDS[attribute.type] not in {
        "integer",
        "floating",
        "string",
        "integers",
        "floats",
        "strings",
    }:
        raise ValueError(f"attribute {attribute.name}: schema.h has no place for a default of type {attribute.type}")
    fields = [
        quoted(attribute.name),
        f"AttributeSchema::Kind::{KINDS[attribute.type]}",
        cpp_bool(attribute.required),
        cpp_bool(has_default),
        str(default.i),
        cpp_float(default.f),
        quoted(default.s.decode()),
        arrays.array("int64_t", map(str, default.ints)),
        arrays.array("float", map(cpp_float, default.floats)),
        arrays.array("std::string_view", (quoted(text.decode()) for text in default.strings)),
    ]
    return "{" + ", ".join(fields) + "}"


def schema_row(schema: OpSchema, arrays: Arrays) -> str:
    limits = [schema.min_input, schema.max_input, schema.min_output, schema.max_output]
    # "Unknown" is a function with a body that the package did not examine; none of them draws random numbers.
    deterministic = schema.node_determinism != OpSchema.NodeDeterminism.NonDeterministic
    attributes = sorted(schema.attributes.values(), key=lambda attribute: attribute.name)
    fields = [
        quoted(schema.domain),
        quoted(schema.name),
        str(schema.since_version),
        cpp_bool(schema.deprecated),
        cpp_bool(deterministic),
        *("INT32_MAX" if limit >= NO_LIMIT else str(limit) for limit in limits),
        arrays.array("ParameterSchema", (parameter_row(parameter, arrays) for parameter in schema.inputs)),
        arrays.array("ParameterSchema", (parameter_row(parameter, arrays) for parameter in schema.outputs)),
        arrays.array("AttributeSchema", (attribute_row(attribute, arrays) for attribute in attributes)),
    ]
    return "{" + ", ".join(fields) + "}"


def domain_versions(schemas: Iterable[OpSchema]) -> dict[str, int]:
    """Newest opset of each domain: the newest operator's, or what the package states, which may be higher."""
    versions: dict[str, int] = {}
    for schema in schemas:
        versions[schema.domain] = max(versions.get(schema.domain, 1), schema.since_version)
    versions[""] = onnx.defs.onnx_opset_version()
    versions["ai.onnx.ml"] = onnx.defs.onnx_ml_opset_version()
    return versions


def generate() -> str:
    schemas = sorted(
        onnx.defs.get_all_schemas_with_history(),
        key=lambda schema: (schema.domain, schema.name, schema.since_version),
    )
    arrays = Arrays()
    rows = [schema_row(schema, arrays) for schema in schemas]
    versions = [f"{{{quoted(domain)}, {version}}}" for domain, version in sorted(domain_versions(schemas).items())]
    lines = [
        f"// Generated by tools/generate_schemas.py from onnx {onnx.__version__}.",
        '#include "ops/schema_table.h"',
        "",
        "namespace modelconv {",
        "namespace {",
        "",
        f"static_assert(kCanonicalOpset <= {onnx.defs.onnx_opset_version()},",
        f'              "onnx {onnx.__version__} does not know the canonical opset; install a newer");',
        "",
        *arrays.definitions,
        "constexpr OpSchema kSchemas[] = {",
        *(f"    {row}," for row in rows),
        "};",
        "constexpr DomainVersion kDomains[] = {" + ", ".join(versions) + "};",
        "",
        "}  // namespace",
        "",
        "std::span<const OpSchema> schema_table() { return kSchemas; }",
        "std::span<const DomainVersion> domain_versions() { return kDomains; }",
        "",
        "}  // namespace modelconv",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Path(sys.argv[1]).write_text(generate(), encoding="utf-8")
