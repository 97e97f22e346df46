"""Exports architectures of keras.applications to ONNX as users do: frozen graph, then tf2onnx.

    python export_keras.py FOLDER [--only mobilenet,densenet121]

Needs tensorflow and tf2onnx. Weights are random (fixed seed); the batch is dynamic. A file that is there is kept.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

# Name -> class in keras.applications, height and width of its picture.
MODELS = {
    "mobilenet": ("MobileNet", 224),
    "mobilenet_v2": ("MobileNetV2", 224),
    "mobilenet_v3": ("MobileNetV3Small", 224),
    "resnet50": ("ResNet50", 224),
    "resnet50_v2": ("ResNet50V2", 224),
    "densenet121": ("DenseNet121", 224),
    "efficientnet_b0": ("EfficientNetB0", 224),
    "efficientnet_v2_b0": ("EfficientNetV2B0", 224),
    "inception_v3": ("InceptionV3", 299),
    "xception": ("Xception", 299),
    "nasnet_mobile": ("NASNetMobile", 224),
    "vgg16": ("VGG16", 64),
}
OPSET = 17


def export(architecture: str, size: int, path: Path) -> None:
    """One model, written through a file of another name so that an interrupted run starts it again."""
    import tensorflow as tf
    import tf2onnx
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(0)
    options = {"include_top": False} if architecture == "VGG16" else {"classes": 1000}
    build = getattr(tf.keras.applications, architecture)
    model = build(weights=None, input_shape=(size, size, 3), **options)

    # As after training: no bias is 0, no scale 1, and variances are positive.
    for seed, variable in enumerate(model.weights):
        least = 0.0 if "variance" in variable.path else -0.02
        variable.assign_add(tf.random.stateless_uniform(variable.shape, (0, seed), least, 0.02))

    @tf.function(input_signature=[tf.TensorSpec((None, size, size, 3), tf.float32, name="picture")])
    def run(picture):
        return tf.identity(model(picture, training=False), name="scores")

    frozen = convert_variables_to_constants_v2(run.get_concrete_function())
    unfinished = path.with_suffix(".unfinished")
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        input_names=[tensor.name for tensor in frozen.inputs],
        output_names=[tensor.name for tensor in frozen.outputs],
        opset=OPSET,
        output_path=str(unfinished),
    )
    unfinished.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="names, separated by commas")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    names = options.only.split(",") if options.only else list(MODELS)
    for name in names:
        path = options.folder / f"{name}.keras.onnx"
        if not path.exists():
            export(*MODELS[name], path)
            gc.collect()
            print(path.name, flush=True)


if __name__ == "__main__":
    main()
