"""Models of keras.applications and published TensorFlow models to ONNX, beside tf2onnx.

    python benchmarks/convert_tensorflow.py --peers INTERPRETER [--cache FOLDER] [--models ResNet50,VGG16]
                                            [--kinds frozen,saved_model,keras,h5] [--real FOLDER] [--repeat N]

`--peers` names a Python interpreter that has tensorflow, keras 3 and tf2onnx; it also builds the models, with random
weights and statistics, once, into the cache. Each is saved as frozen graph, SavedModel, .keras and .h5. Every
conversion is a whole process. tf2onnx converts the first two kinds; where it cannot, that is said.
`--real` adds the frozen graphs and SavedModels of that folder's `tf_frozen` and `tf_savedmodel`.

Per row: processor seconds and peak resident memory of both, nodes (`Constant` not counted) and how many of ours are
Transposes that stand between two operators on images, and how far ONNX Runtime's output is from TensorFlow's, relative
to the largest magnitude. Aimed at: a twentieth of tf2onnx's processor time in the median and never more than it, a
tenth of its memory, no such Transpose, at most its nodes, 1e-4.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measure import Cost, measure

ROOT = Path(__file__).resolve().parents[1]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(ROOT / "python")}
CLOSE = 1e-4

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
KINDS = {"frozen": "frozen.pb", "saved_model": "saved", "keras": "model.keras", "h5": "model.h5"}
MODELCONV = "import sys; from modelconv.cli import main; main(sys.argv[1:])"

BUILD = """
import os
import sys
import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2 as freeze

def build(name, size, folder):
    os.makedirs(folder + ".unfinished", exist_ok=True)
    settings = {"weights": None, "input_shape": (size, size, 3), "classes": 10}
    # No Softmax: where it saturates, every model looks right.
    model = getattr(keras.applications, name)(**settings, classifier_activation=None)
    random = np.random.default_rng(0)
    for weight in model.weights:  # kernels keep the size of signals, statistics are no fresh model's
        shape, path = tuple(weight.shape), weight.path
        if any(word in path for word in ("variance", "gamma")):
            weight.assign(random.uniform(0.5, 1.5, shape))
        elif any(word in path for word in ("mean", "beta", "bias")):
            weight.assign(random.normal(size=shape) * 0.1)
        elif len(shape) > 1:
            weight.assign(random.normal(size=shape) * np.sqrt(2.0 / max(np.prod(shape[:-1]), 1)))
    model.save(f"{folder}.unfinished/model.keras")
    model.save(f"{folder}.unfinished/model.h5")
    model.export(f"{folder}.unfinished/saved", verbose=False)
    spec = tf.TensorSpec((None, size, size, 3), tf.float32, name="picture")
    frozen = freeze(tf.function(lambda picture: model(picture, training=False)).get_concrete_function(spec))
    graph = frozen.graph.as_graph_def()
    # The output gets a name that both converters can be told.
    graph.node.add(op="Identity", name="scores", input=[frozen.outputs[0].op.name]).attr["T"].type = 1
    with open(f"{folder}.unfinished/frozen.pb", "wb") as file:
        file.write(graph.SerializeToString())
    picture = np.random.default_rng(1).uniform(0, 1, (2, size, size, 3)).astype("float32")
    np.savez(f"{folder}.unfinished/run.npz", picture=picture, scores=np.asarray(model(picture, training=False)))
    os.rename(folder + ".unfinished", folder)  # so that an interrupted run starts again
    keras.backend.clear_session()

for name, size, folder in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    build(name, int(size), folder)
"""

# Where a picture is still a picture: what these have on both sides does not need another layout in between.
ON_IMAGES = {"AveragePool", "Conv", "ConvTranspose", "DepthToSpace", "GlobalAveragePool", "MaxPool", "Resize"}


@dataclass
class Row:
    """One model in one file format; costs, and what was made."""

    name: str
    ours: Cost
    theirs: Cost | None
    nodes: int
    peer_nodes: int | None
    transposes: int
    difference: float | None

    def ratios(self) -> tuple[float, float] | None:
        """tf2onnx's processor time and memory over ours."""
        if self.theirs is None or self.theirs.status != 0:
            return None
        return self.theirs.cpu_seconds / self.ours.cpu_seconds, self.theirs.peak_resident / self.ours.peak_resident

    def is_right(self) -> bool:
        return (
            self.ours.status == 0
            and (self.difference is None or self.difference <= CLOSE)
            and self.transposes == 0
            and (self.peer_nodes is None or self.nodes <= self.peer_nodes)
        )


