#!/usr/bin/env bash
# Installs modelconv and shows its main job: a network of handwritten digits becomes ONNX and computes the same.
set -euo pipefail
"$(dirname "$0")/setup.sh"
. "$(dirname "$0")/steps.sh"
step "TensorFlow, ONNX Runtime and scikit-learn, for the example" \
  "$venv/bin/pip" install -q tensorflow-cpu onnxruntime scikit-learn
step "examples/digits_to_onnx.py" "$venv/bin/python" examples/digits_to_onnx.py
