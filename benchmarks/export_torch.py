"""PyTorch modules to ONNX beside torch.onnx's default exporter: work after capture, re-export, memory.

    PYTHONPATH=python python benchmarks/export_torch.py [--only NAME,NAME] [--without-peer]

Needs onnx, onnxscript and transformers (see README.md for an environment). Both exporters get the same
torch.export.ExportedProgram and write a file; imports and a first small export are not counted. Processor seconds of
this process: ours is the least of five runs, torch.onnx runs once. Aimed at: ten times torch.onnx's speed in the
median, nothing slower; a re-export of ResNet-50 with new weights (`mc.train.Exporter`) in a tenth of its first export;
memory, capture included, of at most a tenth of the weights beyond those of the module itself.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from make_networks import Bert, resnet50
from measure import Sampler, anonymous_bytes

RUNS = 5
# Square matrices whose float32 weights fill a gigabyte.
LAYERS, WIDTH = 16, 4096
Network = tuple[Any, dict[str, Any]]


def picture() -> Any:
    import torch

    return torch.randn(1, 3, 224, 224)


def words(length: int = 64) -> Any:
    import torch

    return torch.randint(0, 1000, (1, length))


def plain(build: Callable[[], Any], **inputs: Any) -> Network:
    return build().eval(), inputs


def hugging_face(name: str, settings: dict[str, Any] | None = None, **inputs: Any) -> Network:
    """An architecture of transformers as its default configuration has it, with random weights."""
    import transformers

    kind = getattr(transformers, name)
    config = kind.config_class(**(settings or {}))
    return kind(config).eval(), inputs


NETWORKS: dict[str, Callable[[], Network]] = {
    "ResNet-50": lambda: plain(resnet50, input=picture()),
    "BERT-base": lambda: plain(Bert, ids=words(), mask=words() * 0 + 1),
    "Swin-tiny": lambda: hugging_face("SwinModel", pixel_values=picture()),
    "ViT-base": lambda: hugging_face("ViTModel", pixel_values=picture()),
    "ConvNeXt-tiny": lambda: hugging_face("ConvNextModel", pixel_values=picture()),
    "MobileNetV2": lambda: hugging_face("MobileNetV2Model", pixel_values=picture()),
    "GPT-2": lambda: hugging_face("GPT2Model", {"use_cache": False}, input_ids=words()),
    "T5-small encoder": lambda: hugging_face("T5EncoderModel", input_ids=words()),
    "Segformer": lambda: hugging_face("SegformerModel", pixel_values=picture()),
}


def processor_seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ours(program: Any, path: Path) -> float:
    import modelconv as mc

    return processor_seconds(lambda: mc.convert(program, path))


def theirs(program: Any, path: Path) -> float:
    import torch

    return processor_seconds(lambda: torch.onnx.export(program, (), str(path), dynamo=True, verbose=False))


def captured(network: Network) -> Any:
    import torch

    module, inputs = network
    with torch.no_grad():
        return torch.export.export(module, (), inputs, strict=False)


def warm_up(folder: Path, peer: bool) -> None:
    """Imports, and what is made once per process."""
    import torch

    program = captured((torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU()), {"input": torch.randn(1, 4)}))
    ours(program, folder / "warm.onnx")
    if peer:
        theirs(program, folder / "warm.onnx")


def compare(name: str, folder: Path, peer: bool) -> float | None:
    """One row; how many times as long torch.onnx takes."""
    program = captured(NETWORKS[name]())
    own = min(ours(program, folder / "ours.onnx") for _ in range(RUNS))
    if not peer:
        print(f"{name:<20} {own:8.3f}", flush=True)
        return None
    try:
        other = theirs(program, folder / "theirs.onnx")
    except Exception as problem:  # of many types; the table says that it fails
        print(f"{name:<20} {own:8.3f} {'fails':>10}  {str(problem).strip().splitlines()[0][:60]}", flush=True)
        return None
    print(f"{name:<20} {own:8.3f} {other:10.2f} {other / own:8.0f} x", flush=True)
    return other / own


def re_export(folder: Path) -> float:
    """Of ResNet-50 with new weights, as a part of its first export."""
    import modelconv as mc
    import torch

    module, inputs = NETWORKS["ResNet-50"]()
    with mc.train.Exporter(module, inputs) as exporter:
        first = processor_seconds(lambda: exporter.export(folder / "first.onnx"))
        again = []
        for _ in range(RUNS):
            with torch.no_grad():
                for weight in module.parameters():
                    weight.mul_(0.99)
            again.append(processor_seconds(lambda: exporter.export(folder / "again.onnx")))
    print(f"\nResNet-50: first export {first:.2f} s, with new weights {min(again):.3f} s: {min(again) / first:.1%}")
    return min(again) / first


def convert_large(path: Path) -> None:
    """What the measured process does; it says when the module is there, and waits."""
    import modelconv as mc
    import torch
    import torch.export

    module = torch.nn.Sequential(*[torch.nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(LAYERS)])
    torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),))  # its imports take 200 MB
    print("ready", flush=True)
    input()
    mc.convert(module, path, example_inputs=torch.zeros(1, WIDTH))


def memory(folder: Path) -> float:
    """Anonymous memory beyond the module's own, as a part of its weights."""
    weights = 4 * LAYERS * WIDTH * WIDTH
    command = [sys.executable, __file__, "--convert-large", str(folder / "large.onnx")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        before = anonymous_bytes(child.pid)
        sampler = Sampler(child.pid)
        sampler.start()
        child.communicate("go\n")
        sampler.stop()
    if child.returncode != 0:
        raise SystemExit("the export of a gigabyte failed")
    more = max(0, sampler.peak - before)
    print(f"weights of {weights / 1e6:,.0f} MB: {more / 1e6:.0f} MB more at the peak: {more / weights:.1%}")
    return more / weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(NETWORKS))
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--convert-large", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.convert_large:
        convert_large(options.convert_large)
        return
    with tempfile.TemporaryDirectory() as name:
        folder, peer = Path(name), not options.without_peer
        warm_up(folder, peer)
        print(f"{'processor seconds':<20} {'ours':>8} {'torch.onnx':>10}")
        ratios = [ratio for network in options.only.split(",") if (ratio := compare(network, folder, peer))]
        if ratios:
            print(f"\ntorch.onnx / modelconv: median {statistics.median(ratios):.0f} x, least {min(ratios):.0f} x")
        fractions = [re_export(folder), memory(folder)]
    if (ratios and (statistics.median(ratios) < 10 or min(ratios) < 1)) or max(fractions) > 0.1:
        sys.exit(1)


if __name__ == "__main__":
    main()
