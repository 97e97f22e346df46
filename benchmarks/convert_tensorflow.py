"""Models of keras.applications and published TensorFlow models to ONNX, beside tf2onnx.

    python benchmarks/convert_tensorflow.py --peers INTERPRETER [--cache FOLDER] [--models ResNet50,VGG16]
                                            [--kinds frozen,saved_model,keras,h5] [--real FOLDER] [--repeat N]

`--peers` names a Python interpreter that has tensorflow, keras 3 and tf2onnx; it also builds the models, with random
weights and statistics, once, into the cache. Each is saved as frozen graph, SavedModel, .keras and .h5. Every
conversion is a whole process. tf2onnx converts the first two kinds; where it cannot, that is said.
`--real` adds the frozen graphs and SavedModels of that folder's `tf_frozen` and `tf_savedmodel`.

Per row what both cost, nodes (`Constant` not counted), how many of ours are Transposes that stand between two operators
on images, and how far ONNX Runtime's output is from TensorFlow's, relative to the largest magnitude. Aimed at: a
twentieth of tf2onnx's processor time in the median and never more than it, a tenth of its memory, no such Transpose, at
most its nodes, 1e-4.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from applications import KINDS, MODELS, QUIET, build
from pairs import HEADER, Aim, Pair, converting, describe, measure_pair, summarise

AIMS = {"tf2onnx": Aim(time=20, memory=10)}
CLOSE = 1e-4

# Where a picture is still a picture: what these have on both sides does not need another layout in between.
ON_IMAGES = {"AveragePool", "Conv", "ConvTranspose", "DepthToSpace", "GlobalAveragePool", "MaxPool", "Resize"}


@dataclass(frozen=True)
class Source:
    """One file; `names` are the input's and the output's, where they have to be told."""

    label: str
    kind: str
    path: Path
    names: tuple[str, str] | None = None
    run: Path | None = None
    """What TensorFlow computed, of a network whose picture is known."""


@dataclass(frozen=True)
class Result:
    """What one of our conversions has made; `peer_nodes` where the peer converts such a file, and could."""

    nodes: int
    peer_nodes: int | None
    transposes: int
    difference: float | None

    def is_right(self) -> bool:
        return (
            (self.difference is None or self.difference <= CLOSE)
            and self.transposes == 0
            and (self.peer_nodes is None or self.nodes <= self.peer_nodes)
        )

    def __str__(self) -> str:
        theirs = "" if self.peer_nodes is None else f", theirs {self.peer_nodes}"
        between = f", {self.transposes} inner Transpose" if self.transposes else ""
        differs = "" if self.difference is None else f", differs by {self.difference:.1e}"
        return f"{self.nodes} nodes{theirs}{between}{differs}{'' if self.is_right() else ' <'}"


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


def peer_arguments(source: Source) -> list[str | Path] | None:
    """What tf2onnx has to be told; nothing where it reads no such file."""
    if source.kind == "saved_model":
        return ["--saved-model", source.path]
    if source.kind == "frozen" and source.names:
        return ["--graphdef", source.path, "--inputs", source.names[0], "--outputs", source.names[1]]
    return None


def convert(source: Source, options: argparse.Namespace, scratch: Path) -> tuple[Pair, Result | None]:
    import onnx

    ours_path, theirs_path = scratch / "modelconv.onnx", scratch / "tf2onnx.onnx"
    for path in (ours_path, theirs_path):
        path.unlink(missing_ok=True)
    ours = converting(source.path, ours_path, outputs=[source.names[1].removesuffix(":0")] if source.names else [])
    theirs = None
    if options.peers and (arguments := peer_arguments(source)):
        theirs = [options.peers, "-m", "tf2onnx.convert", *arguments, "--output", theirs_path, "--opset", "18"]
    pair = measure_pair(source.label, "tf2onnx", ours, theirs, repeat=options.repeat, quiet=QUIET)
    if pair.ours.status != 0:
        return pair, None
    graph = onnx.load(ours_path).graph
    return pair, Result(
        len(nodes_of(graph)),
        len(nodes_of(onnx.load(theirs_path).graph)) if theirs_path.exists() else None,
        transposes_between_image_operators(graph),
        largest_difference(ours_path, source.run) if source.run else None,
    )


def real_sources(folder: Path) -> list[Source]:
    """Published frozen graphs whose input and output are known, and SavedModels."""
    known = {
        "mnet_025_128/mnet.pb": ("input_1:0", "output_0:0"),
        "tf2onnx_fc_layers/frozen.pb": ("X:0", "output:0"),
        "tf2onnx_regression/frozen.pb": ("X:0", "pred:0"),
    }
    frozen = {name: folder / "tf_frozen" / name for name in known}
    saved = sorted(folder.glob("tf_savedmodel/*"))
    return [
        *(Source(f"{path.parent.name} frozen", "frozen", path, known[name]) for name, path in frozen.items()),
        *(Source(f"{path.name} saved_model", "saved_model", path) for path in saved),
    ]


def built_sources(options: argparse.Namespace) -> list[Source]:
    names = [name for name in options.models.split(",") if name]
    built = build(names, options.cache / "applications", options.peers or sys.executable)
    return [
        Source(
            f"{name} {kind}",
            kind,
            folder / KINDS[kind],
            ("picture:0", "scores:0") if kind == "frozen" else None,
            folder / "run.npz",
        )
        for name, folder in built.items()
        for kind in options.kinds.split(",")
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="Python interpreter that has tensorflow, keras and tf2onnx")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--real", type=Path, help="folder with tf_frozen and tf_savedmodel")
    parser.add_argument("--repeat", type=int, default=3, help="runs of modelconv; tf2onnx runs once")
    options = parser.parse_args()
    pairs, wrong, counted = [], [], []
    sources = [*(real_sources(options.real) if options.real else []), *built_sources(options)]
    print(HEADER)
    with tempfile.TemporaryDirectory() as scratch:
        for source in sources:
            pair, result = convert(source, options, Path(scratch))
            pairs.append(pair)
            print(describe(pair, str(result or "")), flush=True)
            if result is None or not result.is_right():
                wrong.append(source.label)
            if result and result.peer_nodes is not None:
                counted.append(result.nodes <= result.peer_nodes)
    print(f"\n{len(pairs)} conversions; marked with <: {', '.join(wrong) or 'none'}")
    if counted:
        print(f"nodes at most tf2onnx's: {sum(counted)} of {len(counted)}")
    return 0 if summarise(pairs, AIMS) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
