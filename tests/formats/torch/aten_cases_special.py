"""Special functions, the most frequent element, medians among NaN, Hermitian transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.aten import Case, bools, case, floats, ints, positive

WIDE = np.array([-7.5, -3, -0.25, 0, 1e-3, 0.5, 1, 2, 3.7, 40, 1e6, np.inf, np.nan], np.float32)
INSIDE = np.array([-1, -0.9999, -0.5, -1e-6, 0, 0.3, 0.99, 0.99999, 1, 1.5], np.float32)
POWERS = np.array([0, 0.5, 1, 2, -3, 1e-30, 1e30, 8, -0.1, 1023.99994], np.float32)
GAPS = np.where(bools(3, 5), floats(3, 5), np.nan).astype(np.float32)
SAME = ints(3, 6, low=0, high=3)
Z = floats(3, 4, 2)


def special(name: str) -> Any:
    return lambda torch, x: getattr(torch.special, name)(x)


def hermitian(name: str, **settings: Any) -> Any:
    """Of a complex tensor given as a real one."""
    return lambda torch, x: getattr(torch.fft, name)(torch.view_as_complex(x), **settings)


def hermitian_inverse(name: str, **settings: Any) -> Any:
    return lambda torch, x: torch.view_as_real(getattr(torch.fft, name)(x, **settings).resolve_conj())


CASES: list[Case] = [
    *[case(f"aten.{op}", lambda torch, x, op=op: getattr(torch, op)(x), x)
      for op in ("digamma", "lgamma") for x in (WIDE, WIDE.astype("float64"), ints(5, low=1, high=9))],
    *[case(f"aten.special_{name}", lambda torch, x, op=f"special_{name}": getattr(torch.ops.aten, op)(x), x)
      for name in ("digamma", "psi", "gammaln") for x in (WIDE, positive(3))],
    *[case(f"aten.{name}", lambda torch, x, op=name: getattr(torch.ops.aten, op)(x), x)
      for name in ("erfinv", "special_erfinv") for x in (INSIDE, floats(6) * 0.5)],
    case("aten.special_ndtri", special("ndtri"), np.array([0, 1e-6, 0.2, 0.5, 0.999, 1], np.float32)),
    case("aten.special_ndtri", special("ndtri"), positive(5)),
    case("aten.mvlgamma", lambda torch, x: torch.mvlgamma(x, 1), positive(4) + 2),
    case("aten.mvlgamma", lambda torch, x: torch.mvlgamma(x, 3), positive(4) + 2),
    case("aten.special_multigammaln", lambda torch, x: torch.ops.aten.special_multigammaln(x, 2), positive(4) + 2),
    case("aten.special_multigammaln", lambda torch, x: torch.ops.aten.special_multigammaln(x, 5), positive(4) + 3),
    case("aten.frexp", lambda torch, x: torch.frexp(x), POWERS),
    case("aten.frexp", lambda torch, x: torch.frexp(x), floats(7, dtype="float64")),
    case("aten.mode", lambda torch, x: torch.mode(x)[0], SAME),
    case("aten.mode", lambda torch, x: torch.mode(x, 0, keepdim=True)[0], SAME.astype("float32")),
    case("aten.nanmedian", lambda torch, x: torch.nanmedian(x), GAPS),
    case("aten.nanmedian", lambda torch, x: torch.nanmedian(x, 1)[0], GAPS),
    case("aten.nanmedian", lambda torch, x: torch.nanmedian(x, 0, keepdim=True)[0], ints(3, 4)),
    case("aten.unique_consecutive", lambda torch, x: torch.unique_consecutive(x, True, True, dim=0),
         np.array([[1, 2], [1, 2], [3, 2], [1, 2]])),
    case("aten.unique_consecutive", lambda torch, x: torch.unique_consecutive(x, True, True, dim=1),
         np.array([[1, 1, 2, 2], [3, 3, 3, 4]])),
    *[case(f"aten.fft_{name}", hermitian(name, norm=norm), Z)
      for name in ("hfft", "hfft2", "hfftn") for norm in ("backward", "ortho", "forward")],
    case("aten.fft_hfft", lambda torch, x: torch.fft.hfft(x, n=5), floats(2, 4)),
    *[case(f"aten.fft_{name}", hermitian_inverse(name, norm=norm), floats(3, 5))
      for name in ("ihfft", "ihfft2", "ihfftn") for norm in ("backward", "ortho", "forward")],
]  # fmt: skip
