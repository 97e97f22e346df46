"""Published TorchScript archives against PyTorch: every run begins with the file's state."""

from __future__ import annotations

import modelconv as mc
import numpy as np
import pytest
from support import real_models
from support.processes import skip_without

pytestmark = pytest.mark.real_models


@pytest.mark.parametrize(
    ("name", "shape", "numbers"),
    [("silero_vad_jit/silero_vad.jit", (1, 512), (16000,)), ("unitree_g1_policy/motion.pt", (1, 47), ())],
)
def test_they_equal_pytorch(name: str, shape: tuple[int, ...], numbers: tuple[int, ...]) -> None:
    skip_without("torch")
    import torch

    path = real_models.model_path(f"torch/{name}")
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    model = mc.load(path, example_inputs=(x, *numbers))
    (result,) = model.run({"x": x}).values()
    with torch.no_grad():
        expected = torch.jit.load(path)(torch.from_numpy(x), *numbers)
    np.testing.assert_allclose(result, expected.numpy(), rtol=1e-5, atol=1e-6)
