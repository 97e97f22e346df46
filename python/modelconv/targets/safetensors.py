"""safetensors: the length of a header, the header in JSON, the bytes of the tensors.

Source: the format's description at https://github.com/huggingface/safetensors, section "Format".
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError
from modelconv.targets.replacing import replaced

CODES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8e4m3fn": "F8_E4M3",
    "float8e5m2": "F8_E5M2",
    "float8e8m0": "F8_E8M0",
    "complex64": "C64",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
}


def write(core: _core.Model, target: Path) -> None:
    """Write all weights; wide types first, so that each tensor is aligned."""
    weights = core.weights()
    types = core.weight_types()
    refuse_types(types, set(CODES), "safetensors", "write .onnx, which has all element types")
    order = sorted(weights, key=lambda name: (-weights[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": {"format": "np", **core.metadata}}
    end = 0
    for name in order:
        array = weights[name]
        header[name] = {
            "dtype": CODES[types[name]],
            "shape": list(array.shape),
            "data_offsets": [end, end + array.nbytes],
        }
        end += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replaced(target) as temporary, temporary.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            stream.write(
                weights[name].tobytes() if weights[name].dtype.name == "bool" else memoryview_of(weights[name])
            )


def refuse_types(types: dict[str, str], known: set[str], target: str, cure: str) -> None:
    """One error that names every weight whose element type the format lacks."""
    refused = [f"'{name}' ({dtype})" for name, dtype in types.items() if dtype not in known]
    if refused:
        more = f" and {len(refused) - 20} more" if len(refused) > 20 else ""
        raise ModelConvError(f"{target} has no element type for {', '.join(refused[:20])}{more}\n  try:   {cure}")


def memoryview_of(array: Any) -> Any:
    """The array's bytes, little endian and in order, without a copy."""
    import numpy as np

    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
