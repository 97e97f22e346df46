"""Damaged files of weights: cut short, and with one byte changed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.damage import assert_refused, assert_typed_or_read, cut_short, flipped, write_each
from support.processes import skip_without


def state() -> dict[str, Any]:
    import torch

    whole = torch.arange(12.0)
    return {
        "state_dict": {"w": whole.view(3, 4), "t": whole.view(3, 4).t(), "half": torch.ones(3).half()},
        "epoch": 3,
        "numbers": np.arange(3),
    }


def torch_file(path: Path, **form: bool) -> None:
    import torch

    torch.save(state(), path, **form)


def numpy_list(path: Path) -> None:
    boxes = np.empty(3, object)
    boxes[:] = [np.ones((3, 2), "f4"), np.zeros(3), {"w": np.arange(4), "name": "x"}]
    np.savez(path, params=boxes, other=np.arange(5))


def safetensors_file(path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": np.ones((2, 3), "f4"), "b": np.arange(3)}, path, {"format": "np"})


FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "zip": (".pth", torch_file),
    "sequence": (".pth", lambda path: torch_file(path, _use_new_zipfile_serialization=False)),
    "bare": (".pkl", lambda path: path.write_bytes(pickle.dumps({"w": np.ones((2, 3)), "n": 1})) and None),
    "npz": (".npz", numpy_list),
    "packed": (".npz", lambda path: np.savez_compressed(path, a=np.ones((4, 5)), b=np.arange(3))),
    "npy": (".npy", lambda path: np.save(path, {"conv": {"w": np.ones((2, 3))}})),  # type: ignore[arg-type]
    "safetensors": (".safetensors", safetensors_file),
}


@pytest.mark.parametrize("name", FILES)
def test_damage(tmp_path: Path, name: str) -> None:
    skip_without("torch", "safetensors")
    suffix, make = FILES[name]
    sound = tmp_path / f"sound{suffix}"
    make(sound)
    content = sound.read_bytes()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert assert_typed_or_read([sound], scratch) == 1
    assert_refused(write_each(cut_short(content), tmp_path / "cut", suffix), scratch)
    assert_typed_or_read(write_each(flipped(content), tmp_path / "flipped", suffix), scratch)


def deep_pickle(depth: int) -> bytes:
    return b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."


# List 0 holds list 1 twice, which holds list 2 twice, ...: as many leaves as 2 to the number of lists.
def wide_pickle(depth: int) -> bytes:
    lists = b"".join(b"]q" + bytes([i]) for i in range(depth))
    fills = b"".join(
        b"h" + bytes([i]) + b"h" + bytes([i + 1]) + b"ah" + bytes([i + 1]) + b"a0" for i in range(depth - 1)
    )
    return b"\x80\x02" + lists + fills + b"h\x00."


def own_pickle() -> bytes:
    return b"\x80\x02]q\x00h\x00a."


def expanded(path: Path) -> None:
    """A terabyte made of one number."""
    import torch

    torch.save({"w": torch.ones(1).expand(1 << 38)}, path)


def test_hostile_files(tmp_path: Path) -> None:
    skip_without("torch")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    array = b"cnumpy.core.multiarray\n_reconstruct\n"
    contents = [
        deep_pickle(100_000),
        wide_pickle(60),
        own_pickle(),
        b"\x80\x02" + array + b"(tR.",
        b"\x80\x02" + array + b"(tR(K\x01(K\x05tcnumpy\ndtype\nX\x02\x00\x00\x00f4\x85RK\x00C\x04abcdtb.",
        b"\x80\x02" + array + b"(tR(K\x01(J\xff\xff\xff\xfftcnumpy\ndtype\nX\x02\x00\x00\x00f4\x85RK\x00C\x04abcdtb.",
        b"\x80\x02" + array + b"(tR(K\x01(K\x01tcnumpy\ndtype\nX\x02\x00\x00\x00M8\x85RK\x00C\x08abcdefghtb.",
        b"\x80\x02" + b"c_codecs\nencode\n" * 2 + b"\x85R" + b".",
    ]
    files = write_each(contents, tmp_path / "pickles", ".pkl")
    files.append(tmp_path / "expanded.pth")
    expanded(files[-1])
    assert_refused(files, scratch)


def tensorlayer_file(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv", b"dense"]
        for name in ("conv", "dense"):
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/w:0".encode(), f"{name}/b:0".encode()]
            group.create_dataset(f"{name}/w:0", data=np.ones((3, 4)))
            group.create_dataset(f"{name}/b:0", data=np.arange(4.0), compression="gzip")


def test_damaged_hdf5(tmp_path: Path) -> None:
    """Read by h5py, which says in many ways that a file is broken."""
    import modelconv as mc

    tensorlayer_file(tmp_path / "sound.h5")
    content = (tmp_path / "sound.h5").read_bytes()
    read = refused = 0
    for number, damaged in enumerate([*cut_short(content), *flipped(content)]):
        path = tmp_path / f"{number}.h5"
        path.write_bytes(damaged)
        try:
            read += len(mc.load(path).weights) > 0
        except mc.ModelConvError:  # any other would end the test
            refused += 1
    assert read > 0
    assert refused > 50
