"""One weight changed in the middle of a published model: verify_against names its layer, whatever was fused."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from support import real_models
from support.processes import skip_without

pytestmark = [pytest.mark.real_models, pytest.mark.slow]

# Not ppocr_v4_det: in a picture without text its layers give zeros, whatever their weights are.
# Not ppocr_v4_det: in a picture without text its layers give zeros, whatever their weights are.
MODELS = [
    "onnx/ultraface_slim320/version-slim-320.onnx",
    "onnx/mtcnn_pnet/pnet.onnx",
    "onnx/mtcnn_rnet/rnet.onnx",
    "onnx/centerface/centerface.onnx",
    "onnx/ppocr_v2_cls/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    "onnx/magika/model.onnx",
]
PRODUCTS = ("Conv", "Gemm", "MatMul")


def weight_in_the_middle(model: onnx.ModelProto) -> tuple[onnx.NodeProto, onnx.TensorProto]:
    """The product nearest to the middle of the graph whose weights are float32 of its own."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT}
    constants = {
        node.output[0]: node.attribute[0].t
        for node in model.graph.node
        if node.op_type == "Constant" and node.attribute[0].t.data_type == onnx.TensorProto.FLOAT
    }
    weights |= constants
    found = [
        (node, weights[node.input[1]])
        for node in model.graph.node
        if node.op_type in PRODUCTS and node.input[1] in weights
    ]
    return found[len(found) // 2]


def changed(path: Path, which: int) -> tuple[onnx.ModelProto, onnx.NodeProto]:
    """The largest weight of that layer, or one of the next: what it is multiplied with may be zero throughout."""
    model = onnx.load(path)
    node, tensor = weight_in_the_middle(model)
    array = numpy_helper.to_array(tensor).copy()
    array.flat[np.argsort(-np.abs(array), axis=None)[which * 7]] *= -2
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    return model, node


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("sides", ["as they are", "model simplified", "reference simplified", "both simplified"])
def test_the_layer_of_a_changed_weight_is_named(name: str, sides: str) -> None:
    skip_without("onnxruntime")
    path = real_models.model_path(name)
    reference = mc.simplify(path) if sides in ("reference simplified", "both simplified") else path
    for which in range(6):
        model, node = changed(path, which)
        subject = mc.simplify(model) if sides in ("model simplified", "both simplified") else mc.load(model)
        report = mc.verify_against(subject, reference, per_layer=True)
        if not report.passed:
            break
    layer = report.first_divergence
    assert layer is not None, report.to_text()
    # The tensor named is that of the product, or what it was fused with: no product lies between them.
    original = onnx.load(path, load_external_data=False)
    assert layer.name in fused_after(original, node.output[0]), report.to_text()


def fused_after(model: onnx.ModelProto, tensor: str) -> set[str]:
    """The tensor, and those that follow from it alone without another product in between."""
    reached = {tensor}
    for node in model.graph.node:
        if reached & set(node.input) and node.op_type not in PRODUCTS:
            reached |= set(node.output)
    return reached
