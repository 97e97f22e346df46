"""Complex numbers in between, Fourier transforms, windows. Inputs and results are real here."""

from __future__ import annotations

import numpy as np
from support.aten import Case, case, floats

Z = floats(2, 3, 4, 2)
OTHER = (floats(5, 3, 4, 2),)
X = floats(3, 8)
WAVE = floats(2, 40)


def complex_case(op: str, function, *inputs: np.ndarray, **settings) -> Case:
    """`function(torch, z...)` of complex tensors; its complex result is compared part by part."""

    def call(torch, *parts):
        result = function(torch, *(torch.view_as_complex(part) for part in parts))
        return torch.view_as_real(result) if result.is_complex() else result

    return case(op, call, *inputs, **settings)


CASES: list[Case] = [
    case("aten.view_as_complex", lambda torch, x: torch.view_as_real(torch.view_as_complex(x)), Z),
    case("aten.view_as_complex", lambda torch, x: torch.view_as_complex(x).abs(), Z, other=OTHER),
    case("aten.view_as_real", lambda torch, x: torch.view_as_real(torch.view_as_complex(x) * 2), Z),
    case("aten.view_as_real", lambda torch, x: torch.view_as_real(torch.view_as_complex(x)).flatten(2), Z, other=OTHER),
    complex_case(
        "aten.mul", lambda torch, a, b: a * b, Z, floats(3, 4, 2), other=(floats(5, 3, 4, 2), floats(3, 4, 2))
    ),
    complex_case("aten.mul", lambda torch, a: a * a.real, Z),
    complex_case("aten.mul", lambda torch, a: a * 2j, Z),
    complex_case("aten.add", lambda torch, a, b: a + b, Z, Z + 1),
    complex_case("aten.add", lambda torch, a: a + a.real * 2, Z),
    complex_case("aten.sub", lambda torch, a: 1.5 * a - a.imag, Z),
    complex_case("aten.div", lambda torch, a, b: a / b, Z, Z[::-1].copy()),
    complex_case("aten.div", lambda torch, a: a / 2.5, Z),
    complex_case("aten.neg", lambda torch, a: -a, Z),
    complex_case("aten.real", lambda torch, a: a.real, Z),
    complex_case("aten.real", lambda torch, a: torch.real(a)[..., 1:], Z),
    complex_case("aten.imag", lambda torch, a: a.imag, Z),
    complex_case("aten.imag", lambda torch, a: torch.imag(a * 1j), Z),
    complex_case("aten.angle", lambda torch, a: a.angle(), Z),
    complex_case("aten.abs", lambda torch, a: a.abs(), Z),
    complex_case("aten._conj", lambda torch, a: a.conj() * a, Z),
    complex_case("aten._conj", lambda torch, a: a.conj().resolve_conj(), Z),
    complex_case("aten.conj_physical", lambda torch, a: torch.conj_physical(a), Z),
    complex_case("aten.conj_physical", lambda torch, a: torch.conj_physical(a)[0], Z),
    complex_case("aten.view", lambda torch, a: a.view(6, -1), Z),
    complex_case("aten.transpose", lambda torch, a: a.transpose(-1, 0), Z, other=OTHER),
    complex_case("aten.permute", lambda torch, a: a.permute(2, 0, 1), Z, other=OTHER),
    complex_case("aten.unsqueeze", lambda torch, a: a.unsqueeze(-1).squeeze(3), Z),
    complex_case("aten.flatten", lambda torch, a: a.flatten(1), Z, other=OTHER),
    complex_case("aten.expand", lambda torch, a: a[:, :1].expand(-1, 2, -1), Z),
    complex_case("aten.slice", lambda torch, a: a[:, -2:, 1], Z, other=OTHER),
    complex_case("aten.cat", lambda torch, a: torch.cat([a, a * 2], -1), Z),
    complex_case("aten.stack", lambda torch, a: torch.stack([a, -a], -1), Z),
    case("aten.polar", lambda torch, r, a: torch.view_as_real(torch.polar(r, a)), X, X * 3),
    case("aten.polar", lambda torch, a: torch.polar(torch.ones_like(a), a).real, X, other=(floats(5, 8),)),
    case("aten.complex", lambda torch, r, i: torch.view_as_real(torch.complex(r, i)), X, X * 3),
    case("aten.complex", lambda torch, r, i: torch.complex(r, i).angle(), X, X[:1] * 3),
    # --- transforms
    complex_case("aten.fft_fft", lambda torch, a: torch.fft.fft(a), Z),
    complex_case("aten.fft_fft", lambda torch, a: torch.fft.fft(a, n=5, dim=1, norm="ortho"), Z, other=OTHER),
    complex_case("aten.fft_ifft", lambda torch, a: torch.fft.ifft(a), Z, other=OTHER),
    complex_case("aten.fft_ifft", lambda torch, a: torch.fft.ifft(a, dim=0, norm="forward"), Z),
    case("aten.fft_rfft", lambda torch, x: torch.view_as_real(torch.fft.rfft(x)), X, other=(floats(5, 9),)),
    case("aten.fft_rfft", lambda torch, x: torch.fft.rfft(x, n=6, dim=0, norm="ortho").abs(), X),
    case("aten.fft_rfft", lambda torch, x: torch.view_as_real(torch.fft.rfft(x)), floats(7)),
    complex_case("aten.fft_irfft", lambda torch, a: torch.fft.irfft(a), Z, other=OTHER),
    complex_case("aten.fft_irfft", lambda torch, a: torch.fft.irfft(a, n=7, norm="ortho"), Z),
    complex_case("aten.fft_irfft", lambda torch, a: torch.fft.irfft(a, n=5, dim=1, norm="forward"), Z),
    complex_case("aten.fft_fft2", lambda torch, a: torch.fft.fft2(a), Z),
    complex_case("aten.fft_fft2", lambda torch, a: torch.fft.fft2(a, s=(2, 5), norm="forward"), Z),
    complex_case("aten.fft_ifft2", lambda torch, a: torch.fft.ifft2(a), Z),
    complex_case("aten.fft_ifft2", lambda torch, a: torch.fft.ifft2(a, norm="ortho"), Z),
    case("aten.fft_rfft2", lambda torch, x: torch.view_as_real(torch.fft.rfft2(x)), X),
    case("aten.fft_rfft2", lambda torch, x: torch.view_as_real(torch.fft.rfft2(x, norm="ortho")), floats(2, 4, 5)),
    complex_case("aten.fft_irfft2", lambda torch, a: torch.fft.irfft2(a), Z),
    complex_case("aten.fft_irfft2", lambda torch, a: torch.fft.irfft2(a, s=(3, 5), norm="ortho"), Z),
    complex_case("aten.fft_fftn", lambda torch, a: torch.fft.fftn(a), Z),
    complex_case("aten.fft_fftn", lambda torch, a: torch.fft.fftn(a, dim=(0, 2)), Z),
    complex_case("aten.fft_ifftn", lambda torch, a: torch.fft.ifftn(a), Z),
    complex_case("aten.fft_ifftn", lambda torch, a: torch.fft.ifftn(a, dim=(1,)), Z),
    case("aten.fft_rfftn", lambda torch, x: torch.view_as_real(torch.fft.rfftn(x)), floats(2, 3, 4)),
    case("aten.fft_rfftn", lambda torch, x: torch.view_as_real(torch.fft.rfftn(x, dim=(0,))), floats(2, 3, 4)),
    complex_case("aten.fft_irfftn", lambda torch, a: torch.fft.irfftn(a), Z),
    complex_case("aten.fft_irfftn", lambda torch, a: torch.fft.irfftn(a, dim=(0, 1)), Z),
    complex_case("aten._fft_c2c", lambda torch, a: torch.ops.aten._fft_c2c(a, [1, 2], 0, True), Z),
    complex_case("aten._fft_c2c", lambda torch, a: torch.ops.aten._fft_c2c(a, [2], 2, False), Z),
    case("aten._fft_r2c", lambda torch, x: torch.view_as_real(torch.ops.aten._fft_r2c(x, [1], 0, True)), X),
    case("aten._fft_r2c", lambda torch, x: torch.view_as_real(torch.ops.aten._fft_r2c(x, [0, 1], 1, False)), X),
    complex_case("aten._fft_c2r", lambda torch, a: torch.ops.aten._fft_c2r(a, [2], 2, 6), Z),
    complex_case("aten._fft_c2r", lambda torch, a: torch.ops.aten._fft_c2r(a, [1, 2], 0, 7), Z),
    case("aten.fft_fftfreq", lambda torch, x: torch.fft.fftfreq(8) + x, X),
    case("aten.fft_fftfreq", lambda torch, x: torch.fft.fftfreq(5, 0.5) + x[:, :5], X),
    case("aten.fft_rfftfreq", lambda torch, x: torch.fft.rfftfreq(8) + x[:, :5], X),
    case("aten.fft_rfftfreq", lambda torch, x: torch.fft.rfftfreq(5, 0.5) + x[:, :3], X),
    case("aten.fft_fftshift", lambda torch, x: torch.fft.fftshift(x), X, other=(floats(4, 7),)),
    case("aten.fft_fftshift", lambda torch, x: torch.fft.fftshift(x, dim=1), floats(2, 5)),
    case("aten.fft_ifftshift", lambda torch, x: torch.fft.ifftshift(x), X),
    case("aten.fft_ifftshift", lambda torch, x: torch.fft.ifftshift(x, dim=(1,)), floats(2, 5)),
    # --- of windows
    case(
        "aten.stft",
        lambda torch, x: torch.view_as_real(torch.stft(x, 16, window=torch.hann_window(16), return_complex=True)),
        WAVE,
        other=(floats(3, 52),),
    ),
    case(
        "aten.stft",
        lambda torch, x: torch.stft(
            x, 16, 5, 12, torch.ones(12), center=False, normalized=True, onesided=False, return_complex=True
        ).abs(),
        WAVE[0],
    ),
    case(
        "aten.istft",
        lambda torch, x: torch.istft(
            torch.stft(x, 16, window=torch.hann_window(16), return_complex=True), 16, window=torch.hann_window(16)
        ),
        WAVE,
    ),
    case(
        "aten.istft",
        lambda torch, x: torch.istft(
            torch.stft(x, 16, 4, 12, torch.hamming_window(12), return_complex=True),
            16,
            4,
            12,
            torch.hamming_window(12),
            length=36,
        ),
        WAVE[0],
    ),
    *(
        case(f"aten.{name}", lambda torch, x, name=name, periodic=periodic: getattr(torch, name)(8, periodic) + x, X)
        for name in ("hann_window", "hamming_window", "blackman_window", "bartlett_window")
        for periodic in (True, False)
    ),
]
