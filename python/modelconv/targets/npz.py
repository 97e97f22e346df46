"""NumPy's archive of arrays: a model's weights by name, in the order in which the graph has them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from modelconv import _core
from modelconv.targets.replacing import replaced
from modelconv.targets.safetensors import refuse_types

NUMPY = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}
NUMPY |= {"bool", "complex64", "complex128", "float16", "float32", "float64"}


def write(core: _core.Model, target: Path) -> None:
    """Write all weights, one after the other."""
    import numpy as np

    refuse_types(core.weight_types(), NUMPY, "NumPy", "write .safetensors")
    with replaced(target) as temporary, zipfile.ZipFile(temporary, "w", allowZip64=True) as archive:
        for name, array in core.weights().items():
            # A fixed date, so that equal weights give equal files.
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)
