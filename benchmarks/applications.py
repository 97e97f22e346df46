"""Networks of keras.applications in every format of TensorFlow and Keras, for benchmarks that read or write these.

    python benchmarks/applications.py FOLDER [MobileNetV2 ...]

Random weights and statistics; each network is built once, by an interpreter that has tensorflow and keras.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from measure import measure

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

# One or more of every family of keras.applications, with the least size of picture that suits it; those of more than
# 30 million weights only where the family has no smaller one, because tf2onnx takes sixty times a model's size.
MODELS = {
    "ConvNeXtTiny": 64,
    "DenseNet121": 64,
    "DenseNet169": 64,
    "DenseNet201": 64,
    "EfficientNetB0": 64,
    "EfficientNetB1": 64,
    "EfficientNetB2": 64,
    "EfficientNetB3": 64,
    "EfficientNetB4": 64,
    "EfficientNetV2B0": 64,
    "EfficientNetV2B1": 64,
    "EfficientNetV2B2": 64,
    "EfficientNetV2B3": 64,
    "EfficientNetV2S": 64,
    "InceptionResNetV2": 96,
    "InceptionV3": 96,
    "MobileNet": 64,
    "MobileNetV2": 64,
    "MobileNetV3Large": 64,
    "MobileNetV3Small": 64,
    "NASNetMobile": 64,
    "ResNet101": 64,
    "ResNet50": 64,
    "ResNet50V2": 64,
    "VGG16": 64,
    "Xception": 96,
}
# What a network's folder holds.
KINDS = {"frozen": "frozen.pb", "saved_model": "saved", "keras": "model.keras", "h5": "model.h5"}


def save(name: str, folder: Path) -> None:
    """One network in all formats, and what TensorFlow computes from a picture; through a folder of another name, so
    that an interrupted run starts it again."""
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2 as freeze

    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    size = MODELS[name]
    # No Softmax: where it saturates, every model looks right.
    settings = {"weights": None, "input_shape": (size, size, 3), "classes": 10, "classifier_activation": None}
    model = getattr(keras.applications, name)(**settings)
    random = np.random.default_rng(0)
    for weight in model.weights:  # kernels keep the size of signals, statistics are no fresh model's
        shape, path = tuple(weight.shape), weight.path
        if any(word in path for word in ("variance", "gamma")):
            weight.assign(random.uniform(0.5, 1.5, shape))
        elif any(word in path for word in ("mean", "beta", "bias")):
            weight.assign(random.normal(size=shape) * 0.1)
        elif len(shape) > 1:
            weight.assign(random.normal(size=shape) * np.sqrt(2.0 / max(np.prod(shape[:-1]), 1)))
    model.save(unfinished / KINDS["keras"])
    model.save(unfinished / KINDS["h5"])
    model.export(unfinished / KINDS["saved_model"], verbose=False)
    spec = tf.TensorSpec((None, size, size, 3), tf.float32, name="picture")
    frozen = freeze(tf.function(lambda picture: model(picture, training=False)).get_concrete_function(spec))
    graph = frozen.graph.as_graph_def()
    # The output gets a name that both converters can be told.
    graph.node.add(op="Identity", name="scores", input=[frozen.outputs[0].op.name]).attr["T"].type = 1
    (unfinished / KINDS["frozen"]).write_bytes(graph.SerializeToString())
    picture = np.random.default_rng(1).uniform(0, 1, (2, size, size, 3)).astype("float32")
    np.savez(unfinished / "run.npz", picture=picture, scores=np.asarray(model(picture, training=False)))
    unfinished.rename(folder)
    keras.backend.clear_session()


def build(names: list[str], folder: Path, builder: str | Path) -> dict[str, Path]:
    """Name -> its folder below `folder`; what is missing is made by the interpreter `builder`."""
    folders = {name: folder / name for name in names}
    missing = [name for name in names if not folders[name].exists()]
    if missing:
        built = measure([builder, __file__, folder, *missing], environment=QUIET)
        if built.status != 0:
            sys.exit(f"{builder} cannot build the models:\n{built.messages}")
    return folders


if __name__ == "__main__":
    for name in sys.argv[2:] or MODELS:
        save(name, Path(sys.argv[1]) / name)
        print(name, flush=True)
