"""PyTorch as the reference for live modules and exported programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from modelconv.errors import ModelConvError
from modelconv.model import Array
from modelconv.runners import Results
from modelconv.sources.torch_capture import arguments_of, as_tensor, inference_mode_of, output_names_of


class TorchRunner:
    """Calls a module with the inputs that the conversion was given, in inference mode."""

    name = "torch"
    wiring = None

    def __init__(self, module: Any, example_inputs: Any, input_names: Sequence[str]) -> None:
        """`input_names`: the model's inputs, in order; the module takes them as it took the examples.

        `example_inputs` says which arguments are tensors; all others are passed as they are. Without it, every input is
        a positional argument.
        """
        self._module = module.module() if hasattr(module, "graph_signature") else module
        self._names = list(input_names)
        self._examples = example_inputs
        if example_inputs is None:
            import torch

            self._examples = tuple(torch.zeros(()) for _ in self._names)

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Call the module; results by the names that reading gives them."""
        import torch
        from torch.utils import _pytree

        tensors = iter([to_torch(inputs[name]) for name in self._names])
        args, kwargs = arguments_of(self._module, self._examples)
        flat, spec = _pytree.tree_flatten((args, kwargs))
        flat = [next(tensors) if isinstance(as_tensor(leaf), torch.Tensor) else leaf for leaf in flat]
        args, kwargs = _pytree.tree_unflatten(flat, spec)
        with inference_mode_of(self._module), torch.no_grad():
            results = self._module(*args, **kwargs)
        leaves, spec = _pytree.tree_flatten(results)
        names = output_names_of(spec)
        return Results(
            {n: to_numpy(leaf) for n, leaf in zip(names, leaves, strict=True) if isinstance(leaf, torch.Tensor)}
        )


def named_tensors(examples: Any, module: Any, names: Sequence[str]) -> dict[str, Array] | None:
    """The examples' tensors by the model's inputs; None where they do not correspond."""
    from torch.utils import _pytree

    leaves = [as_tensor(leaf) for leaf in _pytree.tree_leaves(arguments_of(module, examples))]
    tensors = [leaf for leaf in leaves if hasattr(leaf, "detach")]
    if len(tensors) != len(names):
        return None
    return {name: to_numpy(tensor) for name, tensor in zip(names, tensors, strict=True)}


def to_torch(array: Any) -> Any:
    """Of the same element type; bfloat16 arrays (ml_dtypes) go by their bits."""
    import torch

    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view("int16").copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def to_numpy(tensor: Any) -> Any:
    """Of the same element type; bfloat16 as float32, which holds all its values."""
    import torch

    if tensor.is_sparse:
        raise ModelConvError("the reference returned a sparse tensor")
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).resolve_conj().resolve_neg().numpy()
