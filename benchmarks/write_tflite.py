"""Whole processes: models to .tflite by modelconv, by the TensorFlow converter and by onnx2tf.

    PYTHONPATH=$PWD/python python benchmarks/write_tflite.py \\
        --tensorflow PEER/bin/python --onnx2tf PEER/bin/onnx2tf MODEL ...

The TensorFlow converter and modelconv start from the SavedModel; onnx2tf and modelconv from the ONNX file that
modelconv makes of it. Processor seconds and peak resident memory of the process, imports included; ratios are theirs
to ours. onnx2tf wants a file of sample images, which it downloads; one of zeros is put where it looks first. Aimed at
in the median: 5 times less processor time than the TensorFlow converter and 50 times less than onnx2tf, a quarter of
their memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from measure import Cost, measure

CONVERT = "import modelconv, sys; modelconv.convert(sys.argv[1], sys.argv[2])"
TENSORFLOW = """
import sys
import tensorflow as tf
content = tf.lite.TFLiteConverter.from_saved_model(sys.argv[1]).convert()
open(sys.argv[2], "wb").write(content)
"""
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}


def text(cost: Cost) -> str:
    state = "" if cost.status == 0 else "failed "
    return f"{state}{cost.cpu_seconds:.2f} s {cost.peak_resident / 2**20:.0f} MB"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tensorflow", type=Path, default=Path(sys.executable), help="an interpreter with tensorflow")
    parser.add_argument("--onnx2tf", type=Path, help="the command, in an environment of its own; left out without")
    parser.add_argument("models", type=Path, nargs="+", help="SavedModels")
    arguments = parser.parse_args()
    ratios: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        import numpy as np

        folder = Path(name)
        np.save(folder / SAMPLES, np.zeros((20, 128, 128, 3), np.float32))
        models = [model.resolve() for model in arguments.models]
        os.chdir(folder)
        for model in models:
            onnx, title = folder / "model.onnx", model.parent.name if model.name == "saved" else model.name
            ours = measure([sys.executable, "-c", CONVERT, model, folder / "ours.tflite"])
            peers = {"TensorFlow": (ours, [arguments.tensorflow, "-c", TENSORFLOW, model, folder / "tf.tflite"])}
            if arguments.onnx2tf:
                measure([sys.executable, "-c", CONVERT, model, onnx])
                again = measure([sys.executable, "-c", CONVERT, onnx, folder / "ours.tflite"])
                peers["onnx2tf"] = (again, [arguments.onnx2tf, "-i", onnx, "-o", folder / "theirs", "-n"])
            for peer, (own, command) in peers.items():
                theirs = measure(command, environment=QUIET)
                print(f"{title:24} modelconv {text(own):20} {peer} {text(theirs)}", flush=True)
                if own.status == 0 and theirs.status == 0:
                    ratio = theirs.cpu_seconds / own.cpu_seconds, theirs.peak_resident / own.peak_resident
                    ratios.setdefault(peer, []).append(ratio)
    for peer, pairs in ratios.items():
        time, memory = (statistics.median(each) for each in zip(*pairs, strict=True))
        print(f"{peer}, median of {len(pairs)}: {time:.1f} x processor time, {memory:.1f} x memory")
    return 0


if __name__ == "__main__":
    sys.exit(main())
