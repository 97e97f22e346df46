"""`.pt2` and TorchScript archives, read in a process in which torch cannot be imported."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
import torch
from formats.torch.networks import networks
from formats.torch.programs import Recurrent, Scripted, examples
from support.damage import cut_short, flipped
from torch import nn

# Reads each archive with inputs beside it (.npz: input_0, ...) and writes what the model computes.
CHILD = """
import sys
sys.modules["torch"] = None  # importing it raises
import numpy as np
import modelconv as mc
for path in sys.argv[1:]:
    with np.load(path + ".npz") as file:
        inputs = [file[name] for name in file.files]
    model = mc.load(path, example_inputs=tuple(inputs)) if path.endswith(".pt") else mc.load(path)
    results = model.run({spec.name: array for spec, array in zip(model.inputs, inputs, strict=True)})
    np.savez(path + ".out.npz", **results)
"""


def in_a_process_without_torch(paths: list[Path]) -> None:
    process = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr[-3000:]


def save_inputs(path: Path, inputs: tuple[torch.Tensor, ...]) -> None:
    np.savez(f"{path}.npz", **{f"input_{i}": tensor.numpy() for i, tensor in enumerate(inputs)})


def assert_results(path: Path, expected: Any) -> None:
    leaves = torch.utils._pytree.tree_leaves(expected)
    with np.load(f"{path}.out.npz") as file:
        assert len(file.files) == len(leaves)
        for name, leaf in zip(file.files, leaves, strict=True):
            np.testing.assert_allclose(file[name], leaf.numpy(), rtol=1e-5, atol=1e-6)


def test_exported_programs_without_torch(tmp_path: Path) -> None:
    cases = {name: case for name, case in examples().items() if name != "folds"}  # torch cannot store a scan
    paths = {name: tmp_path / f"{name.replace(' ', '_')}.pt2" for name in cases}
    for name, (module, inputs) in cases.items():
        torch.export.save(torch.export.export(module, inputs), paths[name])
        save_inputs(paths[name], inputs)
    in_a_process_without_torch(list(paths.values()))
    for name, (module, inputs) in cases.items():
        with torch.no_grad():
            assert_results(paths[name], module(*inputs))
    names = [spec.name for spec in mc.load(paths["two heads"]).outputs]
    assert names == ["logits", "more_0", "more_1"]


def flat_archive(module: nn.Module, inputs: tuple[torch.Tensor, ...], with_kinds: bool) -> bytes:
    """As PyTorch up to 2.8 wrote it; up to 2.6 it did not say which arguments are given by name."""
    from torch._export.serde.serialize import serialize

    artifact = serialize(torch.export.export(module, inputs))
    program = json.loads(artifact.exported_program)
    for node in program["graph_module"]["graph"]["nodes"]:
        for argument in node["inputs"]:
            if not with_kinds:
                del argument["kind"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("version", "8.8")
        archive.writestr("serialized_exported_program.json", json.dumps(program))
        archive.writestr("serialized_state_dict.pt", artifact.state_dict)
        archive.writestr("serialized_constants.pt", artifact.constants)
        archive.writestr("serialized_example_inputs.pt", artifact.example_inputs)
    return buffer.getvalue()


def test_archives_of_older_versions_without_torch(tmp_path: Path) -> None:
    class Named(nn.Module):
        """Arguments by place and by name, a constant, and a buffer of bfloat16."""

        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 3)
            self.register_buffer("scale", torch.tensor([1.0, 2.0, 0.5]).to(torch.bfloat16))

        def forward(self, x: torch.Tensor) -> Any:
            y = nn.functional.gelu(self.linear(x), approximate="tanh") * self.scale
            steps = torch.arange(0, x.shape[0], 1, dtype=torch.float64, device=x.device)
            z = torch.add(y, torch.tensor([1.0, -1.0, 2.0]), alpha=0.5).to(torch.float64, copy=True)
            return torch.div(z, 0.3, rounding_mode="floor"), z.var(1, correction=0), steps

    cases = {name: case for name, case in examples().items() if name != "folds"}
    cases["named"] = (Named().eval(), (torch.randn(2, 4),))
    paths = {}
    for name, (module, inputs) in cases.items():
        for with_kinds in (True, False) if name == "named" else (True,):
            path = paths[name, with_kinds] = tmp_path / f"{name.replace(' ', '_')}_{with_kinds}.pt2"
            path.write_bytes(flat_archive(module, inputs, with_kinds))
            save_inputs(path, inputs)
    in_a_process_without_torch(list(paths.values()))
    for (name, _), path in paths.items():
        module, inputs = cases[name]
        with torch.no_grad():
            assert_results(path, module(*inputs))


def test_torchscript_without_torch(tmp_path: Path) -> None:
    image = (torch.randn(2, 3, 8, 8),)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten())
    programs = {
        "scripted": (torch.jit.script(Scripted().eval()), (torch.randn(2, 6),)),
        "traced": (torch.jit.trace(net.eval(), image), image),
        "net": (torch.jit.script(net.eval()), image),
        "lstm": (torch.jit.script(Recurrent().eval()), (torch.randn(2, 3, 4),)),
    }
    paths = {name: tmp_path / f"{name}.pt" for name in programs}
    for name, (program, inputs) in programs.items():
        torch.jit.save(program, paths[name])
        save_inputs(paths[name], inputs)
    in_a_process_without_torch(list(paths.values()))
    for name, (program, inputs) in programs.items():
        with torch.no_grad():
            assert_results(paths[name], program(*inputs))


def test_networks_without_torch(tmp_path: Path) -> None:
    """Ten of the usual kinds, exported, traced and scripted."""
    writers: dict[str, Callable[[nn.Module, Any, Path], None]] = {
        "exported.pt2": lambda module, inputs, path: torch.export.save(torch.export.export(module, inputs), path),
        "traced.pt": lambda module, inputs, path: torch.jit.trace(module, inputs).save(path),
        "scripted.pt": lambda module, _, path: torch.jit.script(module).save(path),
    }
    cases = networks()
    assert len(cases) == 10
    paths = {(name, kind): tmp_path / f"{name}_{kind}" for name in cases for kind in writers}
    for (name, kind), path in paths.items():
        module, inputs = cases[name]
        with torch.no_grad():
            writers[kind](module, inputs, path)
        save_inputs(path, inputs)
    in_a_process_without_torch(list(paths.values()))
    for (name, _), path in paths.items():
        module, inputs = cases[name]
        with torch.no_grad():
            assert_results(path, module(*inputs))


def test_live_script_modules_are_sources() -> None:
    program = torch.jit.script(Scripted().eval())
    x = torch.randn(3, 6)
    model = mc.load(program, example_inputs=x)
    assert [spec.name for spec in model.outputs] == ["output_0", "1_total", "1_x"] or len(model.outputs) == 3
    with torch.no_grad():
        columns, _ = program(x)
    np.testing.assert_allclose(next(iter(model.run({"x": x.numpy()}).values())), columns.numpy(), rtol=1e-5, atol=1e-6)


def archive_of(kind: str) -> bytes:
    buffer = io.BytesIO()
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval()
    if kind == "flat":
        return flat_archive(module, (torch.ones(2, 4),), True)
    if kind == "pt2":
        torch.export.save(torch.export.export(module, (torch.ones(2, 4),)), buffer)
    else:
        torch.jit.save(torch.jit.script(module), buffer)
    return buffer.getvalue()


def outcome_of(content: bytes, shapes: Any) -> str:
    try:
        mc.load(content, source_format="torch", input_shapes=shapes)
    except mc.ModelConvError as error:
        return type(error).__name__
    return "read"


@pytest.mark.parametrize("kind", ["pt2", "flat", "torchscript"])
def test_damaged_archives_give_typed_errors(kind: str) -> None:
    content = archive_of(kind)
    shapes = {"input": (2, 4)} if kind == "torchscript" else None
    outcomes = [outcome_of(damaged, shapes) for damaged in [*cut_short(content), *flipped(content)]]
    assert "InternalError" not in outcomes
    assert outcomes.count("read") > 10  # flips that hit padding or the numbers of weights


def replaced(content: bytes, is_meant: Callable[[str, bytes], bool], replacement: bytes) -> bytes:
    """The archive with other contents for some members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            member = old.read(info)
            new.writestr(info.filename, replacement if is_meant(info.filename, member) else member)
    return buffer.getvalue()


def test_a_pickle_that_wants_to_run_code_is_refused_by_name(tmp_path: Path) -> None:
    trace = tmp_path / "it ran"

    class Hostile:
        def __reduce__(self) -> Any:
            return (os.system, (f"touch '{trace}'",))

    hostile = replaced(
        archive_of("torchscript"), lambda name, _: name.endswith("data.pkl"), pickle.dumps(Hostile(), protocol=2)
    )
    with pytest.raises(mc.MalformedModelError, match=r"'(posix|nt)\.system'"):
        mc.load(hostile, source_format="torch")
    assert not trace.exists()


def test_source_text_is_not_executed(tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    body = f"    open({str(trace)!r}, 'w')\n    return input\n"
    text = f"class Sequential(Module):\n  def forward(self, input: Tensor) -> Tensor:\n{body}"
    hostile = replaced(archive_of("torchscript"), lambda name, member: b"class Sequential" in member, text.encode())
    with pytest.raises(mc.UnsupportedOpError, match="cannot be read"):
        mc.load(hostile, source_format="torch", input_shapes={"input": (2, 4)})
    assert not trace.exists()
