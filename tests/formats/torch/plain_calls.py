"""Single calls of operators that torch.export replaces or leaves out: copies, other names, sizes, statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from modelconv.sources.torch_program import DType
from support.aten import bools, floats, ints, positive
from support.torch_calls import Call, call

X, LINE, WHOLE, TRUTH = floats(2, 3, 4), floats(5), ints(3, 4), bools(3, 4)
VOLUME = floats(1, 2, 5, 6, 4)
SQUARE = floats(3, 3) + 3 * np.eye(3, dtype=np.float32)
SQUARES = floats(2, 4, 4) + 4 * np.eye(4, dtype=np.float32)
PAIRS = floats(3, 4, 2)


def same(torch: Any, x: Any, *_: Any) -> Any:
    return x


def truth(name: str) -> Any:
    """Of an operator that gives Python's bool."""
    return lambda torch, *args: torch.tensor(getattr(torch.ops.aten, name)(*args))


def number(torch: Any, x: Any) -> Any:
    """Python's float or int as an element."""
    return x.reshape(()).to(torch.float64 if x.is_floating_point() else torch.int64)


def zeros(torch: Any, size: Any, *_: Any) -> Any:
    """What PyTorch leaves uninitialised is 0 here."""
    return torch.zeros(size)


def covariance(torch: Any, x: Any, correction: int, counts: Any, weights: Any = None) -> Any:
    return torch.cov(x, correction=correction, fweights=counts, aweights=weights)


