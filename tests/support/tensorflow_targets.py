"""The operators that modelconv aims at: all that tf2onnx or OpenVINO's TensorFlow reader handle, by name.

Counted in their sources. Some are no operators of TensorFlow but names that those converters use inside.
"""

from pathlib import Path

TARGETS = (Path(__file__).parents[1] / "data/tensorflow_targets.txt").read_text(encoding="utf-8").split()
