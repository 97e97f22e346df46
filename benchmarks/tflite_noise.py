"""Full-integer files beside those of the TensorFlow converter: the noise of quantisation, same calibration data.

    PYTHONPATH=$PWD/python python benchmarks/tflite_noise.py [--activations int16] [MODEL ...]

Networks of keras.applications with random weights and disturbed statistics; 32 random pictures to calibrate with, 16
others to measure on. The noise is that of the integer file's output beside the float network's, both files run by
LiteRT. Aimed at: no more than 1 dB below the TensorFlow converter's, and no floating point inside the file.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

SIDE = 96
CALIBRATION, MEASURED = 32, 16
SETTINGS: dict[str, dict[str, Any]] = {
    "MobileNet": {"alpha": 0.25},
    "MobileNetV2": {"alpha": 0.35},
    "MobileNetV3Small": {"include_preprocessing": False},
    "ResNet50": {},
    "EfficientNetB0": {},
    "DenseNet121": {},
}
DEFAULT = ["MobileNet", "MobileNetV2", "MobileNetV3Small"]
AIMED_AT = -1.0  # dB


def network(name: str) -> Any:
    """The logits: Softmax over a thousand classes of random weights says nothing."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    model = getattr(keras.applications, name)(
        weights=None, input_tensor=image, classifier_activation=None, **SETTINGS[name]
    )
    random = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = (np.asarray(weight) for weight in layer.get_weights())
            layer.set_weights(
                [
                    gamma * random.uniform(0.7, 1.3, gamma.shape),
                    beta + random.normal(0, 0.2, beta.shape),
                    mean + random.normal(0, 0.05, mean.shape),
                    variance * random.uniform(0.05, 0.2, variance.shape),
                ]
            )
    return model


def pictures(count: int, seed: int) -> Any:
    import numpy as np

    random = np.random.default_rng(seed)
    coarse = random.uniform(-1, 1, (count, SIDE // 8, SIDE // 8, 3))
    smooth = coarse.repeat(8, axis=1).repeat(8, axis=2)
    return (smooth + random.normal(0, 0.1, smooth.shape)).astype(np.float32)


def by_tensorflow(model: Any, data: Any, activations: str) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample[None]] for sample in data)
    sets = {
        "int8": tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
        "int16": tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
    }
    converter.target_spec.supported_ops = [sets[activations]]
    content: bytes = converter.convert()
    return content


def outputs(content: bytes, data: Any) -> Any:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    rows = []
    for sample in data:
        interpreter.set_tensor(source["index"], sample[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"])[0])
    return np.array(rows, np.float64)


def decibels(actual: Any, expected: Any) -> float:
    import numpy as np

    return float(10 * np.log10(np.sum(expected**2) / np.sum((actual - expected) ** 2)))


def main() -> int:
    import modelconv

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--activations", choices=["int8", "int16"], default="int8")
    parser.add_argument("models", nargs="*", default=DEFAULT)
    arguments = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    calibration, measured = pictures(CALIBRATION, 1), pictures(MEASURED, 2)
    missed = 0
    for name in arguments.models:
        model = network(name)
        expected = model.predict(measured, batch_size=1, verbose=0).astype("float64")
        theirs = decibels(outputs(by_tensorflow(model, calibration, arguments.activations), measured), expected)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "model.tflite"
            how = modelconv.Int8(calibration=calibration, activations=arguments.activations, io_type="float32")
            report = modelconv.convert(model, target, quantize=how).report.quantization
            ours = decibels(outputs(target.read_bytes(), measured), expected)
        missed += ours - theirs < AIMED_AT or bool(report.floats)
        print(f"{name:20} modelconv {ours:6.2f} dB  TensorFlow {theirs:6.2f} dB  {ours - theirs:+6.2f} dB", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
