"""Weights of a checkpoint into a live module: what people wrap a state dict in, and what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from modelconv.errors import MalformedModelError, malformed

# Where training scripts put the weights, tried in this order. Source: what torchvision's references, timm, OpenMMLab's
# mmengine, Lightning and Ultralytics write.
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "state_dict_ema",
    "model_ema",
    "model",
    "net",
    "params",
    "weights",
)
# What wrappers of modules put in front of every name: DataParallel, torch.compile, Lightning, ...
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "backbone.")


def load_into(module: Any, path: str | PathLike[str]) -> list[str]:
    """Give a module the weights of a checkpoint; remarks on what was unwrapped.

    Raises MalformedModelError with all missing, unexpected and unfit names in one message; nothing is loaded then.
    """
    where = f"file '{fspath(path)}'"
    weights, remarks = unwrapped(read_checkpoint(fspath(path), where), where)
    wanted = module.state_dict()
    weights, stripped = without_prefixes(weights, wanted)
    remarks += [f"the prefix '{prefix}' of the checkpoint's names is left out" for prefix in stripped]
    missing = [name for name in wanted if name not in weights and not name.endswith("num_batches_tracked")]
    unexpected = [name for name in weights if name not in wanted]
    unfit = [
        f"'{name}' is {list(weights[name].shape)}, the module has {list(wanted[name].shape)}"
        for name in wanted
        if name in weights and tuple(weights[name].shape) != tuple(wanted[name].shape)
    ]
    problems = [
        *([f"missing: {listed(missing)}"] if missing else []),
        *([f"unexpected: {listed(unexpected)}"] if unexpected else []),
        *([f"of another shape: {listed(unfit)}"] if unfit else []),
    ]
    if problems:
        raise malformed(
            "the checkpoint does not fit the module",
            where,
            "; ".join(problems),
            "give the factory the settings that the checkpoint was trained with (number of classes, depth, heads)",
        )
    module.load_state_dict(weights, strict=False)
    return remarks


def read_checkpoint(path: str, where: str) -> Any:
    """The checkpoint's object, by torch's own reader that can build tensors and containers only."""
    import pickle
    import zipfile

    import torch

    try:
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, zipfile.BadZipFile, ValueError, KeyError) as problem:
        text = str(problem)
        if "Unsupported global" in text or "weights_only" in text:
            raise malformed(
                "the checkpoint holds more than tensors, and is not run to find out what",
                where,
                text.splitlines()[-1] if text else "",
                "save module.state_dict() instead of the module",
            ) from problem
        raise malformed("the checkpoint cannot be read: it is cut short or damaged", where, text[:300]) from problem
    except OSError as problem:
        raise malformed("the checkpoint cannot be read", where, str(problem)) from problem


def unwrapped(checkpoint: Any, where: str) -> tuple[dict[str, Any], list[str]]:
    """The state dict inside, and which keys led there."""
    remarks: list[str] = []
    while isinstance(checkpoint, Mapping) and not is_state_dict(checkpoint):
        inner = next((key for key in WRAPPERS if isinstance(checkpoint.get(key), Mapping)), None)
        if inner is None:
            keys = listed([str(key) for key in checkpoint])
            raise malformed("the checkpoint has no state dict", where, f"its keys are {keys}")
        remarks.append(f"the weights are the checkpoint's '{inner}'")
        checkpoint = checkpoint[inner]
    if not isinstance(checkpoint, Mapping):
        raise MalformedModelError(
            f"the checkpoint is a {type(checkpoint).__name__}, not a state dict\n  where: {where}"
        )
    return {name: value for name, value in checkpoint.items() if hasattr(value, "shape")}, remarks


def is_state_dict(value: Mapping[Any, Any]) -> bool:
    """Names of tensors, perhaps with a few other things among them."""
    return any(hasattr(item, "shape") and isinstance(key, str) for key, item in value.items())


def without_prefixes(weights: dict[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Prefixes that all names share and the module does not have."""
    stripped = []
    progress = True
    while progress and weights and not any(name in wanted for name in weights):
        progress = False
        for prefix in PREFIXES:
            if all(name.startswith(prefix) for name in weights):
                weights = {name.removeprefix(prefix): value for name, value in weights.items()}
                stripped.append(prefix)
                progress = True
                break
    return weights, stripped


def listed(names: Sequence[str], most: int = 12) -> str:
    """The first few, and how many more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
