"""Whole processes: models written as .tflite and SavedModel, beside the TensorFlow converter and onnx2tf.

    python benchmarks/write_models.py --tensorflow PEER/bin/python --onnx2tf PEER/bin/onnx2tf [--models MobileNetV2,...]
                                      [--onnx FILE ...] [--cache FOLDER]

The TensorFlow converter and modelconv make a .tflite of a SavedModel; onnx2tf and modelconv make a .tflite and a
SavedModel of an ONNX file: onnx2tf both in one run, which is set against each of ours. The models are networks of
keras.applications, built once by the interpreter of `--tensorflow`, and their ONNX files as modelconv makes them;
`--onnx` adds files of any origin. onnx2tf wants a file of sample images, which it downloads; one of zeros is put where
it looks first.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from applications import KINDS, QUIET, build
from measure import measure
from pairs import HEADER, OURS, Aim, Pair, converting, describe, measure_pair, summarise

TENSORFLOW = """
import sys
import tensorflow as tf
content = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
open(sys.argv[2], "wb").write(content)
"""
MODELS = "MobileNet,MobileNetV2,MobileNetV3Small,EfficientNetB0,DenseNet121,ResNet50"
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"
AIMS = {
    "TensorFlow: .tflite": Aim(time=5, memory=4),
    "onnx2tf: .tflite": Aim(time=50, memory=4),
    "onnx2tf: SavedModel": Aim(time=50, memory=4),
}


def from_saved_models(sources: dict[str, Path], tensorflow: Path, scratch: Path) -> Iterator[Pair]:
    for name, source in sources.items():
        ours = converting(source, scratch / "ours.tflite")
        theirs = [tensorflow, "-c", TENSORFLOW, source, scratch / "theirs.tflite"]
        yield measure_pair(name, "TensorFlow: .tflite", ours, theirs, quiet=QUIET)


def from_onnx(sources: dict[str, Path], onnx2tf: Path, scratch: Path) -> Iterator[Pair]:
    for name, source in sources.items():
        theirs = [onnx2tf, "-i", source, "-o", scratch / "theirs", "-n", "-osd"]
        first = measure_pair(name, "onnx2tf: .tflite", converting(source, scratch / "ours.tflite"), theirs, quiet=QUIET)
        yield first
        ours = converting(source, scratch / "ours", target_format="saved_model")
        yield measure_pair(name, "onnx2tf: SavedModel", ours, first.theirs, quiet=QUIET)


def to_onnx(sources: dict[str, Path], folder: Path) -> dict[str, Path]:
    made = {name: folder / f"{name}.onnx" for name in sources}
    for name, source in sources.items():
        cost = measure(converting(source, made[name]), environment=OURS)
        if cost.status != 0:
            sys.exit(f"{name} cannot become ONNX:\n{cost.messages}")
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tensorflow", type=Path, default=Path(sys.executable), help="an interpreter with tensorflow")
    parser.add_argument("--onnx2tf", type=Path, help="the command, in an environment of its own; left out without")
    parser.add_argument("--models", default=MODELS, help="names of keras.applications, separated by commas")
    parser.add_argument("--onnx", type=Path, nargs="*", default=[], help="further ONNX files")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    options = parser.parse_args()
    built = build(
        [name for name in options.models.split(",") if name], options.cache / "applications", options.tensorflow
    )
    saved = {name: folder.resolve() / KINDS["saved_model"] for name, folder in built.items()}
    further = {path.stem: path.resolve() for path in options.onnx}
    onnx2tf = options.onnx2tf and options.onnx2tf.resolve()
    pairs = []
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        np.save(scratch / SAMPLES, np.zeros((20, 128, 128, 3), np.float32))
        os.chdir(scratch)
        rows = from_saved_models(saved, options.tensorflow.absolute(), scratch)
        for pair in rows:
            pairs.append(pair)
            print(describe(pair), flush=True)
        for pair in from_onnx(to_onnx(saved, scratch) | further, onnx2tf, scratch) if onnx2tf else ():
            pairs.append(pair)
            print(describe(pair), flush=True)
    return 0 if summarise(pairs, AIMS) else 1


if __name__ == "__main__":
    sys.exit(main())
