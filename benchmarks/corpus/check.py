"""Compares simplified models with their original, in a process of its own; prints JSON.

    python check.py ORIGINAL RESULT [RESULT ...] [--latency ROUNDS]

For every model: nodes, whether onnx.checker's full check passes, whether inputs and outputs are the original's, the
difference of outputs, and the latency in ONNX Runtime.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.inliner
import onnxruntime

# Largest difference of outputs, relative to the largest absolute output. Simplifying reorders sums of float32 (folded
# scales, another order of the products), whose last digits networks of a hundred layers amplify.
CLOSE = 1e-4
# ... and probabilities next to 0 have no digits of their own.
NEXT_TO_ZERO = 1e-6

# Sizes for dynamic dimensions by a part of their name; for others see size_of().
SIZES = {"batch": 2, "n": 2, "texts": 2, "sequence": 12, "target": 8, "samples": 6000, "height": 64, "width": 96}
# What the sizes above do not fit: model -> input -> shape.
SHAPES = {
    "silero_vad": {"input": (1, 576), "state": (2, 1, 128)},
    "centerface": {"input.1": (10, 3, 32, 32)},
    "pnet": {"input_1": (2, 24, 36, 3)},
    "ch_PP-OCRv4_det_infer": {"x": (1, 3, 64, 96)},
    "ch_ppocr_mobile_v2.0_cls_infer": {"x": (1, 3, 48, 192)},
}
SCALARS = {"sr": 16000}


def count_nodes(graph: onnx.GraphProto) -> int:
    """Nodes, those of subgraphs included. `Constant` is data, kept as a node or as an initialiser: not counted."""
    count = 0
    for node in graph.node:
        count += node.op_type != "Constant"
        for attribute in node.attribute:
            subgraphs = [*attribute.graphs, attribute.g] if attribute.HasField("g") else attribute.graphs
            count += sum(count_nodes(subgraph) for subgraph in subgraphs)
    return count


def nodes_of(path: str) -> int:
    """Nodes after the model's own functions are put in place of their calls, as every runtime does."""
    model = onnx.load(path)
    return count_nodes((onnx.inliner.inline_local_functions(model) if model.functions else model).graph)


def dimension(dim: Any) -> int | None:
    return dim.dim_value if dim.HasField("dim_value") and dim.dim_value >= 0 else None


def interface(path: str) -> list[tuple[str, str, int, list[int | None] | None]]:
    """Inputs, then outputs: kind, name, type, and the sizes that are not dynamic."""
    graph = onnx.load(path, load_external_data=False).graph
    initialised = {tensor.name for tensor in graph.initializer}
    listed = []
    for kind, values in (("input", graph.input), ("output", graph.output)):
        for value in values:
            if kind == "input" and value.name in initialised:
                continue  # a default that only old models list
            tensor = value.type.tensor_type
            shape = [dimension(dim) for dim in tensor.shape.dim] if tensor.HasField("shape") else None
            listed.append((kind, value.name, tensor.elem_type, shape))
    return listed


def interface_problem(original: str, result: str) -> str:
    """Empty when names, order, types and sizes agree."""
    before, after = interface(original), interface(result)
    if [row[:3] for row in before] != [row[:3] for row in after]:
        return "names, order or types differ"
    for (kind, name, _, old), (*_, new) in zip(before, after, strict=True):
        if old is None or new is None:
            continue
        if len(old) != len(new) or any(a is not None and a != b for a, b in zip(old, new, strict=True)):
            return f"{kind} {name}: {old} became {new}"
    return ""


def fixed_dimensions(original: str, result: str) -> str:
    """Empty when every dynamic dimension of the original stayed dynamic."""
    for (kind, name, _, old), (*_, new) in zip(interface(original), interface(result), strict=False):
        if old is None or new is None:
            continue
        if any(a is None and b is not None for a, b in zip(old, new, strict=False)):
            return f"{kind} {name}: a dynamic dimension became fixed: {old}, {new}"
    return ""


def is_valid(path: str) -> str:
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # the checker's errors have no common type
        return str(error).strip().splitlines()[0][:200] or type(error).__name__
    return ""


