"""Names of operators' outputs, by which function bodies refer to tensors, are those of TensorFlow's registry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from modelconv import _core

SOURCE = Path(__file__).resolve().parents[3] / "cpp/formats/tensorflow/output_names.cpp"


def rows() -> dict[str, str]:
    text = SOURCE.read_text(encoding="utf-8")
    found = re.findall(r'OutputNames\{"(\w+)",\s*((?:"[^"]*"\s*)+)\}', text)
    return {op: "".join(re.findall(r'"([^"]*)"', names)) for op, names in found}


@pytest.fixture(scope="module")
def registered(tf: Any) -> dict[str, str]:
    """Outputs of every operator that has several, spelled as in the table."""
    from tensorflow.python.framework import op_def_registry

    names = {name.removeprefix("tf.") for name, *_ in _core.operators("tensorflow")} | set(rows())
    found = {}
    for name in names:
        definition = op_def_registry.get(name)
        if definition is None or len(definition.output_arg) < 2:
            continue
        outputs = []
        for output in definition.output_arg:
            assert not output.type_list_attr or output is definition.output_arg[-1], f"{name} has a list of types"
            outputs.append(f"{output.name}*{output.number_attr}" if output.number_attr else output.name)
        found[name] = " ".join(outputs)
    return found


def test_rows_are_as_in_the_registry(registered: dict[str, str]) -> None:
    assert {op: names for op, names in rows().items() if op in registered} == {
        op: names for op, names in registered.items() if op in rows()
    }


def test_every_operator_with_several_outputs_has_a_row(registered: dict[str, str]) -> None:
    assert sorted(set(registered) - set(rows())) == []
