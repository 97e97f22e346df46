"""What the TensorFlow converter writes today: Keras models and functions to TFLite in five forms, read back.

    cd tests; PYTHONPATH=../python:. python -m conformance.tflite_converter [NAME ...] [--form FORM ...]

Forms: float, dynamic (dynamic range), float16, int8 and int16x8, calibrated with random data. Each file is read, and
simplified; modelconv's evaluator and ONNX Runtime run it beside LiteRT on random input. It is also written to TFLite
again and run there. Floats may be 1e-4 of the largest magnitude apart (2e-3 with weights in float16, 3e-2 with kernels
that round activations as they run), or as far as LiteRT's two sets of kernels are from each other; quantised outputs
one step (four of 16 bits) in 99.9 % of the values. Each case runs in a child process: the converter dies of some.
"""

from __future__ import annotations

import argparse
import collections
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from conformance.isolation import run_isolated

FORMS = ("float", "dynamic", "float16", "int8", "int16x8")
TOLERANCES = {"float": 1e-4, "float16": 2e-3}
OTHER_TOLERANCE = 3e-2
SAMPLES = 8
SECONDS = 300.0
Shapes = list[tuple[tuple[int, ...], str]]


def layers(shape: tuple[int | None, ...], *stack: Any) -> Any:
    import keras

    first = value = keras.Input(
        shape, batch_size=None if None in shape else 1
    )  # loops of any batch it does not convert
    for layer in stack:
        value = layer(value)
    return keras.Model(first, value)


def keras_models() -> dict[str, Callable[[], Any]]:
    import keras

    k = keras.layers
    sequence, image, video = (7, 5), (16, 16, 3), (4, 8, 8, 3)

    def two_inputs(a: tuple[int, ...], b: tuple[int, ...], join: Callable[[Any, Any], Any]) -> Any:
        first, second = keras.Input(a), keras.Input(b)
        return keras.Model([first, second], join(first, second))

    def attention() -> Any:
        x = keras.Input((6, 16))
        y = k.LayerNormalization()(k.Add()([x, k.MultiHeadAttention(2, 8)(x, x)]))
        return keras.Model(x, k.Dense(4, activation="gelu")(y))

    def u_net() -> Any:
        x = keras.Input(image)
        wide = k.Conv2D(8, 3, padding="same", activation="relu")(x)
        deep = k.Conv2D(16, 3, padding="same", activation="relu")(k.MaxPooling2D()(wide))
        joined = k.Concatenate()([wide, k.Conv2DTranspose(8, 2, strides=2)(deep)])
        return keras.Model(x, k.Conv2D(2, 1, activation="sigmoid")(joined))

    def activations() -> Any:
        x = keras.Input((12,))
        names = "gelu selu softplus softsign swish mish hard_sigmoid tanh exponential log_softmax relu6 elu"
        return keras.Model(x, k.Concatenate()([k.Activation(name)(x) for name in names.split()]))

    def embedding() -> Any:
        x = keras.Input((6,), dtype="int32")
        return keras.Model(x, k.Dense(3)(k.GlobalAveragePooling1D()(k.Embedding(20, 8)(x))))

    def several(a: Any, b: Any) -> Any:
        return [k.Dense(3)(k.Concatenate()([a, b])), k.Dot(1)([k.Multiply()([a, b]), k.Maximum()([a, b])])]

    ops = keras.ops
    return {
        "dense": lambda: layers((10,), k.Dense(16, activation="relu"), k.Dense(4, activation="softmax")),
        "convolution": lambda: layers(
            image, k.Conv2D(8, 3, padding="same", activation="relu6"), k.DepthwiseConv2D(3, strides=2),
            k.BatchNormalization(), k.Activation("hard_silu"), k.GlobalAveragePooling2D(), k.Dense(5),
        ),
        "lstm": lambda: layers(sequence, k.LSTM(6, return_sequences=True), k.LSTM(4)),
        "lstm_unrolled": lambda: layers((4, 5), k.LSTM(6, unroll=True)),
        "gru": lambda: layers(sequence, k.GRU(6, return_sequences=True), k.Dense(3)),
        "gru_reset_before": lambda: layers(sequence, k.GRU(6, reset_after=False)),
        "rnn": lambda: layers(sequence, k.SimpleRNN(6)),
        "bidirectional_lstm": lambda: layers(sequence, k.Bidirectional(k.LSTM(6, return_sequences=True)), k.Dense(3)),
        "bidirectional_gru": lambda: layers(sequence, k.Bidirectional(k.GRU(6))),
        "conv_lstm": lambda: layers((4, 8, 8, 2), k.ConvLSTM2D(3, 3, padding="same")),
        "time_distributed": lambda: layers(
            video, k.TimeDistributed(k.Conv2D(4, 3)), k.TimeDistributed(k.Flatten()), k.LSTM(5)
        ),
        "conv3d": lambda: layers((6, 8, 8, 2), k.Conv3D(4, 3, padding="same", activation="relu"), k.Flatten()),
        "conv3d_transposed": lambda: layers((3, 4, 4, 2), k.Conv3DTranspose(4, 3, strides=2, padding="same")),
        "conv2d_transposed": lambda: layers(
            (8, 8, 4), k.Conv2DTranspose(6, 3, strides=2, padding="same", activation="relu"),
            k.Conv2DTranspose(3, 4, strides=2, padding="valid"),
        ),
        "conv1d": lambda: layers(
            (20, 3), k.Conv1D(8, 5, padding="causal", dilation_rate=2), k.MaxPooling1D(2),
            k.Conv1DTranspose(4, 3, strides=2),
        ),
        "separable": lambda: layers(
            image, k.SeparableConv2D(8, 3, padding="same"), k.UpSampling2D(2, interpolation="bilinear"),
            k.Cropping2D(2), k.ZeroPadding2D(1),
        ),
        "groups": lambda: layers((8, 8, 8), k.Conv2D(8, 3, groups=2, padding="same"), k.Conv2D(4, 3, dilation_rate=2)),
        "multiplier": lambda: layers(
            (8, 8, 4), k.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), k.Permute((3, 1, 2)),
            k.Reshape((8, 64)), k.Softmax(),
        ),
        "resizing": lambda: layers((10, 12, 3), k.Resizing(17, 9), k.Rescaling(1 / 127.5, offset=-1), k.Conv2D(4, 3)),
        "nearest": lambda: layers(
            (10, 12, 3), k.Resizing(20, 24, interpolation="nearest"), k.AveragePooling2D(3, padding="same")
        ),
        "normalizations": lambda: layers((8, 8, 6), k.LayerNormalization(), k.GroupNormalization(3)),
        "slopes": lambda: layers((8, 8, 4), k.PReLU(shared_axes=[1, 2]), k.LeakyReLU(), k.ELU()),
        "einsum_dense": lambda: layers((6, 8), k.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d")),
        "einsum": lambda: two_inputs((6, 8), (8, 5), lambda a, b: ops.einsum("bij,bjk->bki", a, b)),
        "batch_matmul": lambda: two_inputs(
            (3, 6, 8), (3, 5, 8), lambda a, b: ops.matmul(a, ops.transpose(b, (0, 1, 3, 2)))
        ),
        "dot_attention": lambda: two_inputs((6, 8), (5, 8), lambda a, b: k.Attention()([a, b])),
        "several_inputs": lambda: two_inputs((4,), (4,), several),
        "attention": attention,
        "u_net": u_net,
        "activations": activations,
        "embedding": embedding,
        "any_size": lambda: layers(
            (None, None, 3), k.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
            k.Conv2DTranspose(4, 2, strides=2), k.GlobalMaxPooling2D(),
        ),
    }  # fmt: skip