def size_of(name: Any, axis: int, rank: int, integers: bool) -> int:
    """Exporters call a dynamic dimension s43, so the axis must do: batch first, then pixels, ids or samples."""
    if isinstance(name, int) and name > 0:
        return name
    text = str(name or "").lower()
    found = [size for part, size in SIZES.items() if (text == part if len(part) == 1 else part in text)]
    if found or axis == 0:
        return found[0] if found else SIZES["batch"]
    if rank == 4:
        return SIZES["height"]
    return SIZES["sequence"] if integers else SIZES["samples"]


def make_inputs(session: onnxruntime.InferenceSession, model: str) -> dict[str, np.ndarray]:
    """Random, the same in every run; integers are small enough to be ids of any vocabulary here, masks are 0 and 1."""
    generator = np.random.default_rng(0)
    shapes = next((shapes for part, shapes in SHAPES.items() if part in model), {})
    inputs = {}
    for value in session.get_inputs():
        rank, integers = len(value.shape), "int" in value.type
        sizes = (size_of(dim, axis, rank, integers) for axis, dim in enumerate(value.shape))
        shape = shapes.get(value.name) or tuple(sizes)
        if value.name in SCALARS:
            array = np.full(shape, SCALARS[value.name])
        elif integers:
            array = generator.integers(0, 2, shape) if "token_type" in value.name else generator.integers(3, 30, shape)
            if "mask" in value.name:
                array = (np.arange(shape[-1]) < shape[-1] - np.arange(shape[0])[:, None]).astype(np.int64)
        else:
            array = generator.standard_normal(shape)
        inputs[value.name] = array.astype(
            {"tensor(int64)": np.int64, "tensor(int32)": np.int32}.get(value.type, np.float32)
        )
    return inputs


def session_of(path: str, *, optimised: bool = True) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def difference(expected: list[np.ndarray], actual: list[np.ndarray]) -> float:
    """Largest over the outputs; infinite where shapes, NaN or integers differ."""
    worst = 0.0
    for a, b in zip(expected, actual, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return float("inf")
        if a.dtype.kind != "f":
            if not np.array_equal(a, b):
                return float("inf")
            continue
        finite = np.isfinite(a)
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return float("inf")
        if finite.any():
            scale = max(np.abs(a[finite]).max(), NEXT_TO_ZERO / CLOSE)
            worst = max(worst, float(np.abs(a[finite] - b[finite]).max() / scale))
    return worst


def latencies(
    sessions: list[onnxruntime.InferenceSession], inputs: dict[str, np.ndarray], rounds: int
) -> list[list[float]]:
    """Seconds per run; every round runs all of them, in turning order, so that a busy machine is busy for all.

    Processor time: with one thread it is the latency of an idle machine. What load adds through caches is never
    negative, so the least of the runs is the figure.
    """
    taken: list[list[float]] = [[] for _ in sessions]
    for session in sessions:
        session.run(None, inputs)
    for turn in range(rounds):
        for step in range(len(sessions)):
            index = (turn + step) % len(sessions)
            start = time.process_time()
            sessions[index].run(None, inputs)
            taken[index].append(time.process_time() - start)
    return taken


def check(original: str, results: list[str], rounds: int) -> list[dict[str, Any]]:
    reference = session_of(original, optimised=False)
    inputs = make_inputs(reference, Path(original).name)
    expected = reference.run(None, inputs)
    rows, sessions, timed = [], [], []
    for path in results:
        row: dict[str, Any] = {"path": path, "nodes": nodes_of(path), "bytes": os.path.getsize(path)}
        row["invalid"] = is_valid(path)
        row["interface"] = interface_problem(original, path)
        row["fixed"] = fixed_dimensions(original, path)
        try:
            session = session_of(path)
            row["difference"] = difference(expected, session.run(None, inputs))
            row["wrong"] = "" if row["difference"] <= CLOSE else f"outputs differ by {row['difference']:.1e}"
            sessions.append(session)
            timed.append(row)
        except Exception as error:  # ONNX Runtime's errors have no common type
            row["wrong"] = f"ONNX Runtime: {str(error)[:200]}"
        rows.append(row)
    for row, taken in zip(timed, latencies(sessions, inputs, rounds) if rounds else [], strict=False):
        row["milliseconds"] = 1e3 * min(taken)
        row["runs"] = taken
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original")
    parser.add_argument("results", nargs="+")
    parser.add_argument("--latency", type=int, default=0, metavar="ROUNDS")
    options = parser.parse_args()
    print(json.dumps(check(options.original, options.results, options.latency)))


if __name__ == "__main__":
    main()
