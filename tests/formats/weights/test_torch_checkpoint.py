"""PyTorch checkpoints against what torch.save was given; what is refused, and how."""

from __future__ import annotations

import argparse
import collections
import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without


@pytest.fixture(autouse=True, scope="module")
def _needs_torch() -> None:
    skip_without("torch")


def save(path: Path, state: Any, **options: Any) -> Path:
    import torch

    torch.save(state, path, **options)
    return path


FORMS = [pytest.param({}, id="zip"), pytest.param({"_use_new_zipfile_serialization": False}, id="sequence")]


def states() -> dict[str, Any]:
    import torch

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(6, 5, 4, generator=generator)
    tied = torch.arange(12.0)
    return {
        "plain": {"w": x, "b": x[0, 0].clone()},
        "ordered": collections.OrderedDict(conv=collections.OrderedDict(weight=x)),
        "transposed": {"w": x.permute(2, 0, 1), "t": x[1].t(), "step": x[::2, 1:, ::3]},
        "views of one storage": {"whole": tied, "window": tied[3:7], "matrix": tied.view(3, 4).t()},
        "expanded": {"w": torch.ones(3, 1).expand(3, 5)},
        "empty and scalar": {"none": torch.zeros(0, 3), "one": torch.tensor(2.5), "count": torch.tensor(7)},
        "parameter": {"w": torch.nn.Parameter(x), "r": x.clone().requires_grad_()},
        "types": {
            str(dtype)[6:]: torch.arange(6).reshape(2, 3).to(dtype)
            for dtype in (torch.float64, torch.float16, torch.int8, torch.uint8, torch.int16, torch.int32, torch.bool)
        },
        "nested": {"state_dict": {"w": x}, "optimizer": {"state": {0: {"m": x * 2}}, "list": [x, (x, x * 3)]}},
    }


def flat(state: Any, name: str = "") -> dict[str, Any]:
    """The names that are expected."""
    if hasattr(state, "detach"):
        return {name: state.detach().numpy()}
    items = state.items() if isinstance(state, dict) else enumerate(state)
    return {key: array for k, v in items for key, array in flat(v, f"{name}.{k}" if name else str(k)).items()}


@pytest.mark.parametrize("form", FORMS)
def test_tensors(tmp_path: Path, form: dict[str, bool]) -> None:
    for title, state in states().items():
        model = mc.load(save(tmp_path / "c.pth", state, **form))
        expected = flat(state)
        assert list(model.weights) == list(expected), title
        for name, array in expected.items():
            assert model.weights[name].dtype == array.dtype, (title, name)
            np.testing.assert_array_equal(model.weights[name], array, err_msg=f"{title}: {name}")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "uint16", "uint32", "complex64"])
def test_types_without_a_numpy_twin(tmp_path: Path, dtype: str, form: dict[str, bool]) -> None:
    import torch

    state = {"w": torch.tensor([[1, 2], [3, 4]]).to(getattr(torch, dtype))}
    weight = mc.load(save(tmp_path / "c.pth", state, **form)).weights["w"]
    assert str(weight.dtype) == dtype
    np.testing.assert_array_equal(weight.astype("c8"), [[1, 2], [3, 4]])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_protocols(tmp_path: Path, protocol: int) -> None:
    import torch

    state = {"w": torch.arange(5.0), "epoch": 3, "numbers": np.arange(4), "rate": np.float32(0.5)}
    weights = mc.load(save(tmp_path / "c.pth", state, pickle_protocol=protocol)).weights
    assert {name: array.tolist() for name, array in weights.items()} == {
        "w": [0, 1, 2, 3, 4],
        "numbers": [0, 1, 2, 3],
        "rate": 0.5,
    }


def test_what_is_no_tensor_becomes_metadata(tmp_path: Path) -> None:
    import torch

    state = {"w": torch.ones(2), "epoch": 12, "best": 0.25, "arch": "resnet", "done": True, "nothing": None,
             "args": argparse.Namespace(rate=0.1, layers=[1, 2])}  # fmt: skip
    assert mc.load(save(tmp_path / "c.pth.tar", state))._core.metadata == {
        "epoch": "12",
        "best": "0.25",
        "arch": "resnet",
        "done": "true",
        "args.rate": "0.1",
        "args.layers.0": "1",
        "args.layers.1": "2",
    }


def test_contents_decide_and_not_the_suffix(tmp_path: Path) -> None:
    import torch

    for suffix in (".pth", ".pt", ".pth.tar", ".bin", ".ckpt", ".onnx", ""):
        path = save(tmp_path / f"c{suffix}", {"w": torch.ones(1)})
        assert mc.load(path).source_format == "torch_checkpoint"
        assert mc.load(path.read_bytes()).source_format == "torch_checkpoint"


def test_one_part(tmp_path: Path) -> None:
    path = save(tmp_path / "c.pth", states()["nested"])
    assert list(mc.load(path, options={"part": "state_dict"}).weights) == ["w"]
    with pytest.raises(mc.ModelConvError, match=r"no tensors below 'model'(?s:.)*its parts are state_dict, optimizer"):
        mc.load(path, options={"part": "model"})
    with pytest.raises(mc.ModelConvError, match="no option 'prt'"):
        mc.load(path, options={"prt": "model"})


