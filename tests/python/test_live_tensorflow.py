"""tf.function, ConcreteFunction, tf.Module and subclassed Keras models, converted as they are in memory."""

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

X = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]], np.float32)


class Affine(tf.Module):  # type: ignore[misc]
    """Two outputs from one variable."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(np.arange(6, dtype=np.float32).reshape(3, 2), name="weight")

    @tf.function  # type: ignore[untyped-decorator]
    def __call__(self, x: Any) -> dict[str, Any]:
        return {"product": x @ self.weight, "positive": tf.nn.relu(x)}


def test_a_module_with_two_outputs_is_verified_against_itself(tmp_path: Path) -> None:
    result = mc.convert(Affine(), tmp_path / "m.onnx", example_inputs=X, dynamic_axes={"x": {0: "batch"}}, verify=True)
    assert result.verification
    assert result.verification.reference == "callable"
    assert [(spec.name, spec.shape) for spec in result.model.inputs] == [("x", ("batch", 3))]
    assert {spec.name: spec.shape for spec in result.model.outputs} == {
        "product": ("batch", 2),
        "positive": ("batch", 3),
    }
    assert list(result.model.weights) == ["weight"]


def test_a_function_brings_its_input_signature() -> None:
    variable = tf.Variable(2.0)
    function = tf.function(
        lambda x, y: tf.nn.softmax(x * y) * variable,
        input_signature=[tf.TensorSpec([None, 3], name="x"), tf.TensorSpec([3], name="y")],
    )
    y = np.array([1.0, 2.0, 3.0], np.float32)
    for source in (function, function.get_concrete_function()):
        model = mc.load(source)
        assert [spec.name for spec in model.inputs] == ["x", "y"]
        (result,) = model.run({"x": X, "y": y}).values()
        np.testing.assert_allclose(result, function(X, y), rtol=1e-6)


@pytest.mark.parametrize("examples", [X, (X,), {"x": X}], ids=["array", "tuple", "dict"])
def test_a_subclassed_keras_model_is_traced_for_inference(examples: Any) -> None:
    keras = pytest.importorskip("keras")

    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense, self.dropout = keras.layers.Dense(4), keras.layers.Dropout(0.5)

        def call(self, x: Any, training: bool = False) -> Any:
            return self.dropout(self.dense(x), training=training)

    net = Net()
    model = mc.load(net, example_inputs=examples)
    (result,) = model.run({"x": X}).values()
    np.testing.assert_allclose(result, net(X), rtol=1e-6, atol=1e-6)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(mc.ModelConvError, match=r"no input signature, and no example_inputs"):
        mc.load(Affine())
    with pytest.raises(mc.ModelConvError, match=r"names 'z', which is no parameter\n  try:   one of 'x'"):
        mc.load(Affine(), example_inputs={"z": X})
    with pytest.raises(mc.ModelConvError, match=r"takes 1"):
        mc.load(Affine(), example_inputs=(X, X))
    with pytest.raises(mc.ModelConvError, match=r"there is no axis 2"):
        mc.load(Affine(), example_inputs=X, dynamic_axes={"x": {2: "n"}})
    with pytest.raises(mc.ModelConvError, match=r"example_inputs is for live objects"):
        mc.load(mc.load(Affine(), example_inputs=X), example_inputs=X)
