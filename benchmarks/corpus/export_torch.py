"""Exports the architectures of torch_models.py to ONNX, by the TorchScript-based exporter and by the dynamo-based one.

    python export_torch.py FOLDER [--only bert,vit] [--exporters script,dynamo]

Needs torch, transformers, onnx and onnxscript. A file that is there is kept; what an exporter cannot do is reported.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import torch
import transformers

SUFFIX = {"script": "torchscript", "dynamo": "dynamo"}
OPSET = {"script": 17, "dynamo": 20}


def export_by_script(model: torch.nn.Module, entry, path: Path) -> None:
    torch.onnx.export(
        model,
        tuple(entry.inputs.values()),
        str(path),
        dynamo=False,
        opset_version=OPSET["script"],
        input_names=list(entry.inputs),
        output_names=entry.outputs,
        dynamic_axes=entry.dynamic,
    )


def export_by_dynamo(model: torch.nn.Module, entry, path: Path) -> None:
    dims = {name: torch.export.Dim.DYNAMIC for axes in entry.dynamic.values() for name in axes.values()}
    shapes = {
        name: {axis: dims[dim] for axis, dim in entry.dynamic.get(name, {}).items()} or None for name in entry.inputs
    }
    # A dimension of 1 in the example would be taken for a constant.
    inputs = tuple(
        torch.cat((tensor, tensor)) if tensor.shape[0] == 1 and 0 in entry.dynamic.get(name, {}) else tensor
        for name, tensor in entry.inputs.items()
    )
    torch.onnx.export(
        model,
        inputs,
        str(path),
        dynamo=True,
        opset_version=OPSET["dynamo"],
        input_names=list(entry.inputs),
        output_names=entry.outputs,
        dynamic_shapes=tuple(shapes.values()),
        external_data=False,
        verbose=False,
    )


def disturb(model: torch.nn.Module) -> None:
    """As after training: biases of 0 and scales of 1 would let a simplifier take away what real models need."""
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator) if tensor.dim() else torch.tensor(0.5)
            # Variances stay positive; the batches' statistics stay in the range that the next layer expects.
            tensor.add_((noise - (0.0 if name.endswith("running_var") else 0.5)) * 0.05)


EXPORTERS = {"script": export_by_script, "dynamo": export_by_dynamo}


def export(name: str, exporter: str, path: Path) -> None:
    from torch_models import MODELS

    torch.manual_seed(0)
    entry = MODELS[name]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        unfinished = path.with_suffix(".unfinished")
        model = entry.build().eval()
        disturb(model)
        EXPORTERS[exporter](model, entry, unfinished)
    unfinished.rename(path)


def main() -> None:
    torch.manual_seed(0)
    from torch_models import MODELS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="names, separated by commas")
    parser.add_argument("--exporters", default="script,dynamo")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # its fused operator is none that ONNX has
    failed = 0
    for name in options.only.split(",") if options.only else MODELS:
        for exporter in options.exporters.split(","):
            path = options.folder / f"{name}.{SUFFIX[exporter]}.onnx"
            if path.exists() or exporter not in MODELS[name].exporters:
                continue
            try:
                export(name, exporter, path)
                print(path.name, flush=True)
            except Exception as error:  # an exporter's error is of any type; the others go on
                failed += 1
                print(f"{path.name}: {type(error).__name__}: {str(error)[:500]}", file=sys.stderr, flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