def functions() -> dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]]:
    import tensorflow as tf

    def loop(x: Any) -> Any:
        step = lambda i, a: (i + 1, a * 1.5 + tf.cast(i, tf.float32))  # noqa: E731
        return tf.while_loop(lambda i, a: tf.less(i, 3), step, [tf.constant(0), x])[1]

    return {
        "condition": (lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0), (1, 4)),
        "loop": (loop, (1, 4)),
        "top_k": (lambda x: tf.math.top_k(x, 3), (1, 9)),
        "gather_nd": (lambda x: tf.gather_nd(x, [[0, 1], [0, 3]]), (1, 5)),
        "spectrum": (lambda x: tf.abs(tf.signal.rfft(x)), (1, 16)),
        "strided_slice": (lambda x: x[:, ::-2, tf.newaxis, ..., 1:], (1, 6, 5)),
        "order": (lambda x: tf.argsort(x), (1, 9)),
        "segments": (lambda x: tf.math.unsorted_segment_sum(x[0], [0, 1, 0, 2], 3), (1, 4)),
        "running_sum": (lambda x: tf.cumsum(x, axis=1, reverse=True), (1, 5)),
        "one_hot": (lambda x: tf.one_hot(tf.cast(x, tf.int32), 6), (1, 5)),
    }


def sample(shapes: Shapes, generator: np.random.Generator) -> list[Any]:
    return [
        generator.integers(0, 20, shape).astype(dtype)
        if np.dtype(dtype).kind == "i"
        else generator.standard_normal(shape).astype(dtype)
        for shape, dtype in shapes
    ]