def test_weights_are_views_of_the_file(tmp_path: Path) -> None:
    import torch

    path = save(tmp_path / "c.pth", {"w": torch.ones(1 << 24), "b": torch.ones(3)})
    before = private_bytes()
    model = mc.load(path)
    assert not model.weights["w"].flags.owndata
    assert float(model.weights["b"].sum()) == 3
    assert private_bytes() - before < 8 << 20


def private_bytes() -> int:
    """Memory that is this process's alone."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon"))


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_module_is_refused(tmp_path: Path, form: dict[str, bool]) -> None:
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    for state in (net, {"model": net, "epoch": 1}):
        path = save(tmp_path / "c.pt", state, **form)
        with pytest.raises(mc.UnknownFormatError, match=r"whole module, an object of class 'torch\.nn\.") as caught:
            mc.load(path)
        assert "state_dict()" in str(caught.value)
        assert "modelconv export" in str(caught.value)


def test_a_module_of_an_unknown_class_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    module = types.ModuleType("acme")
    net_class = type("Net", (torch.nn.Module,), {"__module__": "acme"})
    module.Net = net_class  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme", module)
    with pytest.raises(mc.UnknownFormatError, match=r"class 'acme\.Net'"):
        mc.load(save(tmp_path / "c.pt", net_class()))


@pytest.mark.parametrize("kind", ["quantised", "sparse", "meta"])
@pytest.mark.filterwarnings("ignore")
def test_tensors_that_are_not_read(tmp_path: Path, kind: str) -> None:
    import torch

    tensor = {
        "quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
        "sparse": lambda: torch.eye(3).to_sparse(),
        "meta": lambda: torch.empty(3, device="meta"),
    }[kind]()
    with pytest.raises(mc.UnknownFormatError, match=r"cannot be read|holds quantised tensors") as caught:
        mc.load(save(tmp_path / "c.pt", {"fine": torch.ones(1), "odd": tensor}))
    assert "tensor 'odd'" in str(caught.value)


class Runs:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    ("function", "symbol"),
    [
        (os.system, f"{os.name}.system"),
        (eval, r"(builtins|__builtin__)\.eval"),
        (exec, r"(builtins|__builtin__)\.exec"),
        (getattr, r"(builtins|__builtin__)\.getattr"),
        (__import__, r"(builtins|__builtin__)\.__import__"),
        (os.unlink, f"{os.name}.unlink"),
        (collections.namedtuple, r"collections\.namedtuple"),
        (pickle.loads, r"_?pickle\.loads"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_pickle_that_runs_code(tmp_path: Path, function: Any, symbol: str) -> None:
    import torch

    trap = tmp_path / "trap"
    state = {"w": torch.ones(1), "x": Runs(function, f"open({str(trap)!r}, 'w')")}
    files = [save(tmp_path / f"{i}.pth", state, **form.values[0]) for i, form in enumerate(FORMS)]
    files.append(tmp_path / "bare.pkl")
    files[-1].write_bytes(pickle.dumps(state | {"w": np.ones(1)}))
    np.savez(tmp_path / "p.npz", params=np.array([np.ones(2), state["x"]], object))
    np.save(tmp_path / "p.npy", np.array({"w": np.ones(2), "x": state["x"]}, object))
    for path in [*files, tmp_path / "p.npz", tmp_path / "p.npy"]:
        with pytest.raises(mc.MalformedModelError, match=rf"wants to use '{symbol}', which is not allowed"):
            mc.load(path)
    assert not trap.exists()


def test_objects_of_unknown_classes_can_be_left_out(tmp_path: Path) -> None:
    import torch

    path = save(tmp_path / "c.pth", {"w": torch.ones(1), "x": Runs(collections.ChainMap, {})})
    with pytest.raises(mc.MalformedModelError, match=r"(?s)'collections.ChainMap'.*skip_unknown=true"):
        mc.load(path)
    result = mc.convert(path, options={"skip_unknown": True})
    assert list(result.model.weights) == ["w"]
    assert "collections.ChainMap" in result.report.warnings[0]
    evil = save(tmp_path / "e.pth", {"w": torch.ones(1), "x": Runs(os.system, "true")})
    with pytest.raises(mc.MalformedModelError, match="system"):
        mc.load(evil, options={"skip_unknown": True})


def test_pickled_arrays(tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    for protocol in range(2, 6):
        path.write_bytes(pickle.dumps({"model": {"w": np.arange(6.0).reshape(2, 3), "n": 3}}, protocol))
        model = mc.load(path)
        assert model.weights["model.w"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_big_endian_files_are_refused(tmp_path: Path) -> None:
    import zipfile

    import torch

    path = save(tmp_path / "c.pth", {"w": torch.ones(1)})
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.pth", "w") as new:
        for name in old.namelist():
            new.writestr(name, b"big" if name.endswith("byteorder") else old.read(name))
    with pytest.raises(mc.UnknownFormatError, match="big-endian"):
        mc.load(tmp_path / "b.pth")


def test_weights_alone_are_no_graph(tmp_path: Path) -> None:
    import torch

    path = save(tmp_path / "c.pth", {"w": torch.ones(1)})
    with pytest.raises(mc.ModelConvError, match=r"holds weights and no graph; it cannot be written as onnx"):
        mc.convert(path, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
