"""Simplifying a model of 2 GB: memory and time against copying its files, and against other simplifiers.

    python benchmarks/simplify_large.py [--cache FOLDER] [--peers INTERPRETER] [--layers 32] [--only modelconv,cp]

Writes a chain of dense layers (4096 x 4096 float32, 67 MB each) with external data, once, into the cache folder.
Between the layers lies what simplifiers remove: Identity, Dropout, a Transpose there and back, shapes computed from
shapes.
`--peers` names a Python interpreter that has onnxsim and onnxslim.

Accepted: private memory at most 100 MB and a tenth of the weights; at most three times the time of copying the files.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from measure import HEADER, Cost, describe, measure
from onnx import TensorProto, helper

WIDTH = 4096
ROOT = Path(__file__).resolve().parents[1]
ALLOWED_PRIVATE = 100e6
ALLOWED_SHARE_OF_WEIGHTS = 0.1
ALLOWED_TIMES_COPY = 3.0

MODELCONV = "import sys, modelconv; modelconv.simplify(sys.argv[1], sys.argv[2])"
ONNXSIM = """
import sys, onnx, onnxsim
model, ok = onnxsim.simplify(sys.argv[1])
onnx.save(model, sys.argv[2], save_as_external_data=True, location="weights.bin")
"""
ONNXSLIM = """
import sys, onnx, onnxslim
onnx.save(onnxslim.slim(sys.argv[1]), sys.argv[2], save_as_external_data=True, location="weights.bin")
"""


def layer_nodes(index: int, source: str) -> tuple[list[onnx.NodeProto], str]:
    """One layer and what a simplifier should take away from it; every second one as MatMul and Add."""
    name = f"layer{index}"
    shape, size, target = f"{name}_shape", f"{name}_size", f"{name}_target"
    nodes = [
        helper.make_node("Identity", [source], [f"{name}_in"]),
        helper.make_node("Dropout", [f"{name}_in"], [f"{name}_kept"]),
        helper.make_node("Transpose", [f"{name}_kept"], [f"{name}_t"], perm=[1, 0]),
        helper.make_node("Transpose", [f"{name}_t"], [f"{name}_tt"], perm=[1, 0]),
        helper.make_node("Shape", [f"{name}_tt"], [shape]),
        helper.make_node("Gather", [shape, "zero"], [size]),
        helper.make_node("Concat", [size, "minus_one"], [target], axis=0),
        helper.make_node("Reshape", [f"{name}_tt", target], [f"{name}_x"]),
    ]
    if index % 2:
        nodes.append(helper.make_node("Gemm", [f"{name}_x", f"{name}_w", f"{name}_b"], [f"{name}_y"]))
    else:
        nodes.append(helper.make_node("MatMul", [f"{name}_x", f"{name}_w"], [f"{name}_m"]))
        nodes.append(helper.make_node("Add", [f"{name}_m", f"{name}_b"], [f"{name}_y"]))
    nodes.append(helper.make_node("Relu", [f"{name}_y"], [f"{name}_out"]))
    return nodes, f"{name}_out"


def external(name: str, dims: list[int], offset: int) -> onnx.TensorProto:
    """A float32 tensor whose values lie in weights.bin."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    entries = {"location": "weights.bin", "offset": str(offset), "length": str(4 * int(np.prod(dims)))}
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def write_model(folder: Path, layers: int) -> Path:
    """The model, made once; the weights are written layer by layer."""
    path = folder / "model.onnx"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    generator = np.random.default_rng(0)
    value = "x"
    with (folder / "weights.bin").open("wb") as file:
        for index in range(layers):
            for name, dims in ((f"layer{index}_w", [WIDTH, WIDTH]), (f"layer{index}_b", [WIDTH])):
                tensors.append(external(name, dims, file.tell()))
                file.write(((generator.random(dims, np.float32) - 0.5) / np.float32(32)).tobytes())
            made, value = layer_nodes(index, value)
            nodes += made
    nodes.append(helper.make_node("Identity", [value], ["y"]))
    tensors += [
        helper.make_tensor("zero", TensorProto.INT64, [1], [0]),
        helper.make_tensor("minus_one", TensorProto.INT64, [1], [-1]),
    ]
    graph = helper.make_graph(
        nodes,
        "large",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", WIDTH])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    unfinished = path.with_suffix(".unfinished")
    onnx.save(model, unfinished)
    unfinished.rename(path)  # so that an interrupted run starts again
    return path


def commands(model: Path, target: Path, peers: str | None) -> dict[str, list[str | Path]]:
    """Name -> command that makes `target` of `model`."""
    run: dict[str, list[str | Path]] = {
        "cp": ["cp", model, model.with_name("weights.bin"), target.parent],
        "modelconv": [sys.executable, "-c", MODELCONV, model, target],
    }
    if peers:
        run["onnxsim"] = [peers, "-c", ONNXSIM, model, target]
        run["onnxslim"] = [peers, "-c", ONNXSLIM, model, target]
    return run


def measure_in_empty_folder(command: list[str | Path], target: Path) -> tuple[Cost, int]:
    """One run, and the nodes of what it made; deleted before the next run, so that all find the disk alike."""
    target.parent.mkdir(parents=True)
    try:
        cost = measure(command, environment={"PYTHONPATH": str(ROOT / "python")})
        made = target if target.exists() else target.with_name("model.onnx")  # cp keeps the name
        return cost, len(onnx.load(made, load_external_data=False).graph.node) if made.exists() else 0
    finally:
        shutil.rmtree(target.parent)


def median_cost(costs: list[Cost]) -> Cost:
    """The run whose wall time is in the middle."""
    return sorted(costs, key=lambda cost: cost.wall_seconds)[len(costs) // 2]


def report(costs: dict[str, Cost], weights: int) -> bool:
    """Ratios and what is accepted; true when modelconv is within both."""
    ours = costs["modelconv"]
    allowed = ALLOWED_PRIVATE + weights * ALLOWED_SHARE_OF_WEIGHTS
    print(f"\nprivate memory: {ours.peak_private / 1e6:.0f} MB, accepted {allowed / 1e6:.0f} MB")
    accepted = ours.status == 0 and ours.peak_private <= allowed
    if "cp" in costs:
        times = ours.wall_seconds / costs["cp"].wall_seconds
        print(f"time: {times:.2f} x copying, accepted {ALLOWED_TIMES_COPY:.0f} x")
        accepted = accepted and times <= ALLOWED_TIMES_COPY
    for peer in set(costs) - {"cp", "modelconv"}:
        cost = costs[peer]
        print(
            f"{peer}: {cost.cpu_seconds / ours.cpu_seconds:.1f} x the processor time, "
            f"{cost.peak_private / ours.peak_private:.1f} x the private memory"
        )
    return accepted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--peers", help="Python interpreter that has onnxsim and onnxslim")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=3, help="runs of cp and modelconv; others run once")
    parser.add_argument("--only", help="names of rows to measure, separated by commas")
    options = parser.parse_args()

    model = write_model(options.cache / f"dense-{options.layers}", options.layers)
    weights = model.with_name("weights.bin").stat().st_size
    print(f"{options.layers} layers, {weights / 1e9:.2f} GB of weights\n\n{HEADER}")
    with tempfile.TemporaryDirectory(dir=options.cache) as scratch:
        target = Path(scratch) / "run" / "out.onnx"
        costs: dict[str, Cost] = {}
        for name, command in commands(model, target, options.peers).items():
            if options.only and name not in options.only.split(","):
                continue
            rounds = options.repeat if name in ("cp", "modelconv") else 1
            measured = [measure_in_empty_folder(command, target) for _ in range(rounds)]
            runs = [cost for cost, _ in measured]
            costs[name] = median_cost(runs)
            print(describe(name, costs[name]), f" {measured[0][1]} nodes", flush=True)
            if costs[name].status != 0:
                print(costs[name].messages, file=sys.stderr)
            elif rounds > 1:
                spread = statistics.pstdev(run.wall_seconds for run in runs)
                print(f"{'':<28} wall time varies by {spread:.2f} s over {rounds} runs")
    if "modelconv" in costs and not report(costs, weights):
        sys.exit("not accepted")


if __name__ == "__main__":
    main()