def build(names: list[str], cache: Path, builder: str) -> dict[str, Path]:
    """Name -> the folder with the model in every format; made once."""
    folders = {name: cache / "applications" / name for name in names}
    missing = [part for name in names if not folders[name].exists() for part in (name, MODELS[name], folders[name])]
    if missing:
        built = measure([builder, "-c", BUILD, *map(str, missing)], environment=QUIET)
        if built.status != 0:
            sys.exit(f"{builder} cannot build the models:\n{built.messages}")
    return folders


def repeated(command: list[str | Path], times: int) -> Cost:
    """The run of median processor time."""
    costs = sorted((measure(command, environment=QUIET) for _ in range(times)), key=lambda cost: cost.cpu_seconds)
    return costs[len(costs) // 2]


def nodes_of(graph: Any) -> list[Any]:
    """All but `Constant`, which is data; those of subgraphs too."""
    found = []
    for node in graph.node:
        found += [node] if node.op_type != "Constant" else []
        for attribute in node.attribute:
            found += nodes_of(attribute.g) if attribute.HasField("g") else []
    return found


def transposes_between_image_operators(graph: Any) -> int:
    """Transposes that have an operator on images before and behind them."""
    before: set[str] = set()
    behind: set[str] = set()
    counted = [node for node in graph.node if node.op_type == "Transpose"]
    for node in graph.node:
        if node.op_type in ON_IMAGES or before.intersection(node.input):
            before.update(node.output)
    for node in reversed(graph.node):
        if node.op_type in ON_IMAGES or behind.intersection(node.output):
            behind.update(node.input)
    return sum(node.input[0] in before and node.output[0] in behind for node in counted)


def largest_difference(path: Path, run: Path) -> float:
    """Of ONNX Runtime's output from TensorFlow's, relative to the largest magnitude."""
    import onnxruntime

    recorded = np.load(run)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    scores = session.run(None, {session.get_inputs()[0].name: recorded["picture"]})[0]
    return float(np.abs(scores - recorded["scores"]).max() / np.abs(recorded["scores"]).max())


def peer_arguments(kind: str, source: Path, names: tuple[str, str] | None) -> list[str | Path] | None:
    if kind == "saved_model":
        return ["--saved-model", source]
    if kind == "frozen" and names:
        return ["--graphdef", source, "--inputs", names[0], "--outputs", names[1]]
    return None


def convert(
    label: str,
    kind: str,
    source: Path,
    options: argparse.Namespace,
    scratch: Path,
    names: tuple[str, str] | None = None,
    run: Path | None = None,
) -> Row:
    import onnx

    ours_path, theirs_path = scratch / "modelconv.onnx", scratch / "tf2onnx.onnx"
    for path in (ours_path, theirs_path):
        path.unlink(missing_ok=True)
    cut = ["--outputs", names[1].removesuffix(":0")] if names else []
    ours = repeated([sys.executable, "-c", MODELCONV, "convert", source, ours_path, *cut], options.repeat)
    arguments = peer_arguments(kind, source, names)
    theirs = None
    if options.peers and arguments:
        command = [options.peers, "-m", "tf2onnx.convert", *arguments, "--output", theirs_path, "--opset", "18"]
        theirs = repeated(command, 1)
    if ours.status != 0:
        print(ours.messages, file=sys.stderr)
        return Row(label, ours, theirs, 0, None, 0, None)
    graph = onnx.load(ours_path).graph
    return Row(
        label,
        ours,
        theirs,
        len(nodes_of(graph)),
        len(nodes_of(onnx.load(theirs_path).graph)) if theirs_path.exists() else None,
        transposes_between_image_operators(graph),
        largest_difference(ours_path, run) if run else None,
    )


def real_sources(folder: Path) -> list[tuple[str, str, Path, tuple[str, str] | None]]:
    """Label, kind, path, and where the graph has to be told them, input and output."""
    known = {"mnet.pb": ("input_1:0", "output_0:0"), "frozen.pb": None}
    found: list[tuple[str, str, Path, tuple[str, str] | None]] = []
    for path in sorted(folder.glob("tf_frozen/*/*.pb")):
        if path.name == "frozen.pb":
            known["frozen.pb"] = ("X:0", "output:0") if "fc_layers" in path.parent.name else ("X:0", "pred:0")
        if path.name in known:
            found.append((f"{path.parent.name} frozen", "frozen", path, known[path.name]))
    for path in sorted(folder.glob("tf_savedmodel/*")):
        found.append((f"{path.name} saved_model", "saved_model", path, None))
    return found


def describe(row: Row) -> str:
    theirs = row.theirs
    peer = "-" if theirs is None else "fails" if theirs.status != 0 else f"{theirs.cpu_seconds:.1f}"
    peer_memory = "-" if theirs is None or theirs.status != 0 else f"{theirs.peak_resident / 1e6:.0f}"
    ratios = row.ratios()
    return (
        f"{row.name:<32} {row.ours.cpu_seconds:6.2f} {peer:>6} {f'{ratios[0]:.1f} x' if ratios else '-':>8} "
        f"{row.ours.peak_resident / 1e6:6.0f} {peer_memory:>6} {f'{ratios[1]:.1f} x' if ratios else '-':>8} "
        f"{row.nodes:6} {row.peer_nodes if row.peer_nodes is not None else '-':>6} {row.transposes:6} "
        f"{'-' if row.difference is None else f'{row.difference:.1e}':>9}{'' if row.is_right() else '  <'}"
    )


HEADER = (
    f"{'':<32} {'processor seconds':^22} {'resident MB':^22} {'nodes':^13} {'inner':>6}\n"
    f"{'':<32} {'ours':>6} {'theirs':>6} {'ratio':>8} {'ours':>6} {'theirs':>6} {'ratio':>8} {'ours':>6} {'theirs':>6} "
    f"{'Transp':>6} {'differs':>9}"
)


def summarise(rows: list[Row]) -> bool:
    measured = [ratios for row in rows if (ratios := row.ratios())]
    wrong = [row.name for row in rows if not row.is_right()]
    print(f"\n{len(rows)} conversions, {len(rows) - len(wrong)} as aimed at; others: {', '.join(wrong) or 'none'}")
    if measured:
        for title, column in zip(("processor time", "memory"), zip(*measured, strict=True), strict=True):
            print(f"tf2onnx / modelconv, {title}: median {statistics.median(column):.1f} x, least {min(column):.1f} x")
    counted = [row for row in rows if row.peer_nodes is not None]
    if counted:
        few = sum(row.nodes <= row.peer_nodes for row in counted)
        print(f"nodes at most tf2onnx's: {few} of {len(counted)}")
    return not wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="Python interpreter that has tensorflow, keras and tf2onnx")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--real", type=Path, help="folder with tf_frozen and tf_savedmodel")
    parser.add_argument("--repeat", type=int, default=3, help="runs of modelconv; tf2onnx runs once")
    options = parser.parse_args()
    rows = []
    print(HEADER)
    with tempfile.TemporaryDirectory() as scratch:
        for label, kind, path, names in real_sources(options.real) if options.real else []:
            rows.append(convert(label, kind, path, options, Path(scratch), names))
            print(describe(rows[-1]), flush=True)
        names = [name for name in options.models.split(",") if name]
        for name, folder in build(names, options.cache, options.peers or sys.executable).items():
            for kind in options.kinds.split(","):
                tensors = ("picture:0", "scores:0") if kind == "frozen" else None
                source, run = folder / KINDS[kind], folder / "run.npz"
                rows.append(convert(f"{name} {kind}", kind, source, options, Path(scratch), tensors, run))
                print(describe(rows[-1]), flush=True)
    if not summarise(rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
