"""Recurrent cells of SavedModels and frozen graphs: one ONNX node each, equal to TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_control_flow import control_flow

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(3, 7, 5)).astype(np.float32)
HIDDEN = 4


@pytest.fixture
def keras(tf: Any) -> Any:
    return pytest.importorskip("keras")


@pytest.fixture
def convert_saved(
    tf: Any, tmp_path: Path, run_onnxruntime: Callable[..., Any], assert_close: Callable[..., None]
) -> Callable[..., dict[str, int]]:
    """Saves a Keras model, converts and simplifies it, compares; returns the counts of operators."""

    def convert(model: Any, inputs: list[np.ndarray]) -> dict[str, int]:
        for index, variable in enumerate(model.weights):
            values = np.random.default_rng(index).normal(size=variable.shape) * 0.4
            variable.assign(values.astype(np.float32))
        expected = [np.asarray(value) for value in tf.nest.flatten(model(inputs if len(inputs) > 1 else inputs[0]))]
        model.export(str(tmp_path / "saved"), verbose=False)
        converted = mc.convert(tmp_path / "saved").model
        names = [spec.name for spec in converted.inputs]
        feeds = dict(zip(names, inputs, strict=True))
        actual = run_onnxruntime(converted, feeds)
        for result, wanted in zip(actual, expected, strict=True):
            assert_close(result, wanted)
        for result, wanted in zip(converted.run(feeds).values(), expected, strict=True):
            assert_close(result, wanted)
        return dict(converted.op_counts())

    return convert


def layers(keras: Any) -> dict[str, Callable[[], Any]]:
    of = keras.layers
    return {
        "LSTM": lambda: of.LSTM(HIDDEN),
        "LSTM sequences": lambda: of.LSTM(HIDDEN, return_sequences=True),
        "LSTM state": lambda: of.LSTM(HIDDEN, return_sequences=True, return_state=True),
        "LSTM hard": lambda: of.LSTM(HIDDEN, recurrent_activation="relu", activation="softsign"),
        "LSTM backwards": lambda: of.LSTM(HIDDEN, return_sequences=True, go_backwards=True),
        "GRU": lambda: of.GRU(HIDDEN),
        "GRU sequences": lambda: of.GRU(HIDDEN, return_sequences=True),
        "GRU reset before": lambda: of.GRU(HIDDEN, reset_after=False, return_sequences=True),
        "RNN": lambda: of.SimpleRNN(HIDDEN, return_sequences=True),
        "RNN relu": lambda: of.SimpleRNN(HIDDEN, activation="relu"),
        "RNN without bias": lambda: of.SimpleRNN(HIDDEN, use_bias=False),
    }


NAMES = [
    "LSTM",
    "LSTM sequences",
    "LSTM state",
    "LSTM hard",
    "LSTM backwards",
    "GRU",
    "GRU sequences",
    "GRU reset before",
    "RNN",
    "RNN relu",
    "RNN without bias",
]


@pytest.mark.parametrize("batch", [None, 3])
@pytest.mark.parametrize("name", NAMES)
def test_keras_layer_is_one_node(name: str, batch: int | None, keras: Any, convert_saved: Callable[..., Any]) -> None:
    given = keras.Input(X.shape[1:], batch_size=batch)
    counts = convert_saved(keras.Model(given, layers(keras)[name]()(given)), [X])
    assert "Loop" not in counts
    assert counts[name.split()[0]] == 1


def test_length_is_not_known(keras: Any, convert_saved: Callable[..., Any]) -> None:
    given = keras.Input((None, 5))
    counts = convert_saved(keras.Model(given, keras.layers.LSTM(HIDDEN, return_sequences=True)(given)), [X])
    assert counts["LSTM"] == 1
    assert "Loop" not in counts


def test_stack(keras: Any, convert_saved: Callable[..., Any]) -> None:
    given = keras.Input(X.shape[1:])
    hidden = keras.layers.LSTM(HIDDEN, return_sequences=True)(given)
    counts = convert_saved(keras.Model(given, keras.layers.GRU(6)(hidden)), [X])
    assert counts["LSTM"] == counts["GRU"] == 1
    assert "Loop" not in counts


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("layer", ["LSTM", "GRU"])
def test_bidirectional(layer: str, sequences: bool, keras: Any, convert_saved: Callable[..., Any]) -> None:
    given = keras.Input(X.shape[1:])
    both = keras.layers.Bidirectional(getattr(keras.layers, layer)(HIDDEN, return_sequences=sequences))
    counts = convert_saved(keras.Model(given, both(given)), [X])
    assert counts[layer] == 1
    assert "Loop" not in counts


def test_initial_state(keras: Any, convert_saved: Callable[..., Any]) -> None:
    given, h, c = keras.Input(X.shape[1:]), keras.Input((HIDDEN,)), keras.Input((HIDDEN,))
    result = keras.layers.LSTM(HIDDEN)(given, initial_state=[h, c])
    states = [RANDOM.normal(size=(3, HIDDEN)).astype(np.float32) for _ in range(2)]
    counts = convert_saved(keras.Model([given, h, c], result), [X, *states])
    assert counts["LSTM"] == 1


@pytest.fixture(params=["frames", "functions"])
def generation(request: pytest.FixtureRequest, tf: Any) -> Iterator[str]:
    with control_flow(tf, as_functions=request.param != "frames"):
        yield request.param


class Cell:
    """What tf.compat.v1.nn.dynamic_rnn asks of a cell; the weights are constants."""

    def __init__(self, tf: Any, states: int) -> None:
        self.tf = tf
        self.state_size: Any = HIDDEN if states == 1 else (HIDDEN,) * states
        self.output_size = HIDDEN
        random = np.random.default_rng(7)
        self.weight = lambda *shape: tf.constant(random.normal(size=shape).astype(np.float32) * 0.5)
        self.make_weights()

    def zero_state(self, batch: Any, dtype: Any) -> Any:
        zeros = self.tf.zeros([batch, HIDDEN], dtype)
        return zeros if self.state_size == HIDDEN else (zeros,) * len(self.state_size)


class BasicLSTM(Cell):
    """The gates stand in the order input, candidate, forget, output; the forget gate's bias is raised by one."""

    def make_weights(self) -> None:
        self.kernel, self.bias = self.weight(5 + HIDDEN, 4 * HIDDEN), self.weight(4 * HIDDEN)

    def __call__(self, x: Any, state: Any, scope: Any = None) -> Any:
        tf, (c, h) = self.tf, state
        i, j, f, o = tf.split(tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), self.kernel), self.bias), 4, 1)
        c = c * tf.sigmoid(f + 1.0) + tf.sigmoid(i) * tf.tanh(j)
        h = tf.tanh(c) * tf.sigmoid(o)
        return h, (c, h)


