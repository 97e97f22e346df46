"""Random sweeps of the matrix, convolution, pooling, reduction, normalisation and recurrent kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("modelconv._core")

from conformance.ort_compare import compare

SEEDS = range(12)


def normal(rng: np.random.Generator, *shape: int, dtype: Any = np.float32) -> np.ndarray:
    return rng.standard_normal(shape).astype(dtype)


def choose(rng: np.random.Generator, *options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def sizes(rng: np.random.Generator, count: int, low: int, high: int) -> list[int]:
    return [int(v) for v in rng.integers(low, high + 1, count)]


@pytest.mark.parametrize("seed", SEEDS)
def test_matmul(seed: int) -> None:
    rng = np.random.default_rng(seed)
    batch = sizes(rng, int(rng.integers(0, 3)), 1, 3)
    m, k, n = sizes(rng, 3, 1, 70)
    dtype = choose(rng, np.float32, np.float64, np.int32, np.int64, np.uint32)

    def operand(rows: int, columns: int) -> np.ndarray:
        leading = [choose(rng, 1, size) for size in batch][int(rng.integers(0, len(batch) + 1)) :]
        return (normal(rng, *leading, rows, columns) * 5).astype(dtype)

    left, right = operand(m, k), operand(k, n)
    compare("MatMul", [left, right], tolerance=(1e-4, 1e-3))
    if dtype in (np.float32, np.float64):
        compare("MatMul", [left[..., 0, :], right], tolerance=(1e-4, 1e-3))
        compare("MatMul", [left, right[..., 0].reshape(-1)[:k]], tolerance=(1e-4, 1e-3))


@pytest.mark.parametrize("seed", SEEDS)
def test_gemm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, k, n = sizes(rng, 3, 1, 60)
    a_turned, b_turned = int(rng.integers(2)), int(rng.integers(2))
    dtype = choose(rng, np.float32, np.float64)
    a = normal(rng, *((k, m) if a_turned else (m, k)), dtype=dtype)
    b = normal(rng, *((n, k) if b_turned else (k, n)), dtype=dtype)
    shape = choose(rng, (m, n), (n,), (1, n), (m, 1), (1,), ())
    attributes = {"transA": a_turned, "transB": b_turned, "alpha": 0.5, "beta": choose(rng, 1.0, 2.0, 0.0)}
    c = np.asarray(rng.standard_normal(shape), dtype)
    compare("Gemm", [a, b, c], attributes, tolerance=(1e-4, 1e-4))
    compare("Gemm", [a, b], {"transA": a_turned, "transB": b_turned}, tolerance=(1e-4, 1e-4))


def window(rng: np.random.Generator, rank: int) -> tuple[list[int], list[int], dict[str, Any]]:
    """Spatial sizes, kernel, and attributes that fit them."""
    kernel = sizes(rng, rank, 1, 4)
    dilations = sizes(rng, rank, 1, 2)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    spatial = [int(rng.integers(e, e + 9)) for e in extent]
    attributes: dict[str, Any] = {"strides": sizes(rng, rank, 1, 3), "dilations": dilations}
    mode = choose(rng, "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    if mode == "NOTSET":
        attributes["pads"] = [int(rng.integers(0, k)) for k in kernel * 2]
    else:
        attributes["auto_pad"] = mode
        if mode.startswith("SAME"):
            attributes["dilations"] = [1] * rank
    return spatial, kernel, attributes


@pytest.mark.parametrize("seed", range(30))
def test_conv(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 4))
    spatial, kernel, attributes = window(rng, rank)
    group, per_group, outputs = sizes(rng, 3, 1, 5)
    if seed % 5 == 0:
        per_group = 1
    x = normal(rng, 2, group * per_group, *spatial)
    w = normal(rng, group * outputs, per_group, *kernel)
    bias = choose(rng, None, normal(rng, group * outputs))
    compare("Conv", [x, w, bias], {**attributes, "group": group}, tolerance=(1e-4, 1e-4))


@pytest.mark.parametrize("seed", range(30))
def test_conv_transpose(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 4))
    kernel, strides = sizes(rng, rank, 1, 4), sizes(rng, rank, 1, 3)
    group, per_group, outputs = sizes(rng, 3, 1, 3)
    spatial = sizes(rng, rank, 2, 7)
    attributes: dict[str, Any] = {"strides": strides, "group": group}
    if seed % 3 == 0:
        attributes["auto_pad"] = choose(rng, "SAME_UPPER", "SAME_LOWER")
        attributes["strides"] = [min(s, k) for s, k in zip(strides, kernel, strict=True)]
    else:
        attributes["dilations"] = sizes(rng, rank, 1, 2)
        attributes["pads"] = [int(rng.integers(0, (k + 1) // 2)) for k in kernel * 2]
        attributes["output_padding"] = [int(rng.integers(0, s)) for s in strides]
    x = normal(rng, 2, group * per_group, *spatial)
    w = normal(rng, group * per_group, outputs, *kernel)
    compare("ConvTranspose", [x, w, normal(rng, group * outputs)], attributes, tolerance=(1e-4, 1e-4))


@pytest.mark.parametrize("seed", SEEDS)
def test_integer_products(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a_type, b_type = choose(rng, np.uint8, np.int8), choose(rng, np.uint8, np.int8)

    def whole(dtype: Any, *shape: int) -> np.ndarray:
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max + 1, shape).astype(dtype)

    m, n = sizes(rng, 2, 1, 40)
    k = int(rng.integers(1, 700))
    a, b = whole(a_type, m, k), whole(b_type, k, n)
    a_zero, b_zero = whole(a_type, 1)[0], whole(b_type, 1)[0]
    compare(
        "MatMulInteger",
        [a, b, np.asarray(a_zero), np.asarray(b_zero)],
        output_types=[np.int32],
        constants=(2, 3),
    )
    if (a_type, b_type) == (np.int8, np.uint8):  # ONNX Runtime has no such kernel
        return
    scales = [np.float32(0.02), np.float32(0.01), np.float32(0.7)]
    y_zero = whole(a_type, 1)[0]
    inputs = [a, scales[0], a_zero, b, scales[1], b_zero, scales[2], y_zero]
    compare(
        "QLinearMatMul",
        [np.asarray(v) for v in inputs],
        constants=(1, 2, 4, 5, 6, 7),
        off_by_one=True,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_qlinear_conv(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spatial, kernel, attributes = window(rng, 2)
    channels, outputs = sizes(rng, 2, 1, 8)
    x = rng.integers(0, 256, (1, channels, *spatial)).astype(np.uint8)
    w = rng.integers(-128, 128, (outputs, channels, *kernel)).astype(np.int8)
    w_scale = choose(rng, np.float32(0.01), np.linspace(0.005, 0.02, outputs, dtype=np.float32))
    w_zero = np.zeros(np.shape(w_scale), np.int8)
    bias = rng.integers(-500, 500, outputs).astype(np.int32)
    inputs = [x, np.float32(0.03), np.uint8(120), w, w_scale, w_zero, np.float32(0.4), np.uint8(128), bias]
    compare(
        "QLinearConv",
        [np.asarray(v) for v in inputs],
        attributes,
        constants=tuple(range(1, 9)),
        off_by_one=True,
    )
    integers = [x, w.astype(np.uint8), np.asarray(np.uint8(120))]
    compare("ConvInteger", integers, attributes, output_types=[np.int32])


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool", "LpPool"])
def test_pools(op: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 4))
    spatial, kernel, attributes = window(rng, rank)
    attributes["kernel_shape"] = kernel
    if op != "LpPool":
        attributes["ceil_mode"] = int(rng.integers(2))
    if op == "AveragePool":
        attributes["count_include_pad"] = int(rng.integers(2))
    x = normal(rng, 2, 3, *spatial)
    outputs: list[Any] = [np.float32]
    if op == "MaxPool":
        outputs.append(np.int64)
        attributes["storage_order"] = int(rng.integers(2))
    # Before opset 22 the older operators have no dilations of their own.
    compare(op, [x], attributes, outputs, opset=22, tolerance=(1e-4, 1e-4))


@pytest.mark.parametrize(("size", "kernel", "stride"), [(1, 2, 2), (2, 4, 3), (3, 5, 6)])
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool", "LpPool"])
def test_pool_whose_only_window_is_cut_off(op: str, size: int, kernel: int, stride: int) -> None:
    """ONNX Runtime divides towards zero: the window counts as long as it lacks less than a stride."""
    attributes: dict[str, Any] = {"kernel_shape": [kernel, 2], "strides": [stride, 1]}
    x = normal(np.random.default_rng(size), 1, 2, size, 5)
    for includes in (0, 1) if op == "AveragePool" else (None,):
        extra = {} if includes is None else {"count_include_pad": includes}
        compare(op, [x], {**attributes, **extra}, opset=22, tolerance=(1e-5, 1e-5))


REDUCTIONS = ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = sizes(rng, int(rng.integers(1, 5)), 1, 9)
    x = normal(rng, *shape, dtype=choose(rng, np.float32, np.float64))
    if name == "LogSum":
        x = np.abs(x) + x.dtype.type(0.1)
    elif name in ("Sum", "Max", "Min", "Mean", "Prod", "SumSquare", "L1") and seed % 3 == 0:
        x = rng.integers(-9, 10, shape).astype(np.int32)
    axes = [int(a) - choose(rng, 0, len(shape)) for a in np.flatnonzero(rng.integers(0, 2, len(shape)))]
    attributes = {"keepdims": int(rng.integers(2)), "noop_with_empty_axes": 0}
    inputs = [x, np.asarray(axes, np.int64)] if axes else [x]
    compare(f"Reduce{name}", inputs, attributes, opset=18, constants=(1,) if axes else (), tolerance=(1e-4, 1e-4))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("op", ["ArgMax", "ArgMin"])
def test_arg_extremes(op: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = sizes(rng, int(rng.integers(1, 4)), 1, 6)
    x = rng.integers(-3, 3, shape).astype(choose(rng, np.float32, np.int32, np.int8))
    attributes = {
        "axis": int(rng.integers(-len(shape), len(shape))),
        "keepdims": int(rng.integers(2)),
        "select_last_index": int(rng.integers(2)),
    }
    compare(op, [x], attributes, [np.int64])


@pytest.mark.parametrize("seed", SEEDS)
def test_normalisations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = [2, 4, *sizes(rng, int(rng.integers(1, 3)), 1, 7)]
    x = normal(rng, *shape)
    scale, bias, mean = normal(rng, 4), normal(rng, 4), normal(rng, 4)
    variance = np.abs(normal(rng, 4)) + np.float32(0.5)
    compare("BatchNormalization", [x, scale, bias, mean, variance], {"epsilon": 1e-3})
    compare("InstanceNormalization", [x, scale, bias], tolerance=(1e-3, 1e-3))
    axis = int(rng.integers(-len(shape), len(shape)))
    inner = shape[axis:]
    parameters = [x, normal(rng, *inner), choose(rng, None, normal(rng, *inner))]
    compare("LayerNormalization", parameters, {"axis": axis}, [np.float32] * 3, tolerance=(1e-3, 1e-3))
    compare("LpNormalization", [x], {"axis": axis, "p": choose(rng, 1, 2)})
    compare("LRN", [normal(rng, 1, 7, 3, 4)], {"size": choose(rng, 1, 3, 5), "alpha": 0.1})


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("op", ["RNN", "GRU", "LSTM"])
def test_recurrent(op: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps, batch, inputs, hidden = sizes(rng, 4, 1, 6)
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    direction = choose(rng, "forward", "reverse", "bidirectional")
    ways = 2 if direction == "bidirectional" else 1
    attributes: dict[str, Any] = {"direction": direction, "hidden_size": hidden}
    if rng.integers(3) == 0:
        attributes["clip"] = 0.4
    x = normal(rng, steps, batch, inputs)
    w, r = normal(rng, ways, gates * hidden, inputs), normal(rng, ways, gates * hidden, hidden)
    bias = choose(rng, None, normal(rng, ways, 2 * gates * hidden))
    lengths = choose(rng, None, rng.integers(1, steps + 1, batch).astype(np.int32))
    h = choose(rng, None, normal(rng, ways, batch, hidden))
    arguments = [x, w, r, bias, lengths, h]
    outputs = [np.float32, np.float32]
    if op == "GRU":
        attributes["linear_before_reset"] = int(rng.integers(2))
        attributes["activations"] = choose(rng, ["Sigmoid", "Tanh"], ["HardSigmoid", "Relu"]) * ways
    if op == "RNN":
        attributes["activations"] = choose(rng, ["Tanh"], ["Relu"]) * ways
    if op == "LSTM":
        arguments += [
            choose(rng, None, normal(rng, ways, batch, hidden)),
            choose(rng, None, normal(rng, ways, 3 * hidden)),
        ]
        outputs.append(np.float32)
        attributes["input_forget"] = int(rng.integers(2))
    compare(op, arguments, attributes, outputs, opset=14, tolerance=(1e-4, 1e-4))


EQUATIONS = [
    ("ij,jk->ik", [(3, 4), (4, 5)]),
    ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
    ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
    ("ii->i", [(4, 4)]),
    ("iji->j", [(3, 2, 3)]),
    ("ij->", [(3, 4)]),
    ("ij,ij", [(3, 4), (3, 4)]),
    ("ba", [(3, 4)]),
    ("i,j,k->kij", [(2,), (3,), (4,)]),
    ("abc,cd,de->abe", [(2, 3, 4), (4, 5), (5, 6)]),
    ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]),
    ("...a,a->...", [(2, 3, 4), (4,)]),
    ("ij,kj->ik", [(3, 4), (5, 4)]),
]


@pytest.mark.parametrize(("equation", "shapes"), EQUATIONS)
def test_einsum(equation: str, shapes: list[tuple[int, ...]]) -> None:
    from conformance.ort_compare import make_model, run_modelconv

    rng = np.random.default_rng(1)
    operands = [normal(rng, *shape) for shape in shapes]
    model = make_model("Einsum", list(operands), {"equation": equation}, [np.float32], 21)
    (got,) = run_modelconv(model, {f"x{i}": value for i, value in enumerate(operands)})
    np.testing.assert_allclose(got, np.einsum(equation, *operands), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 5, 8, 12, 17, 64])
def test_dft(length: int) -> None:
    from conformance.ort_compare import make_model, run_modelconv

    rng = np.random.default_rng(length)
    x = normal(rng, 2, length, 3, 2, dtype=np.float64)
    axis, inverse = np.asarray(1, np.int64), {"inverse": 1}
    signal = x[..., 0] + 1j * x[..., 1]
    for attributes, expected in (({}, np.fft.fft(signal, axis=1)), (inverse, np.fft.ifft(signal, axis=1))):
        model = make_model("DFT", [x, None, axis], attributes, [np.float64], 20, constants=(2,))
        (got,) = run_modelconv(model, {"x0": x})
        np.testing.assert_allclose(got[..., 0] + 1j * got[..., 1], expected, atol=1e-12)
    model = make_model("DFT", [x[..., :1], None, axis], {"onesided": 1}, [np.float64], 20, constants=(2,))
    (got,) = run_modelconv(model, {"x0": x[..., :1]})
    np.testing.assert_allclose(got[..., 0] + 1j * got[..., 1], np.fft.rfft(x[..., 0], axis=1), atol=1e-12)