def converted(name: str, form: str) -> tuple[bytes, Shapes]:
    """The file, and inputs that it takes."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    if name in functions():
        function, shape = functions()[name]
        shapes: Shapes = [(shape, "float32")]
        concrete = tf.function(function, input_signature=[tf.TensorSpec(shape)]).get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    else:
        model = keras_models()[name]()
        shapes = [((1, *(16 if size is None else size for size in x.shape[1:])), x.dtype) for x in model.inputs]
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if form != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form in ("int8", "int16x8"):
        generator = np.random.default_rng(0)
        converter.representative_dataset = lambda: (sample(shapes, generator) for _ in range(SAMPLES))
    if form == "int16x8":
        wide = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [wide, tf.lite.OpsSet.TFLITE_BUILTINS]
    return converter.convert(), shapes


def run_litert(content: bytes, feeds: list[Any], *, reference: bool = False) -> list[tuple[Any, float]]:
    """Values and scales of the outputs, in the order of the file."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)
    details = interpreter.get_input_details()
    for detail, value in zip(details, feeds, strict=True):
        interpreter.resize_tensor_input(detail["index"], value.shape)
    interpreter.allocate_tensors()
    for detail, value in zip(details, feeds, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return [(interpreter.get_tensor(detail["index"]), detail["quantization"][0]) for detail in outputs]


def apart(actual: Any, expected: Any, scale: float) -> float:
    """In units of what is allowed: of the largest magnitude, or steps of all but a thousandth of the values."""
    if np.shape(actual) != expected.shape or np.asarray(actual).dtype != expected.dtype:
        return float("inf")
    if not expected.size:
        return 0.0
    far = np.abs(np.asarray(actual, np.float64) - expected)
    if expected.dtype.kind == "f":
        return float(far.max() / max(np.abs(expected).max(), 1e-9))
    steps = far / ((4 if expected.dtype == np.int16 else 1) if scale else 1e-9)
    return float(np.quantile(steps, 0.999, method="lower"))


def verdict(name: str, form: str) -> str:
    import modelconv
    import onnxruntime

    try:
        content, shapes = converted(name, form)
        feeds = sample(shapes, np.random.default_rng(3))
        expected = run_litert(content, feeds)
    except Exception as error:
        return f"the converter or LiteRT fails: {' '.join(str(error).split())[-120:]}"
    try:
        reference = run_litert(content, feeds, reference=True)
    except RuntimeError:
        reference = expected
    model = modelconv.simplify(modelconv.load(content))
    named = dict(zip([spec.name for spec in model.inputs], feeds, strict=True))
    session = onnxruntime.InferenceSession(model.to_onnx().SerializeToString(), providers=["CPUExecutionProvider"])
    with TemporaryDirectory() as folder:
        modelconv.convert(content, Path(folder) / "again.tflite")
        again = run_litert((Path(folder) / "again.tflite").read_bytes(), feeds)
    results = {"evaluator": list(model.run(named).values()), "ONNX Runtime": session.run(None, named)}
    results["TFLite again"] = [value for value, _ in again]
    tolerance = TOLERANCES.get(form, OTHER_TOLERANCE)
    for who, values in results.items():
        for i, (value, (wanted, scale)) in enumerate(zip(values, expected, strict=True)):
            limit = max(tolerance if wanted.dtype.kind == "f" else 1.0, 1.1 * apart(reference[i][0], wanted, scale))
            distance = apart(value, wanted, scale)
            if distance > limit:
                return f"DIFFERENT: {who}, output {i}: {distance:.2g} where {limit:.2g} is allowed"
    return "equal"


def guarded(name: str, form: str) -> str:
    try:
        return verdict(name, form)
    except Exception as error:  # the sweep goes on; the line names what is wrong
        return f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--form", action="append", choices=FORMS)
    arguments = parser.parse_args()
    names = arguments.names or [*keras_models(), *functions()]
    cases = [(name, form) for name in names for form in arguments.form or FORMS]
    outcomes = run_isolated(
        lambda i: guarded(*cases[i]), len(cases), lambda reason: f"the converter or LiteRT {reason}", seconds=SECONDS
    )
    counts: collections.Counter[str] = collections.Counter()
    for (name, form), outcome in zip(cases, outcomes, strict=True):
        counts[outcome.split(":")[0].split(" (")[0]] += 1
        if outcome != "equal":
            print(f"{name:20} {form:8} {outcome}")
    print(", ".join(f"{count} {what}" for what, count in counts.most_common()))
    return 1 if counts["DIFFERENT"] or counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