CALLS: list[Call] = [
    # --- copies, and what changes nothing
    *[call(f"aten.{name}", array) for name in ("alias", "alias_copy", "clone", "contiguous", "detach", "detach_copy")
      for array in (X, WHOLE)],
    *[call(f"aten.{name}", array) for name in ("lift_fresh", "lift_fresh_copy", "resolve_conj", "resolve_neg")
      for array in (LINE, TRUTH)],
    *[call(f"aten.{name}", array, 0.5, False)
      for name in ("alpha_dropout", "dropout", "feature_alpha_dropout", "feature_dropout") for array in (X, PAIRS)],
    call("aten.conj", X, expected=same),
    call("aten.conj", WHOLE, expected=same),
    call("prims.convert_element_type", X, DType("float64"), expected=lambda torch, x, _: x.double()),
    call("prims.convert_element_type", X, DType("int32"), expected=lambda torch, x, _: x.int()),
    # --- other names
    call("aten.T", floats(2, 5), expected=lambda torch, x: x.T),
    call("aten.T", floats(4, 1), expected=lambda torch, x: x.T),
    *[call(f"aten.__{name}__", *args) for name in ("and", "or", "xor")
      for args in ((WHOLE, ints(3, 4, seed=1)), (WHOLE, 6), (TRUTH, bools(3, 4, seed=1)))],
    call("aten._reshape_alias_copy", X, [6, 4], [4, 1]),
    call("aten._reshape_alias_copy", WHOLE, [12], [1]),
    call("aten.row_stack", [LINE, LINE * 2]),
    call("aten.row_stack", [floats(1, 3), floats(2, 3)]),
    call("aten.linalg_diagonal", X, expected=lambda torch, x: torch.linalg.diagonal(x)),
    call("aten.linalg_diagonal", SQUARES, expected=lambda torch, x: torch.linalg.diagonal(x)),
    call("aten.mkldnn_max_pool3d", VOLUME, [2, 2, 2], expected=lambda torch, *args: torch.max_pool3d(*args)),
    call("aten.mkldnn_max_pool3d", VOLUME, [3, 2, 1], [2, 1, 1], [1, 0, 0], [1, 2, 1], True,
         expected=lambda torch, *args: torch.max_pool3d(*args)),
    call("aten.gelu", X),
    call("aten.gelu", X, approximate="tanh"),
    call("aten.relu", X),
    call("aten.relu", ints(4)),
    call("aten.silu", X),
    call("aten.silu", floats(3, dtype="float64")),
    # --- truth of whole tensors
    call("aten.allclose", X, X + 1e-7, expected=truth("allclose")),
    call("aten.allclose", X, X + 1e-2, expected=truth("allclose")),
    call("aten.equal", WHOLE, WHOLE, expected=truth("equal")),
    call("aten.equal", WHOLE, ints(3, 4, seed=1), expected=truth("equal")),
    call("aten.is_nonzero", np.array([0.0], "float32"), expected=truth("is_nonzero")),
    call("aten.is_nonzero", np.array(3), expected=truth("is_nonzero")),
    call("aten.isreal", X),
    call("aten.isreal", WHOLE),
    # --- sizes and numbers
    call("aten._local_scalar_dense", np.array([2.5], "float32"), expected=number),
    call("aten._local_scalar_dense", np.array(7, "int32"), expected=number),
    *[call(f"aten.{name}", array, expected=lambda torch, x: torch.tensor(x.numel()))
      for name in ("numel", "sym_numel") for array in (X, WHOLE)],
    call("aten._shape_as_tensor", X),
    call("aten._shape_as_tensor", LINE),
    call("aten.sym_stride", X, 0, expected=lambda torch, x, axis: torch.tensor(x.stride(axis))),
    call("aten.sym_stride", X, -1, expected=lambda torch, x, axis: torch.tensor(x.stride(axis))),
    call("aten.sym_storage_offset", X, expected=lambda torch, x: torch.tensor(0)),
    call("aten.sym_storage_offset", LINE, expected=lambda torch, x: torch.tensor(0)),
    # --- made anew
    call("aten.zero", X),
    call("aten.zero", TRUTH),
    call("aten.empty_strided", [2, 3], [3, 1], expected=zeros),
    call("aten.empty_strided", [4], [1], expected=zeros),
    call("aten.empty_permuted", [2, 3], [1, 0], expected=zeros),
    call("aten.empty_permuted", [4, 1, 2], [0, 2, 1], expected=zeros),
    call("aten.new_empty_strided", X, [2, 3], [3, 1], expected=lambda torch, x, size, _: torch.zeros(size)),
    call("aten.new_empty_strided", WHOLE, [5], [1], expected=lambda torch, x, size, _: torch.zeros(size).long()),
    # --- read and written by index
    call("aten._unsafe_masked_index", LINE, bools(4), [ints(4, low=0, high=5)], 1.5),
    call("aten._unsafe_masked_index", WHOLE, bools(2, 3), [ints(2, 1, low=0, high=3), ints(3, low=0, high=4)], -1),
    call("aten._index_put_impl", X, [ints(2, low=0, high=2), ints(2, low=0, high=3)], floats(2, 4), False),
    call("aten._index_put_impl", LINE, [np.array([1, 1, 3])], floats(3), True, True),
    call("aten._unique", ints(8, low=0, high=4), True, True, results=2),
    call("aten._unique", floats(2, 3), True, True, results=2),
    call("aten.sum_to_size", X, [3, 1]),
    call("aten.sum_to_size", WHOLE, [3, 4]),
    call("aten.sum_to_size", TRUTH, [4]),
    # --- matrices
    call("aten._linalg_det", SQUARE),
    call("aten._linalg_det", SQUARES),
    call("aten._linalg_solve_ex", SQUARE, floats(3, 2)),
    call("aten._linalg_solve_ex", SQUARES, floats(2, 4, 3)),
    call("aten.linalg_solve_ex", SQUARE, floats(3)),
    call("aten.linalg_solve_ex", SQUARES, floats(2, 4, 1)),
    call("aten.linalg_inv_ex", SQUARE),
    call("aten.linalg_inv_ex", SQUARES),
    # --- statistics
    call("aten.cov", floats(3, 4), 1, np.array([1, 2, 1, 3]), expected=covariance),
    call("aten.cov", floats(3, 4), 2, np.array([1, 2, 1, 3]), positive(4), expected=covariance),
    call("aten.cov", WHOLE, 0, None, positive(4), expected=covariance),
    call("aten.corrcoef", floats(1, 5)),
    call("aten.corrcoef", WHOLE),
    call("aten.combinations", LINE, 3),
    call("aten.combinations", LINE, 3, True),
    call("aten.combinations", LINE, 1),
    # --- complex numbers
    call("aten.view_as_complex_copy", PAIRS, expected=same),
    call("aten.view_as_complex_copy", positive(2, 2), expected=same),
]  # fmt: skip
