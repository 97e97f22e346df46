"""The main job on a real model: train a small network with TensorFlow, convert it to ONNX, prove that nothing changed.

The network learns scikit-learn's handwritten digits (1,797 pictures that come with the package, so nothing is
downloaded) and is saved as a SavedModel. modelconv reads that folder without TensorFlow, writes a simplified ONNX file
and compares it with the source, run by TensorFlow. At the end ONNX Runtime classifies the pictures that the network
has not seen.

    python examples/digits_to_onnx.py [folder for the models]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported: it logs to standard error

import modelconv as mc
import numpy as np
from modelconv.cli.report import print_conversion
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def load_pictures() -> list[np.ndarray]:
    """Training pictures, test pictures, training labels, test labels; pictures are float32 [n, 8, 8, 1] in 0..1."""
    digits = load_digits()
    pictures = (digits.images[..., np.newaxis] / 16).astype(np.float32)
    return train_test_split(pictures, digits.target, test_size=0.25, random_state=0)


def train(pictures: np.ndarray, labels: np.ndarray, folder: Path) -> None:
    """Train a residual CNN with batch normalisation and save it as a SavedModel."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1), name="picture")
    x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(inputs)
    x = stem = keras.layers.ReLU(6)(keras.layers.BatchNormalization()(x))
    x = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = keras.layers.ReLU(6)(keras.layers.BatchNormalization()(x))
    x = keras.layers.add([stem, keras.layers.Conv2D(16, 1)(x)])
    x = keras.layers.MaxPooling2D()(keras.layers.ReLU()(x))
    x = keras.layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(10, activation="softmax", name="digit")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pictures, labels, epochs=15, batch_size=32, verbose=0)
    model.export(str(folder), verbose=False)


def accuracy(model: Path, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Share of pictures that ONNX Runtime classifies right."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {session.get_inputs()[0].name: pictures})
    return float(np.mean(np.argmax(scores, axis=1) == labels))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="modelconv-"))
    folder.mkdir(parents=True, exist_ok=True)
    saved_model, onnx_file = folder / "digits", folder / "digits.onnx"
    train_pictures, test_pictures, train_labels, test_labels = load_pictures()

    print("training a network on 1,347 handwritten digits with TensorFlow ...")
    train(train_pictures, train_labels, saved_model)

    print(f"converting {saved_model} to {onnx_file}")
    result = mc.convert(saved_model, onnx_file, verify={"samples": 4})
    print_conversion(result)
    print(result.model.summary())
    print(f"ONNX Runtime classifies {accuracy(onnx_file, test_pictures, test_labels):.1%} of 450 unseen digits right")


if __name__ == "__main__":
    main()
