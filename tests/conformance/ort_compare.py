"""One operator on random data, computed by modelconv and by ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np

TOLERANCES = {"float16": (2e-3, 2e-3), "float32": (2e-5, 2e-5), "float64": (1e-10, 1e-10)}


def make_model(
    op: str,
    inputs: list[np.ndarray | None],
    attributes: dict[str, Any],
    output_types: list[Any],
    opset: int,
    domain: str = "",
    constants: tuple[int, ...] = (),
) -> bytes:
    """A model of one node; inputs that are None are left out, those in `constants` are initialisers."""
    from onnx import helper, numpy_helper

    names = ["" if value is None else f"x{i}" for i, value in enumerate(inputs)]
    outputs = [f"y{i}" if kind is not None else "" for i, kind in enumerate(output_types)]
    node = helper.make_node(op, names, outputs, domain=domain, **attributes)
    graph = helper.make_graph(
        [node],
        "graph",
        [
            helper.make_tensor_value_info(names[i], helper.np_dtype_to_tensor_dtype(value.dtype), list(value.shape))
            for i, value in enumerate(inputs)
            if value is not None and i not in constants
        ],
        [
            helper.make_tensor_value_info(f"y{i}", helper.np_dtype_to_tensor_dtype(np.dtype(kind)), None)
            for i, kind in enumerate(output_types)
            if kind is not None
        ],
        [numpy_helper.from_array(inputs[i], names[i]) for i in constants],
    )
    imports = [helper.make_opsetid("", opset)]
    if domain:
        imports.append(helper.make_opsetid(domain, 1))
    return helper.make_model(graph, opset_imports=imports, ir_version=10).SerializeToString()


def run_ort(model: bytes, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def run_modelconv(model: bytes, feeds: dict[str, np.ndarray], threads: int = 1) -> list[np.ndarray]:
    import modelconv

    results = modelconv.load(model).run(feeds, threads=threads)
    return [np.asarray(value) for value in results.values()]


def compare(
    op: str,
    inputs: list[np.ndarray | None],
    attributes: dict[str, Any] | None = None,
    output_types: list[Any] | None = None,
    opset: int = 21,
    domain: str = "",
    constants: tuple[int, ...] = (),
    tolerance: tuple[float, float] | None = None,
    off_by_one: bool = False,
) -> None:
    """`off_by_one`: quantised results may differ by one step where a value lies between two."""
    first = next(value for value in inputs if value is not None)
    model = make_model(op, inputs, attributes or {}, output_types or [first.dtype], opset, domain, constants)
    feeds = {f"x{i}": value for i, value in enumerate(inputs) if value is not None and i not in constants}
    expected = run_ort(model, feeds)
    got = run_modelconv(model, feeds)
    for ours, theirs in zip(got, expected, strict=True):
        context = f"{op} {attributes} {[None if v is None else (v.dtype.name, v.shape) for v in inputs]}"
        assert ours.shape == theirs.shape, context
        assert ours.dtype == theirs.dtype, context
        if off_by_one:
            assert np.abs(ours.astype(int) - theirs.astype(int)).max(initial=0) <= 1, context
        elif theirs.dtype.kind == "f":
            rtol, atol = tolerance or TOLERANCES[theirs.dtype.name]
            np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol, err_msg=context)
        else:
            np.testing.assert_array_equal(ours, theirs, err_msg=context)
