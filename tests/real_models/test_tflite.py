"""Published TFLite models: LiteRT is the judge of the evaluator and of ONNX Runtime on what is converted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support import real_models
from support.pictures import read_jpeg, resize, to_batch
from support.processes import skip_without
from support.tested_module import function

pytestmark = [pytest.mark.real_models, pytest.mark.slow]
Array = np.ndarray[Any, Any]

# On noise a segmentation is zero but for rounding.
PHOTOGRAPHED = {"selfie_segmentation"}
FLOAT_TOLERANCE = 1e-5  # of the output's largest magnitude
SHARE_WITHIN_ONE_STEP = 0.999


MODELS = [
    "deeplab_mnv2_dm05_quant/deeplabv3_mnv2_dm05_pascal_quant.tflite",
    "fer_mini_xception_hybrid/emotion_model_quantized.tflite",
    "kws_ref_model/kws_ref_model_float32.tflite",
    "kws_ref_model/kws_ref_model_int8.tflite",
    "mlperf_ad01/ad01_fp32.tflite",
    "mlperf_ad01/ad01_int8.tflite",
    "mlperf_resnet8/resnet8_float.tflite",
    "mlperf_resnet8/resnet8_int8.tflite",
    "mnist_lstm/trained_lstm.tflite",
    "mobilenet_v1_025_128_quant/mobilenet_v1_0.25_128_quant.tflite",
    "mp_face_detection_short/face_detection_short_range.tflite",
    "mp_selfie_segmentation/selfie_segmentation.tflite",
    "mww_okay_nabu/okay_nabu.tflite",
    "tf2onnx_regression/model.tflite",
    "ultraface_slim320/slim-320.tflite",
]


def with_builtin_operators(content: bytes) -> bytes:
    """MediaPipe's transposed convolution as the builtin one: LiteRT has the former in XNNPACK alone."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    codes = [code for code in model.operatorCodes if code.customCode == b"Convolution2DTransposeBias"]
    if not codes:
        return content
    code, graph = codes[0], model.subgraphs[0]
    (node,) = (op for op in graph.operators if model.operatorCodes[op.opcodeIndex] is code)
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.TRANSPOSE_CONV
    code.customCode, code.version = None, 3
    buffer, shape = schema.BufferT(), schema.TensorT()
    buffer.data = np.array(graph.tensors[node.outputs[0]].shape, np.int32).view(np.uint8)
    shape.name, shape.shape, shape.type, shape.buffer = "shape", [4], schema.TensorType.INT32, len(model.buffers)
    model.buffers.append(buffer)
    graph.tensors.append(shape)
    x, weights, bias = node.inputs
    node.inputs = [len(graph.tensors) - 1, weights, x, bias]
    padding, stride_w, stride_h = np.array(node.customOptions[:12], np.uint8).view(np.int32)
    options = schema.TransposeConvOptionsT()
    options.padding, options.strideW, options.strideH = int(padding) - 1, int(stride_w), int(stride_h)
    node.builtinOptionsType, node.builtinOptions = schema.BuiltinOptions.TransposeConvOptions, options
    node.customOptions = None
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run_litert(path: Path, feeds: dict[str, Array], kernels: str) -> list[Array]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver, content = getattr(OpResolverType, kernels), path.read_bytes()
    if kernels != "AUTO":
        content = with_builtin_operators(content)
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=resolver)
    details = interpreter.get_input_details()
    for detail, value in zip(details, feeds.values(), strict=True):
        interpreter.resize_tensor_input(detail["index"], value.shape)
    interpreter.allocate_tensors()
    for detail, value in zip(details, feeds.values(), strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def photograph(shape: tuple[int, ...]) -> Array:
    """A face, from 0 to 1."""
    (path,) = (real_models.folder() / "images" / "face").glob("*.jpg")
    return to_batch(resize(read_jpeg(path), *shape[1:3]), 0, 255, channels_first=False)


def made_up(model: mc.Model, name: str, seed: int) -> dict[str, Array]:
    generator, feeds = np.random.default_rng(seed), {}
    for spec in model.inputs:
        shape = tuple(size if isinstance(size, int) else 1 for size in spec.shape)
        if np.dtype(spec.dtype).kind == "f":
            value = photograph(shape) if name in PHOTOGRAPHED else generator.random(shape, np.float32)
        else:
            limits = np.iinfo(spec.dtype)
            value = generator.integers(limits.min, limits.max + 1, shape).astype(spec.dtype)
        feeds[spec.name] = value
    return feeds


def distance(actual: Array, wanted: Array) -> float:
    """Of floats the largest, in units of the wanted magnitude; of integers the share that is more than a step off."""
    if wanted.dtype.kind == "f":
        return float(np.abs(actual - wanted).max() / np.abs(wanted).max())
    return float((np.abs(actual.astype(np.int64) - wanted.astype(np.int64)) > 1).mean())


@pytest.mark.parametrize("name", MODELS)
def test_like_litert(name: str, tmp_path: Path) -> None:
    """Within the tolerance, or no further from LiteRT than its own sets of kernels are from each other."""
    skip_without("ai_edge_litert", "onnxruntime")
    path = real_models.model_path(f"tflite/{name}")
    model = mc.load(path)
    target = tmp_path / "model.onnx"
    mc.convert(path, target)
    for seed in range(2):
        feeds = made_up(model, path.stem, seed)
        fast = run_litert(path, feeds, "AUTO")
        plain = run_litert(path, feeds, "BUILTIN_REF")
        for who, outputs in (("modelconv", list(model.run(feeds).values())), ("ONNX Runtime", run_onnx(target, feeds))):
            for i, wanted in enumerate(fast):
                assert (outputs[i].dtype, outputs[i].shape) == (wanted.dtype, wanted.shape)
                allowed = FLOAT_TOLERANCE if wanted.dtype.kind == "f" else 1 - SHARE_WITHIN_ONE_STEP
                spread = distance(plain[i], wanted)
                nearest = min(distance(outputs[i], kernels[i]) for kernels in (fast, plain))
                assert nearest <= max(allowed, spread), f"{who}: {nearest:.2e} off, LiteRT's kernels {spread:.2e}"


def run_onnx(path: Path, feeds: dict[str, Array]) -> list[Array]:
    """Without the fusions of quantised operators, which round otherwise than the file says."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options).run(None, feeds)


# LiteRT computes uint8 and int8 with other kernels, which round otherwise: two steps in one value of a hundred.
UINT8_ACTIVATIONS = {"mobilenet_v1_0.25_128_quant"}


@pytest.mark.parametrize("name", MODELS)
def test_read_and_written_again(name: str, tmp_path: Path) -> None:
    """Through the canonical graph and back: the same values, with the kernels that both files use."""
    skip_without("ai_edge_litert")
    path = real_models.model_path(f"tflite/{name}")
    again = tmp_path / "again.tflite"
    mc.convert(path, again)
    feeds = made_up(mc.load(path), path.stem, 0)
    kernels = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    for wanted, actual in zip(run_litert(path, feeds, kernels), run_litert(again, feeds, kernels), strict=True):
        assert (actual.dtype, actual.shape) == (wanted.dtype, wanted.shape)
        if wanted.dtype.kind == "f":
            assert distance(actual, wanted) <= FLOAT_TOLERANCE
        elif path.stem in UINT8_ACTIVATIONS:
            assert distance(actual, wanted) <= 0.01
        else:
            np.testing.assert_array_equal(actual, wanted)


@pytest.mark.parametrize("name", MODELS)
def test_decoded_and_encoded(name: str) -> None:
    """The encoder loses nothing that LiteRT computes with, and gives the same bytes again."""
    path = real_models.model_path(f"tflite/{name}")
    recode, text = function("tflite_recode"), function("tflite_text")
    written = recode(path.read_bytes())
    assert recode(written) == written
    assert text(written) == text(path.read_bytes())


def test_verify_uses_litert() -> None:
    path = real_models.model_path("tflite/mlperf_resnet8/resnet8_float.tflite")
    skip_without("ai_edge_litert")
    report = mc.verify_against(mc.load(path), path, per_layer=True)
    assert report.passed
    assert report.reference == "litert"
    assert len(report.layers) > 5


def test_names_of_the_signature() -> None:
    path = real_models.model_path("tflite/mnist_lstm/trained_lstm.tflite")
    model = mc.load(path)
    assert [spec.name for spec in model.inputs] == ["fixed_input"]
    assert [spec.name for spec in model.outputs] == ["sequential"]
