"""Converting frozen TensorFlow graphs to ONNX: modelconv against tf2onnx, each as a whole process.

    python benchmarks/convert_frozen.py --peers INTERPRETER [--cache FOLDER] [--models mobilenet_v2,resnet50]

`--peers` names a Python interpreter that has tensorflow and tf2onnx; it also builds the graphs, with random weights,
once, into the cache folder. Where the running interpreter has ONNX Runtime, both results are compared on one input.

Aimed at: a twentieth of tf2onnx's processor time, a tenth of its memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import tempfile
from pathlib import Path

from measure import HEADER, Cost, describe, measure

ROOT = Path(__file__).resolve().parents[1]
MODELS = {"mobilenet_v2": "MobileNetV2", "resnet50": "ResNet50"}
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT / "python")}

BUILD = """
import sys
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2 as freeze
model = getattr(tf.keras.applications, sys.argv[1])(weights=None, input_shape=(224, 224, 3), classifier_activation=None)
picture = tf.TensorSpec((None, 224, 224, 3), tf.float32, name="picture")
frozen = freeze(tf.function(lambda picture: model(picture, training=False)).get_concrete_function(picture))
graph = frozen.graph.as_graph_def()
# The output gets a name that both converters can be told.
graph.node.add(op="Identity", name="scores", input=[frozen.outputs[0].op.name]).attr["T"].type = 1
with open(sys.argv[2], "wb") as file:
    file.write(graph.SerializeToString())
"""
MODELCONV = "import sys; from modelconv.cli import main; main(sys.argv[1:])"


def frozen_graph(name: str, cache: Path, builder: str) -> Path:
    """The frozen graph, built once."""
    path = cache / f"{name}.pb"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        built = measure([builder, "-c", BUILD, MODELS[name], unfinished], environment=QUIET)
        if built.status != 0:
            sys.exit(f"{builder} cannot build {name}:\n{built.messages}")
        unfinished.rename(path)
    return path


def repeated(command: list[str | Path], times: int) -> Cost:
    """The run of median processor time."""
    costs = sorted((measure(command, environment=QUIET) for _ in range(times)), key=lambda cost: cost.cpu_seconds)
    middle = costs[len(costs) // 2]
    if middle.status != 0:
        print(middle.messages, file=sys.stderr)
    return middle


def largest_difference(one: Path, other: Path) -> float:
    """Of the outputs on one random picture, relative to the largest."""
    import numpy as np
    import onnxruntime

    picture = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    outputs = []
    for path in (one, other):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        outputs.append(session.run(None, {session.get_inputs()[0].name: picture})[0])
    return float(np.max(np.abs(outputs[0] - outputs[1])) / np.max(np.abs(outputs[1])))


def compare(name: str, source: Path, peers: str, times: int, scratch: Path) -> tuple[float, float]:
    """Prints the rows of one model; tf2onnx's processor time and memory over modelconv's."""
    ours, theirs = scratch / f"{name}-modelconv.onnx", scratch / f"{name}-tf2onnx.onnx"
    tf2onnx = ["--graphdef", source, "--inputs", "picture:0", "--outputs", "scores:0", "--output", theirs]
    costs = {
        "modelconv": repeated([sys.executable, "-c", MODELCONV, "convert", source, ours, "--outputs", "scores"], times),
        "tf2onnx": repeated([peers, "-m", "tf2onnx.convert", *tf2onnx], times),
    }
    for converter, cost in costs.items():
        print(describe(f"{name} {converter}", cost), flush=True)
    if any(cost.status != 0 for cost in costs.values()):
        sys.exit(f"{name} could not be converted")
    if importlib.util.find_spec("onnxruntime"):
        print(f"{'':<28} the results differ by {largest_difference(ours, theirs):.1e} of the largest output")
    print(f"{'':<28} file sizes: {ours.stat().st_size / 1e6:.1f} and {theirs.stat().st_size / 1e6:.1f} MB")
    return (
        costs["tf2onnx"].cpu_seconds / costs["modelconv"].cpu_seconds,
        costs["tf2onnx"].peak_resident / costs["modelconv"].peak_resident,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=sys.executable, help="Python interpreter that has tensorflow and tf2onnx")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()

    names = options.models.split(",")
    sources = {name: frozen_graph(name, options.cache, options.peers) for name in names}
    print(HEADER)
    with tempfile.TemporaryDirectory() as scratch:
        ratios = [compare(name, sources[name], options.peers, options.repeat, Path(scratch)) for name in names]
    print("\ntf2onnx / modelconv       processor  resident memory")
    for name, (processor, memory) in zip(names, ratios, strict=True):
        print(f"{name:<24} {processor:9.1f} x  {memory:13.1f} x")
    means = [statistics.geometric_mean(column) for column in zip(*ratios, strict=True)]
    print(f"{'geometric mean':<24} {means[0]:9.1f} x  {means[1]:13.1f} x")


if __name__ == "__main__":
    main()
