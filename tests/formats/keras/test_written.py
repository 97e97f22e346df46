"""Models written as `.keras` and `.h5`: loaded by Keras, equal, and trained for a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

CLOSE = 2e-5  # of the largest magnitude of an output
KINDS = (".keras", ".h5")


@pytest.fixture
def keras() -> Any:
    return pytest.importorskip("keras")


def by_way_of_onnx(model: Any, folder: Path, kind: str) -> Path:
    """Keras -> ONNX -> Keras."""
    model.save(folder / "source.keras")
    mc.convert(folder / "source.keras", folder / "model.onnx")
    target = folder / f"back{kind}"
    result = mc.convert(folder / "model.onnx", target)
    assert result.target_format == "keras"
    return target


def check(keras: Any, model: Any, folder: Path, kind: str) -> Any:
    """Equal outputs, as many inputs and outputs, and one training step; the loaded model."""
    rng = np.random.default_rng(5)
    sizes = [[size or 6 for size in tensor.shape[1:]] for tensor in model.inputs]
    inputs = [rng.uniform(-1, 1, (2, *size)).astype(np.float32) for size in sizes]
    back = keras.models.load_model(by_way_of_onnx(model, folder, kind), compile=False)
    expected, actual = model.predict(inputs, verbose=0), back.predict(inputs, verbose=0)
    for got, wanted in zip(as_list(actual), as_list(expected), strict=True):
        assert got.shape == wanted.shape
        assert np.abs(got - wanted).max() <= CLOSE * max(np.abs(wanted).max(), 1e-30)
    assert back.count_params() > 0
    # Adam's step does not shrink with the gradient, which is tiny behind many random layers.
    back.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    before = [keras.ops.convert_to_numpy(weight) for weight in back.trainable_weights]
    targets = [rng.uniform(0, 1, array.shape).astype(np.float32) for array in as_list(expected)]
    loss = back.train_on_batch(inputs if len(inputs) > 1 else inputs[0], targets if len(targets) > 1 else targets[0])
    assert np.isfinite(loss).all()
    after = [keras.ops.convert_to_numpy(weight) for weight in back.trainable_weights]
    assert any((old != new).any() for old, new in zip(before, after, strict=True))
    return back


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def images(keras: Any) -> Any:
    """Convolutions of all kinds, pools, and two branches."""
    layers = keras.layers
    x = keras.Input((12, 12, 3), name="image")
    y = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    y = layers.BatchNormalization()(y)
    y = layers.ReLU(6.0)(y)
    z = layers.DepthwiseConv2D(3, padding="same")(y)
    z = layers.Conv2D(8, 1, use_bias=False, activation="hard_silu")(z)
    y = layers.Add()([y, z])
    y = layers.ZeroPadding2D(1)(y)
    y = layers.MaxPooling2D(2)(y)
    w = layers.Conv2D(8, (3, 1), groups=2, dilation_rate=(1, 1))(y)
    w = layers.LeakyReLU(negative_slope=0.2)(w)
    y = layers.Concatenate()([layers.AveragePooling2D((3, 1), strides=1)(y), w])
    y = layers.UpSampling2D(2)(y)
    y = layers.PReLU(shared_axes=[1, 2])(layers.Conv2DTranspose(4, 2, strides=2)(y))
    return keras.Model(x, [layers.GlobalAveragePooling2D()(y), layers.Softmax()(layers.Flatten()(w))])


def vectors(keras: Any) -> Any:
    """Dense layers, activations and merging."""
    layers = keras.layers
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    y = layers.Dense(8, activation="elu")(a)
    z = layers.Dense(8, activation="gelu", use_bias=False)(b)
    y = layers.Multiply()([layers.Subtract()([y, z]), layers.Maximum()([y, z])])
    y = layers.LayerNormalization()(layers.Reshape((2, 4))(y))
    y = layers.Permute((2, 1))(y)
    y = layers.Conv1D(3, 2, padding="same", activation="softplus")(y)
    return keras.Model([a, b], layers.Dense(2, activation="sigmoid")(layers.Flatten()(y)))


def sequences(keras: Any) -> Any:
    """Recurrent layers of each kind and direction, sequences and last states."""
    layers = keras.layers
    x = keras.Input((None, 5), name="words")
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    z = layers.GRU(3, return_sequences=True, go_backwards=True)(y)
    w = layers.GRU(3, reset_after=False, return_sequences=True)(y)
    r = layers.SimpleRNN(3, return_sequences=True, use_bias=False)(layers.Add()([z, w]))
    _, h, c = layers.LSTM(2, return_state=True)(r)
    return keras.Model(x, [layers.Dense(2)(h), c, layers.Bidirectional(layers.GRU(2))(y)])


def test_recurrent_layers(keras: Any, tmp_path: Path) -> None:
    back = check(keras, sequences(keras), tmp_path, ".keras")
    kinds = [layer.__class__.__name__ for layer in back.layers]
    assert [kinds.count(kind) for kind in ("LSTM", "GRU", "SimpleRNN")] == [3, 4, 1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"activations": ["Sigmoid", "Relu", "Tanh"]}, "its activations are Sigmoid, Relu"),
        ({"clip": 1.0}, "it clips"),
    ],
)
def test_recurrent_layers_that_keras_lacks(changes: dict[str, Any], reason: str, tmp_path: Path) -> None:
    from conformance.ort_compare import make_model

    arrays = [np.ones(shape, np.float32) for shape in ((3, 2, 4), (1, 20, 4), (1, 20, 5))]
    model = make_model("LSTM", arrays, {"hidden_size": 5, **changes}, [np.float32], 17, constants=(1, 2))
    with pytest.raises(mc.ModelConvError, match=rf"LSTM \({reason}"):
        mc.convert(model, tmp_path / "model.keras")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", [images, vectors])
def test_networks(keras: Any, tmp_path: Path, build: Any, kind: str) -> None:
    check(keras, build(keras), tmp_path, kind)


@pytest.mark.parametrize(
    ("name", "size", "kind"),
    [
        ("MobileNetV2", 96, ".keras"),
        ("MobileNetV2", 96, ".h5"),
        *(
            pytest.param(name, size, kind, marks=pytest.mark.sweep)
            for name, size in (
                ("ResNet50", 64),
                ("MobileNet", 64),
                ("MobileNetV3Small", 64),
                ("DenseNet121", 64),
                ("EfficientNetB0", 64),
                ("EfficientNetV2B0", 64),
                ("InceptionV3", 96),
                ("Xception", 96),
                ("NASNetMobile", 96),
                ("VGG16", 48),
                ("ConvNeXtTiny", 64),
            )
            for kind in KINDS
        ),
    ],
)
def test_applications(keras: Any, tmp_path: Path, name: str, size: int, kind: str) -> None:
    keras.utils.set_random_seed(0)
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    check(keras, model, tmp_path, kind)


def test_channels_first_inputs_stay(keras: Any, tmp_path: Path) -> None:
    from conformance.ort_compare import make_model, run_ort

    rng = np.random.default_rng(1)
    image, weights = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in ((2, 3, 8, 8), (4, 3, 3, 3)))
    model = make_model("Conv", [image, weights], {"pads": [1, 1, 1, 1]}, [np.float32], 17, constants=(1,))
    mc.convert(model, tmp_path / "conv.keras")
    loaded = keras.models.load_model(tmp_path / "conv.keras")
    expected = run_ort(model, {"x0": image})[0]
    assert np.abs(loaded.predict(image, verbose=0) - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("op", "arrays", "attributes"),
    [
        ("MaxPool", [(1, 2, 1, 5)], {"kernel_shape": [2, 2], "strides": [2, 1]}),  # the only window is cut off
        ("ConvTranspose", [(1, 2, 1, 1), (2, 3, 2, 2)], {"strides": [2, 2]}),  # no window is
    ],
)
def test_kernels_larger_than_the_image(op: str, arrays: list[Any], attributes: dict[str, Any], tmp_path: Path) -> None:
    from conformance.ort_compare import make_model, run_ort

    rng = np.random.default_rng(3)
    x, *weights = (rng.uniform(-1, 1, shape).astype(np.float32) for shape in arrays)
    model = make_model(op, [x, *weights], attributes, [np.float32], 17, constants=tuple(range(1, len(arrays))))
    mc.convert(model, tmp_path / "x.keras")
    back = next(iter(mc.load(tmp_path / "x.keras").run({"x0": x}).values()))
    assert np.abs(back - run_ort(model, {"x0": x})[0]).max() < 1e-5


def test_refused_operators_are_named(tmp_path: Path) -> None:
    from conformance.ort_compare import make_model

    x = np.zeros((3, 4), np.float32)
    model = make_model("NonZero", [x], {}, [np.int64], 17)
    (tmp_path / "places.keras").write_bytes(b"old")
    with pytest.raises(mc.ModelConvError, match=r"NonZero(.|\n)*try: .*SavedModel"):
        mc.convert(model, tmp_path / "places.keras")
    assert (tmp_path / "places.keras").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["places.keras"]


def test_operations_are_refused_in_hdf5(tmp_path: Path) -> None:
    from conformance.ort_compare import make_model

    x = np.zeros((3, 4), np.float32)
    with pytest.raises(mc.ModelConvError, match=r"Sqrt.*\.keras"):
        mc.convert(make_model("Sqrt", [x], {}, [np.float32], 17), tmp_path / "x.h5")


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


PARTS: dict[str, tuple[str, tuple[int, ...], list[np.ndarray], dict[str, Any]]] = {
    "channels": ("Slice", (2, 6, 4, 4), [ints(2), ints(5), ints(1)], {}),
    "first channels": ("Slice", (2, 6, 4, 4), [ints(0), ints(4), ints(1)], {}),
    "last rows and columns": ("Slice", (2, 6, 4, 5), [ints(-2, 1), ints(1 << 40, -1), ints(2, 3)], {}),
    "every second": ("Slice", (2, 9), [ints(1), ints(8), ints(1), ints(2)], {}),
    "backwards": ("Slice", (2, 5), [ints(-1), ints(-(1 << 40)), ints(1), ints(-1)], {}),
    "space to depth": ("SpaceToDepth", (2, 3, 4, 6), [], {"blocksize": 2}),
    "depth to space": ("DepthToSpace", (2, 8, 3, 2), [], {"blocksize": 2}),
    "depth to space, CRD": ("DepthToSpace", (2, 18, 3, 2), [], {"blocksize": 3, "mode": "CRD"}),
    "a matrix for each place": (
        "MatMul",
        (2, 4, 1, 3),
        [np.random.default_rng(2).standard_normal((4, 3, 5)).astype(np.float32)],
        {},
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_parts_and_blocks(keras: Any, tmp_path: Path, name: str) -> None:
    from conformance.ort_compare import make_model, run_ort

    op, shape, others, attributes = PARTS[name]
    x = np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
    constants = tuple(range(1, 1 + len(others)))
    model = make_model(op, [x, *others], attributes, [np.float32], 17, constants=constants)
    mc.convert(model, tmp_path / "part.keras")
    actual = keras.models.load_model(tmp_path / "part.keras").predict(x, verbose=0)
    assert np.abs(actual - run_ort(model, {"x0": x})[0]).max() < CLOSE


def test_names_beyond_what_an_attribute_of_hdf5_holds(keras: Any, tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    rng = np.random.default_rng(2)
    x, weights = rng.uniform(-1, 1, (2, 3)).astype(np.float32), rng.uniform(-1, 1, (40, 3, 3)).astype(np.float32)
    nodes, values = [], []
    for i, matrix in enumerate(weights):
        values.append(helper.make_tensor(f"w{i}", TensorProto.FLOAT, (3, 3), matrix.ravel()))
        nodes.append(helper.make_node("MatMul", [f"v{2 * i}", f"w{i}"], [f"v{2 * i + 1}"], name=f"{'n' * 2000}{i}"))
        nodes.append(helper.make_node("Tanh", [f"v{2 * i + 1}"], [f"v{2 * i + 2}"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (2, 3)) for name in ("v0", "v80")]
    graph = helper.make_graph(nodes, "long", ends[:1], ends[1:], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    mc.convert(model, tmp_path / "long.h5")
    expected = mc.load(model).run({"v0": x})["v80"]
    for actual in (
        keras.models.load_model(tmp_path / "long.h5", compile=False).predict(x, verbose=0),
        next(iter(mc.load(tmp_path / "long.h5").run({"v0": x}).values())),
    ):
        assert np.abs(actual - expected).max() <= CLOSE
