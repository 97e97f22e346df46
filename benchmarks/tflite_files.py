"""TFLite files beside those of the TensorFlow converter and onnx2tf: size, operators, and LiteRT's latency.

    PYTHONPATH=$PWD/python python benchmarks/tflite_files.py [--onnx2tf PEER/bin/onnx2tf] [--keep FOLDER] [MODEL ...]

MODEL is keras:NAME (keras.applications, random weights) or torch:NAME (torchvision.models, which has to be installed);
without any, the ones of the README. The Keras models go through the TensorFlow converter and through modelconv; the
PyTorch ones through onnx2tf, from the ONNX file that modelconv makes of them, and through modelconv from that file. All
files are float32 with images of shape (1, height, width, 3). One thread, XNNPACK as the interpreter chooses it, in
milliseconds of processor time; the two interpreters run in turn, --runs times, and the ratio is the median over the
turns, with its quartiles behind it. Files
of FOLDER that are there already are not made again.
"""

from __future__ import annotations

import argparse
import collections
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODELS = [
    *(f"keras:{name}" for name in ("MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "ResNet50", "DenseNet121")),
    *(f"keras:{name}" for name in ("NASNetMobile", "Xception", "ConvNeXtTiny")),
    *(f"torch:{name}" for name in ("resnet18", "mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x1_0")),
    *(f"torch:{name}" for name in ("densenet121", "squeezenet1_1")),
]
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"  # onnx2tf would download it
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
SIDE = 224
WARMUP = 2


@dataclass
class Pair:
    """The two files of one model."""

    ours: Path
    theirs: Path
    peer: str


def make_keras(name: str, folder: Path) -> Pair:
    pair = Pair(folder / f"{name}.modelconv.tflite", folder / f"{name}.tensorflow.tflite", "TensorFlow")
    if pair.ours.exists() and pair.theirs.exists():
        return pair
    import keras
    import modelconv
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    model = getattr(keras.applications, name)(weights=None, input_tensor=image)
    if not pair.theirs.exists():
        pair.theirs.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    modelconv.convert(model, pair.ours)
    return pair


def make_torch(name: str, folder: Path, onnx2tf: Path | None) -> Pair:
    pair = Pair(folder / f"{name}.modelconv.tflite", folder / f"{name}.onnx2tf.tflite", "onnx2tf")
    if pair.ours.exists() and pair.theirs.exists():
        return pair
    if onnx2tf is None:
        raise SystemExit(f"torch:{name} needs --onnx2tf")
    import modelconv
    import torch
    import torchvision

    torch.manual_seed(0)
    module = torchvision.models.get_model(name, weights=None).eval()
    onnx = folder / f"{name}.onnx"
    modelconv.convert(module, onnx, example_inputs=torch.zeros(1, 3, SIDE, SIDE))
    modelconv.convert(onnx, pair.ours, input_layout="nhwc")
    if not pair.theirs.exists():
        with tempfile.TemporaryDirectory() as made:
            import numpy as np

            np.save(Path(made) / SAMPLES, np.zeros((20, 128, 128, 3), np.float32))
            command = [onnx2tf, "-i", onnx, "-o", made, "-n"]
            subprocess.run(command, check=True, cwd=made, env={**os.environ, **QUIET}, capture_output=True)
            (Path(made) / f"{name}_float32.tflite").rename(pair.theirs)
    return pair


class Runner:
    """One interpreter with random input."""

    def __init__(self, path: Path) -> None:
        import numpy as np
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=str(path), num_threads=1)
        self._interpreter.allocate_tensors()
        for detail in self._interpreter.get_input_details():
            sample = np.random.default_rng(0).uniform(0, 1, detail["shape"]).astype(detail["dtype"])
            self._interpreter.set_tensor(detail["index"], sample)
        for _ in range(WARMUP):
            self.seconds()

    def seconds(self) -> float:
        start = time.process_time()
        self._interpreter.invoke()
        return time.process_time() - start

    def output(self) -> Any:
        return self._interpreter.get_tensor(self._interpreter.get_output_details()[0]["index"])


def operators_of(path: Path) -> collections.Counter[str]:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    graph = model.Subgraphs(0)
    codes = [model.OperatorCodes(graph.Operators(i).OpcodeIndex()) for i in range(graph.OperatorsLength())]
    return collections.Counter(names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes)


def describe_difference(ours: collections.Counter[str], theirs: collections.Counter[str]) -> str:
    parts = [f"{ours[op] - theirs[op]:+d} {op}" for op in sorted(ours | theirs) if ours[op] != theirs[op]]
    return ", ".join(parts) or "the same operators"


def compare(model: str, pair: Pair, runs: int) -> tuple[float, float]:
    import numpy as np

    ours, theirs = Runner(pair.ours), Runner(pair.theirs)
    expected = theirs.output()
    apart = float(np.abs(ours.output() - expected).max() / max(np.abs(expected).max(), 1e-9))
    turns = [(ours.seconds(), theirs.seconds()) for _ in range(runs)]
    ratios = [own / other for own, other in turns]
    low, ratio, high = statistics.quantiles(ratios, n=4)
    times = [1e3 * statistics.median(each) for each in zip(*turns, strict=True)]
    sizes = [path.stat().st_size for path in (pair.ours, pair.theirs)]
    mine, other = operators_of(pair.ours), operators_of(pair.theirs)
    print(
        f"{model:26} {pair.peer:10} {sizes[0] / 1e6:8.3f} {sizes[1] / 1e6:8.3f} MB {mine.total():4} {other.total():4} "
        f"{times[0]:7.1f} {times[1]:7.1f} ms  x{ratio:.3f} ({low:.3f} to {high:.3f})  apart {apart:.0e}  "
        f"{describe_difference(mine, other)}",
        flush=True,
    )
    return sizes[0] / sizes[1], ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--onnx2tf", type=Path, help="the command, in an environment of its own")
    parser.add_argument("--keep", type=Path, help="a folder for the files")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("models", nargs="*", default=MODELS)
    arguments = parser.parse_args()
    os.environ.update(QUIET)
    print(f"{'':26} {'beside':10} {'size: ours, theirs':>20} {'operators':>9} {'latency':>18}  ratio (quartiles)")
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.keep or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for model in arguments.models:
            source, name = model.split(":")
            pair = make_keras(name, folder) if source == "keras" else make_torch(name, folder, arguments.onnx2tf)
            results.append(compare(model, pair, arguments.runs))
    if results:
        sizes, ratios = zip(*results, strict=True)
        print(f"median of {len(results)}: x{statistics.median(sizes):.4f} size, x{statistics.median(ratios):.3f} time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
