"""The operators that the TensorFlow writer uses, as TensorFlow registers them.

    cd tests; PYTHONPATH=../python:. python -m support.tensorflow_signatures

writes cpp/formats/tensorflow/encode/signature_rows.h for the operators that tests/data/tensorflow_writer_ops.txt lists.
The writer itself does without TensorFlow; a test compares the file with the installed one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

HEADER = Path(__file__).resolve().parents[2] / "cpp/formats/tensorflow/encode/signature_rows.h"

OPS = (Path(__file__).resolve().parents[1] / "data/tensorflow_writer_ops.txt").read_text(encoding="utf-8").split()

KINDS = {
    "type": "type",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "string": "string",
    "shape": "shape",
    "tensor": "tensor",
    "func": "func",
    "list(int)": "ints",
    "list(float)": "floats",
    "list(type)": "types",
    "list(shape)": "shapes",
    "list(string)": "strings",
}


def rows() -> list[str]:
    """One line of C++ per operator."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow.python.framework import op_def_registry

    lines = []
    for name in sorted(OPS):
        op = op_def_registry.get(name)
        if op is None:
            raise ValueError(f"TensorFlow has no operator {name}")
        inputs = ",".join(argument(arg) for arg in op.input_arg)
        outputs = ",".join(f"{arg.name}:{argument(arg)}" for arg in op.output_arg)
        attrs = " ".join(attribute(name, attr) for attr in op.attr)
        lines.append(f'    {{"{name}", "{inputs}", "{outputs}", "{attrs}"}},')
    return lines


def argument(arg: Any) -> str:
    """`T`, `T*N` for N of them, `[Tin]` for a list of types, `#3` for a fixed type."""
    if arg.type_list_attr:
        return f"[{arg.type_list_attr}]"
    kind = arg.type_attr or f"#{arg.type}"
    return f"{kind}*{arg.number_attr}" if arg.number_attr else str(kind)


def attribute(op_name: str, attr: Any) -> str:
    """`keep_dims:bool`; a type with the numbers of those that the CPU has a kernel for, where these are not all."""
    kind = KINDS[attr.type]
    allowed = set(attr.allowed_values.list.type) if kind == "type" else set()
    by_kernels = kernel_types(op_name, attr.name) if kind == "type" else None
    if by_kernels is not None:
        allowed = allowed & by_kernels if allowed else by_kernels
    numbers = ",".join(str(number) for number in sorted(allowed))
    return f"{attr.name}:{kind}" + (f"={numbers}" if numbers else "")


def kernel_types(op_name: str, attr_name: str) -> set[int] | None:
    """Numbers of the types; nothing when some kernel takes all."""
    from tensorflow.python.framework import kernels

    found: set[int] = set()
    known = False
    for kernel in kernels.get_registered_kernels_for_op(op_name).kernel:
        if kernel.device_type != "CPU":
            continue
        known = True
        types = [list(rule.allowed_values.list.type) for rule in kernel.constraint if rule.name == attr_name]
        if not types:
            return None
        found.update(types[0])
    return found if known else None


def text() -> str:
    """The whole file."""
    return "\n".join(
        [
            "// Written by tests/support/tensorflow_signatures.py from TensorFlow 2.21: operator, types of inputs,",
            "// names and types of outputs, attributes. See signature.h.",
            "#pragma once",
            "",
            "namespace modelconv::tensorflow {",
            "",
            "struct SignatureRow {",
            "  const char *op, *inputs, *outputs, *attrs;",
            "};",
            "",
            "// clang-format off",
            "inline constexpr SignatureRow kSignatureRows[] = {",
            *rows(),
            "};",
            "// clang-format on",
            "",
            "}  // namespace modelconv::tensorflow",
            "",
        ]
    )


if __name__ == "__main__":
    HEADER.write_text(text(), encoding="utf-8")