class PeepholeLSTM(BasicLSTM):
    def make_weights(self) -> None:
        super().make_weights()
        self.peepholes = [self.weight(HIDDEN) for _ in range(3)]

    def __call__(self, x: Any, state: Any, scope: Any = None) -> Any:
        tf, (c, h) = self.tf, state
        i, j, f, o = tf.split(tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), self.kernel), self.bias), 4, 1)
        new = tf.sigmoid(f + 1.0 + self.peepholes[0] * c) * c + tf.sigmoid(i + self.peepholes[1] * c) * tf.tanh(j)
        h = tf.sigmoid(o + self.peepholes[2] * new) * tf.tanh(new)
        return h, (new, h)


class GRU(Cell):
    def make_weights(self) -> None:
        self.gates, self.gate_bias = self.weight(5 + HIDDEN, 2 * HIDDEN), self.weight(2 * HIDDEN)
        self.candidate, self.candidate_bias = self.weight(5 + HIDDEN, HIDDEN), self.weight(HIDDEN)

    def __call__(self, x: Any, h: Any, scope: Any = None) -> Any:
        tf = self.tf
        gates = tf.sigmoid(tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), self.gates), self.gate_bias))
        reset, update = tf.split(gates, 2, 1)
        inner = tf.matmul(tf.concat([x, reset * h], 1), self.candidate)
        h = update * h + (1 - update) * tf.tanh(tf.nn.bias_add(inner, self.candidate_bias))
        return h, h


class BasicRNN(Cell):
    def make_weights(self) -> None:
        self.kernel, self.bias = self.weight(5 + HIDDEN, HIDDEN), self.weight(HIDDEN)

    def __call__(self, x: Any, h: Any, scope: Any = None) -> Any:
        tf = self.tf
        h = tf.tanh(tf.nn.bias_add(tf.matmul(tf.concat([x, h], 1), self.kernel), self.bias))
        return h, h


CELLS = [(BasicLSTM, 2, "LSTM"), (PeepholeLSTM, 2, "LSTM"), (GRU, 1, "GRU"), (BasicRNN, 1, "RNN")]


@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize(("cell", "states", "op"), CELLS, ids=lambda value: getattr(value, "__name__", None))
def test_dynamic_rnn_is_one_node(
    cell: Any,
    states: int,
    op: str,
    lengths: bool,
    generation: str,
    tf: Any,
    freeze: Callable[..., Any],
    check: Callable[..., Any],
) -> None:
    def build(x: Any, n: Any = None) -> Any:
        outputs, state = tf.compat.v1.nn.dynamic_rnn(cell(tf, states), x, sequence_length=n, dtype=tf.float32)
        return [outputs, state]

    inputs = {"x": X}
    if lengths:
        inputs["n"] = np.array([7, 3, 5], np.int32)
    model = mc.simplify(check(freeze(build, inputs)))
    counts = model.op_counts()
    assert counts[op] == 1
    assert "Loop" not in counts


@pytest.mark.parametrize("lengths", [False, True])
def test_bidirectional_dynamic_rnn_is_one_node(
    lengths: bool, generation: str, tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    def build(x: Any, n: Any = None) -> Any:
        cells = BasicLSTM(tf, 2), BasicLSTM(tf, 2)
        outputs, states = tf.compat.v1.nn.bidirectional_dynamic_rnn(*cells, x, sequence_length=n, dtype=tf.float32)
        return [tf.concat(outputs, 2), states]

    inputs = {"x": X}
    if lengths:
        inputs["n"] = np.array([7, 3, 5], np.int32)
    counts = mc.simplify(check(freeze(build, inputs))).op_counts()
    # With lengths TensorFlow cuts the input at the longest one and fills the output up again, for each direction.
    assert counts["LSTM"] == (2 if lengths else 1)
    assert "Loop" not in counts


def test_peepholes_are_read(tf: Any, freeze: Callable[..., Any], tmp_path: Path) -> None:
    def build(x: Any) -> Any:
        return tf.compat.v1.nn.dynamic_rnn(PeepholeLSTM(tf, 2), x, dtype=tf.float32)[0]

    frozen = freeze(build, {"x": X})
    model = mc.simplify(mc.load(frozen.write(tmp_path), outputs=frozen.outputs))
    onnx = pytest.importorskip("onnx")
    model.save(tmp_path / "peephole.onnx")
    node = next(node for node in onnx.load(tmp_path / "peephole.onnx").graph.node if node.op_type == "LSTM")
    assert len(node.input) == 8
    assert node.input[7]
