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


def test_nested_inputs_and_outputs_have_names_that_lead_to_them() -> None:
    keras = pytest.importorskip("keras")
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    total, double = keras.layers.Add()([left, right]), keras.layers.Rescaling(2.0)(left)
    net = keras.Model([left, {"other": right}], (total, {"b": double, "a": [right]}))
    model = mc.load(net)
    assert [spec.name for spec in model.inputs] == ["left", "right"]
    results = model.run({"left": X, "right": X * 3})
    expected = {"output_0": X * 4, "output_1_a_0": X * 3, "output_1_b": X * 2}
    assert {name: value.tolist() for name, value in results.items()} == {k: v.tolist() for k, v in expected.items()}


def test_preprocessing_layers_bring_their_tables() -> None:
    keras = pytest.importorskip("keras")
    words, numbers = keras.Input((2,), dtype="string", name="words"), keras.Input((2,), dtype="int64", name="numbers")
    lookup, count = keras.layers.StringLookup(vocabulary=["a", "b"]), keras.layers.IntegerLookup(vocabulary=[7, 5])
    net = keras.Model([words, numbers], [lookup(words), count(numbers)])
    feeds = {"words": np.array([["b", "?"], ["a", "a"]], object), "numbers": np.array([[5, 5], [1, 7]], np.int64)}
    expected = [[[2, 0], [1, 1]], [[2, 2], [0, 1]]]
    assert [value.tolist() for value in mc.load(net).run(feeds).values()] == expected


class OfDictionaries:
    """A subclassed Keras model whose one argument is a dictionary."""

    @staticmethod
    def make(keras: Any) -> Any:
        class Net(keras.Model):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.dense = keras.layers.Dense(4)

            def call(self, inputs: Any, training: bool = False) -> Any:
                return {"sum": self.dense(inputs["x"]) + inputs["y"], "x": inputs["x"]}

        return Net()


@pytest.mark.parametrize("is_called", [True, False])
def test_a_subclassed_model_of_dictionaries(is_called: bool) -> None:
    """One that was called remembers how; for others the example is nested as the argument is."""
    net = OfDictionaries.make(pytest.importorskip("keras"))
    given = {"x": X, "y": np.ones((2, 4), np.float32)}
    if is_called:
        net(given)
        model = mc.load(net)
    else:
        model = mc.load(net, example_inputs=(given,), dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
    assert [spec.name for spec in model.inputs] == ["x", "y"]
    results = model.run(given)
    np.testing.assert_allclose(results["sum"], net(given)["sum"], rtol=1e-6, atol=1e-6)


def test_ragged_tensors_are_refused() -> None:
    spec = tf.RaggedTensorSpec([None, None], tf.float32)
    with pytest.raises(mc.ModelConvError, match="has an input that is a ragged tensor"):
        mc.load(tf.function(lambda x: tf.reduce_sum(x, 1), input_signature=[spec]))
    with pytest.raises(mc.ModelConvError, match="has an output that is a sparse tensor"):
        mc.load(tf.function(tf.sparse.from_dense, input_signature=[tf.TensorSpec([2, 3])]))


def test_a_module_without_a_call_names_its_functions() -> None:
    class Codec(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec([None, 3])])  # type: ignore[untyped-decorator]
        def encode(self, x: Any) -> Any:
            return x * 2.0

    codec = Codec()
    with pytest.raises(mc.ModelConvError, match=r"cannot be called.*\n  try:   one of its functions: \.encode"):
        mc.load(codec)
    (result,) = mc.load(codec.encode).run({"x": X}).values()
    np.testing.assert_array_equal(result, X * 2)
