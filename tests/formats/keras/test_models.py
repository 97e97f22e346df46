"""Whole models: functional graphs, nested and shared layers, masks, several inputs and outputs, against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.keras_models import framework, make_input, outputs_of, randomize

RNG = np.random.default_rng(1)


@pytest.fixture(params=["keras", "tf_keras"])
def maker(request: pytest.FixtureRequest) -> Any:
    return framework(request.param)


def suffixes(maker: Any) -> tuple[str, ...]:
    return (".keras", ".h5") if maker.__name__ == "keras" else (".h5", ".keras")


def check(check_model: Any, maker: Any, inputs: Any, outputs: Any, *arrays: np.ndarray) -> Any:
    model = maker.Model(inputs, outputs)
    randomize(model)
    return check_model(model, list(arrays), suffixes(maker))


def test_sequential(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    model = maker.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(5, activation="softmax"),
        ]
    )
    randomize(model)
    result = check_model(model, [make_input((8, 8, 3), "float32", "normal", 0)], suffixes(maker))
    assert [spec.name for spec in result.model.outputs] == [model.layers[-1].name]


def test_several_inputs_and_outputs(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    a, b = layers.Input((4,), name="first"), layers.Input((3,), name="second")
    joined = layers.Concatenate(name="joined")([layers.Dense(5)(a), b])
    outputs = [layers.Dense(2, name="left")(joined), layers.Dense(3, activation="tanh", name="right")(joined)]
    arrays = [make_input((4,), "float32", "normal", 0), make_input((3,), "float32", "normal", 1)]
    result = check(check_model, maker, [a, b], outputs, *arrays)
    assert [spec.name for spec in result.model.inputs] == ["first", "second"]
    assert [spec.name for spec in result.model.outputs] == ["left", "right"]


def test_shared_layer(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    a, b = layers.Input((4,)), layers.Input((4,))
    shared = layers.Dense(3, name="shared")
    both = layers.Subtract()([shared(a), shared(b)])
    arrays = [make_input((4,), "float32", "normal", seed) for seed in (0, 1)]
    result = check(check_model, maker, [a, b], layers.Dense(2)(both), *arrays)
    assert "shared/kernel" in result.model.weights


@pytest.mark.parametrize("trainable", [True, False])
def test_nested_models(maker: Any, check_model: Any, trainable: bool) -> None:
    layers = maker.layers
    inner_input = layers.Input((4,))
    inner = maker.Model(inner_input, layers.BatchNormalization()(layers.Dense(4)(inner_input)), name="inner")
    inner.layers[1].trainable = trainable
    deep = maker.Sequential([layers.Input((4,)), layers.Dense(4), layers.BatchNormalization()], name="deep")
    stack = maker.Sequential([layers.Input((4,)), deep, layers.Dense(3), layers.BatchNormalization()], name="stack")
    x = layers.Input((4,))
    y = layers.Concatenate()([stack(x), inner(inner(x))])
    check(check_model, maker, x, layers.Dense(2)(y), make_input((4,), "float32", "normal", 0))


def test_frozen_nested_model(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    inner = maker.Sequential(
        [layers.Input((4,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(3)], name="inner"
    )
    inner.trainable = False
    x = layers.Input((4,))
    check(check_model, maker, x, layers.Dense(2)(inner(x)), make_input((4,), "float32", "normal", 0))


def test_time_distributed(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    x = layers.Input((3, 6, 5, 2))
    y = layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"))(x)
    y = layers.TimeDistributed(layers.BatchNormalization())(y)
    y = layers.TimeDistributed(layers.Flatten())(y)
    y = layers.TimeDistributed(layers.Dense(3))(y)
    check(check_model, maker, x, y, make_input((3, 6, 5, 2), "float32", "normal", 0))


def test_time_distributed_model(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    inner = maker.Sequential([layers.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    x = layers.Input((None, 4))
    check(check_model, maker, x, layers.TimeDistributed(inner)(x), make_input((5, 4), "float32", "normal", 0))


# --- recurrent


CELLS = ["LSTM", "GRU", "SimpleRNN"]


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
def test_bidirectional(maker: Any, check_model: Any, cell: str, mode: str | None, sequences: bool) -> None:
    layers = maker.layers
    x = layers.Input((6, 4))
    y = layers.Bidirectional(getattr(layers, cell)(3, return_sequences=sequences), merge_mode=mode)(x)
    outputs = list(y) if mode is None else y
    result = check(check_model, maker, x, outputs, make_input((6, 4), "float32", "normal", 0))
    op = "RNN" if cell == "SimpleRNN" else cell
    assert result.model.op_counts()[op] == 1


def test_bidirectional_states(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    x = layers.Input((6, 4))
    outputs = layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True))(x)
    y = layers.LSTM(6, return_sequences=True)(
        outputs[0],
        initial_state=[layers.Concatenate()([outputs[1], outputs[3]]), layers.Concatenate()([outputs[2], outputs[4]])],
    )
    check(check_model, maker, x, [y, *outputs[1:]], make_input((6, 4), "float32", "normal", 0))


def test_encoder_decoder(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    a, b = layers.Input((6, 4)), layers.Input((5, 3))
    _, *states = layers.LSTM(4, return_state=True)(a)
    decoded = layers.LSTM(4, return_sequences=True)(b, initial_state=states)
    _, state = layers.GRU(4, return_state=True)(a)
    other = layers.GRU(4, return_sequences=True)(b, initial_state=state)
    arrays = [make_input((6, 4), "float32", "normal", 0), make_input((5, 3), "float32", "normal", 1)]
    check(check_model, maker, [a, b], [layers.Dense(2)(decoded), other], *arrays)


@pytest.mark.parametrize("backwards", [True, False])
def test_cells(maker: Any, check_model: Any, backwards: bool) -> None:
    layers = maker.layers
    x = layers.Input((6, 4))
    stacked = layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2), layers.SimpleRNNCell(4)])
    y = layers.RNN(stacked, return_sequences=True, go_backwards=backwards)(x)
    z = layers.RNN(layers.GRUCell(3), go_backwards=backwards)(y)
    w = layers.Bidirectional(layers.RNN(layers.LSTMCell(2), return_sequences=True))(y)
    check(check_model, maker, x, [z, w], make_input((6, 4), "float32", "normal", 0))


def holes() -> np.ndarray:
    """Sequences with zeros in front, in the middle, behind, and nowhere."""
    words = RNG.integers(1, 9, (4, 7)).astype("int32")
    words[0, 5:] = 0
    words[1, 2:4] = 0
    words[2, :2] = 0
    words[2, 6] = 0
    return words


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_masked(maker: Any, check_model: Any, cell: str, sequences: bool, backwards: bool) -> None:
    layers = maker.layers
    x = layers.Input((7,), dtype="int32")
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    y = layers.Dropout(0.2)(layers.Dense(5)(y))
    z = getattr(layers, cell)(3, return_sequences=sequences, go_backwards=backwards, return_state=True)(y)
    check(check_model, maker, x, list(z), holes())


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
def test_masked_both_directions(maker: Any, check_model: Any, cell: str, sequences: bool) -> None:
    layers = maker.layers
    x = layers.Input((None,), dtype="int32")
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    y = layers.Bidirectional(getattr(layers, cell)(3, return_sequences=True))(y)
    z = layers.Bidirectional(getattr(layers, cell)(2, return_sequences=sequences))(y)
    check(check_model, maker, x, z, holes())


def test_masked_sums(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    x = layers.Input((7, 3))
    masked = layers.Masking(0.0)(x)
    y = layers.Add()([layers.LSTM(4, return_sequences=True)(masked), layers.Dense(4)(masked)])
    y = layers.Concatenate()([y, layers.LSTM(2, return_sequences=True)(y)])
    z = layers.Concatenate(axis=1)([y, y])
    outputs = [layers.GlobalAveragePooling1D()(y), layers.GRU(3)(z)]
    array = make_input((7, 3), "float32", "normal", 0)
    array[0, 4:], array[1, 2:4] = 0, 0
    check(check_model, maker, x, outputs, array)


# --- attention


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_multi_head_attention(maker: Any, check_model: Any, causal: bool, masked: bool) -> None:
    layers = maker.layers
    x = layers.Input((7,), dtype="int32")
    y = layers.Embedding(9, 6, mask_zero=masked)(x)
    z = layers.MultiHeadAttention(2, 3, value_dim=4)(y, y, use_causal_mask=causal)
    w = layers.MultiHeadAttention(2, 3, use_bias=False, output_shape=5, dropout=0.1)(z, y, use_causal_mask=causal)
    words = holes()
    words[:, 0] = 1  # a row without any open position is no question that one should ask
    check(check_model, maker, x, [z, w], words)


def test_attention_scores(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    a, b, mask = layers.Input((5, 4)), layers.Input((6, 4)), layers.Input((5, 6), dtype="bool")
    y, scores = layers.MultiHeadAttention(2, 3)(a, b, attention_mask=mask, return_attention_scores=True)
    arrays = [make_input((5, 4), "float32", "normal", 0), make_input((6, 4), "float32", "normal", 1)]
    allowed = RNG.random((3, 5, 6)) > 0.4
    allowed[:, :, 0] = True
    check(check_model, maker, [a, b, mask], [y, scores], *arrays, allowed)


@pytest.mark.parametrize("causal", [True, False])
def test_grouped_attention(check_model: Any, causal: bool) -> None:
    maker = framework("keras")
    layers = maker.layers
    x = layers.Input((5, 4))
    y = layers.GroupQueryAttention(3, 4, 2)(x, x, use_causal_mask=causal)
    z, scores = layers.GroupQueryAttention(3, 4, 1)(y, x, return_attention_scores=True)
    check(check_model, maker, x, [y, z, scores], make_input((5, 4), "float32", "normal", 0))


@pytest.mark.parametrize("settings", [{"use_gate": True}, {"use_gate": True, "use_bias": False}, {"sliding_window": 3}])
def test_attention_with_a_gate_or_a_window(check_model: Any, settings: dict[str, Any]) -> None:
    maker = framework("keras")
    layers = maker.layers
    x = layers.Input((5, 4))
    y = layers.MultiHeadAttention(2, 3, value_dim=4, **settings)(x, x, use_causal_mask=True)
    z = layers.GroupQueryAttention(3, 4, 2, **settings)(y, x)
    check(check_model, maker, x, z, make_input((5, 4), "float32", "normal", 0))


SEVERAL_AXES: list[tuple[tuple[int, ...], tuple[int, ...] | None, tuple[int, ...]]] = [
    ((4, 3, 2, 5), (2, 3), (3, 2, 3, 2)),
    ((4, 3, 2, 5), (1, 3), ()),
    ((4, 3, 5), None, (4, 3, 4, 3)),
    ((4, 3, 5), (2,), (3, 3)),
    ((4, 3, 5), (1,), (3, 4, 4)),
]


@pytest.mark.parametrize(("shape", "axes", "mask_shape"), SEVERAL_AXES)
def test_attention_over_several_axes(
    check_model: Any, shape: tuple[int, ...], axes: tuple[int, ...] | None, mask_shape: tuple[int, ...]
) -> None:
    maker = framework("keras")
    layers = maker.layers
    inputs, masks = [layers.Input(shape), layers.Input(shape)], {}
    arrays = [make_input(shape, "float32", "normal", seed) for seed in (0, 1)]
    if mask_shape:
        masks = {"attention_mask": layers.Input(mask_shape, dtype="bool")}
        allowed = RNG.random((3, *mask_shape)) > 0.4
        allowed[..., :1] = True
        inputs, arrays = [*inputs, masks["attention_mask"]], [*arrays, allowed]
    attention = layers.MultiHeadAttention(2, 3, attention_axes=axes)
    y, scores = attention(inputs[0], inputs[1], return_attention_scores=True, **masks)
    check(check_model, maker, inputs, [y, scores], *arrays)


@pytest.mark.parametrize("kind", ["Attention", "AdditiveAttention"])
@pytest.mark.parametrize("masked", [True, False])
def test_attention(maker: Any, check_model: Any, kind: str, masked: bool) -> None:
    layers = maker.layers
    a, b = layers.Input((7,), dtype="int32"), layers.Input((7,), dtype="int32")
    embedding = layers.Embedding(9, 4, mask_zero=masked)
    q, v = embedding(a), embedding(b)
    y = getattr(layers, kind)(use_scale=True)([q, v])
    z, scores = getattr(layers, kind)(use_scale=False)([q, v, v], use_causal_mask=True, return_attention_scores=True)
    words = holes()
    words[:, 0] = 1
    check(check_model, maker, [a, b], [y, z, scores], holes(), words)


def test_attention_by_concatenation(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    a, b = layers.Input((5, 4)), layers.Input((6, 4))
    y = layers.Attention(score_mode="concat", use_scale=True)([a, b])
    z = layers.Attention(score_mode="concat")([y, b])
    arrays = [make_input((5, 4), "float32", "normal", 0), make_input((6, 4), "float32", "normal", 1)]
    check(check_model, maker, [a, b], z, *arrays)


# --- wrappers, precision


def test_spectral_normalization(check_model: Any) -> None:
    maker = framework("keras")
    layers = maker.layers
    x = layers.Input((6, 5, 2))
    y = layers.SpectralNormalization(layers.Conv2D(3, 2))(x)
    y = layers.SpectralNormalization(layers.Dense(3))(y)
    check(check_model, maker, x, y, make_input((6, 5, 2), "float32", "normal", 0))


def test_float64(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    x = layers.Input((4,), dtype="float64")
    y = layers.Dense(3, dtype="float64", activation="tanh")(x)
    check(check_model, maker, x, y, make_input((4,), "float64", "normal", 0))


def test_mixed_precision(maker: Any, check_model: Any) -> None:
    layers = maker.layers
    x = layers.Input((4,))
    y = layers.Dense(3, dtype="mixed_float16", activation="tanh")(x)
    y = layers.Dense(2, dtype="float32")(y)
    model = maker.Model(x, y)
    randomize(model)
    check_model(model, [make_input((4,), "float32", "normal", 0)], suffixes(maker), 2e-3)


def test_names(maker: Any, tmp_path: Any) -> None:
    import modelconv as mc

    layers = maker.layers
    x = layers.Input((4,), name="x")
    inner = maker.Sequential([layers.Input((3,)), layers.Dense(2, name="deep")], name="inner")
    y = inner(layers.Dense(3, name="flat", activation="relu")(x))
    model = maker.Model(x, y)
    model.save(tmp_path / "m.h5")
    loaded = mc.load(tmp_path / "m.h5")
    assert set(loaded.weights) == {"flat/kernel", "flat/bias", "inner/deep/kernel", "inner/deep/bias"}
    assert [spec.name for spec in loaded.outputs] == ["inner"]
    cut = mc.load(tmp_path / "m.h5", outputs=["flat"])
    array = make_input((4,), "float32", "normal", 0)
    expected = outputs_of(maker.Model(x, model.get_layer("flat").output), [array])[0]
    np.testing.assert_allclose(cut.run({"x": array})["flat"], expected, atol=1e-6)
