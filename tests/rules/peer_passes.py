"""What other simplifiers call their passes, which of our rules do the same, and a graph on which they must.

Names are those in the sources of onnxoptimizer, onnxsim, OnnxSlim, onnxscript and the optimizers of tf2onnx (November
2026). A row without rules says in its note why there is none. tools/passes_page.py writes docs/passes.md from this.
"""

from __future__ import annotations

from rules import peer_passes_onnx, peer_passes_slim
from rules.peer_pass_row import Row

__all__ = ["ROWS", "Row"]

ROWS = [*peer_passes_onnx.ROWS, *peer_passes_slim.ROWS]
