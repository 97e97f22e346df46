"""Writes float_types.txt, what ml_dtypes and NumPy think of the narrow floats: per type two CRC-32s.

1. of all bit patterns converted to float32 (every NaN as 0x7FC00000), little endian;
2. of float32 values converted to the type (NaN left out), rounding to nearest even and without saturation:
   all patterns of the upper 16 bits, the lower 16 being a multiplicative hash of them or one of the edge
   values below.
"""

import zlib
from pathlib import Path

import ml_dtypes
import numpy as np

TYPES = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8e5m2": ml_dtypes.float8_e5m2,
    "float8e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "float8e8m0": ml_dtypes.float8_e8m0fnu,
    "float6e2m3": ml_dtypes.float6_e2m3fn,
    "float6e3m2": ml_dtypes.float6_e3m2fn,
    "float4e2m1": ml_dtypes.float4_e2m1fn,
}
BITS = {"float16": 16, "bfloat16": 16, "float6e2m3": 6, "float6e3m2": 6, "float4e2m1": 4}
EDGES = [0x0000, 0x0001, 0x7FFF, 0x8000, 0x8001, 0xFFFF]


def decoded(name: str) -> int:
    count = 1 << BITS.get(name, 8)
    patterns = np.arange(count, dtype=np.uint16 if count > 256 else np.uint8)
    values = patterns.view(TYPES[name]).astype(np.float32).view(np.uint32)
    values[(values & 0x7FFFFFFF) > 0x7F800000] = 0x7FC00000
    return zlib.crc32(values.tobytes())


def encoded(name: str) -> int:
    upper = np.arange(1 << 16, dtype=np.uint32)
    lowers = [(upper * 40503) & 0xFFFF] + [np.full_like(upper, edge) for edge in EDGES]
    words = np.concatenate([upper << 16 | lower for lower in lowers])
    words = words[(words & 0x7FFFFFFF) <= 0x7F800000]
    if name == "float8e8m0":
        # Left out: negative values, which ONNX does not specify, and values below 2^-126: ml_dtypes takes
        # the middle of 0 and 2^-126 for the limit, although 0 is no value of this type.
        words = words[(words >= 0x00800000) & (words < 0x80000000)]
    with np.errstate(over="ignore"):
        return zlib.crc32(words.view(np.float32).astype(TYPES[name]).tobytes())


lines = [f"{name} {decoded(name):08x} {encoded(name):08x}" for name in TYPES]
Path(__file__).with_name("float_types.txt").write_text("\n".join(lines) + "\n")
