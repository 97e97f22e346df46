#!/usr/bin/env bash
# Configures and builds one preset (default: fast) and, where the preset builds the Python module, puts it beside the
# Python sources, so that PYTHONPATH=python imports it.
#   scripts/build.sh [fast|dev|fuzz|release|tidy] [further arguments of cmake --build]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-fast}
shift || true

if [[ -z ${VIRTUAL_ENV:-} && -x .venv/bin/python ]]; then
  VIRTUAL_ENV=$PWD/.venv
fi
if [[ -n ${VIRTUAL_ENV:-} ]]; then
  export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"
fi

# CONFIGURE_DEPENDS finds new files later; configuring again costs a second only when the presets changed.
if [[ ! -f build/$preset/build.ninja || CMakePresets.json -nt build/$preset/build.ninja ]]; then
  cmake --preset "$preset" -DPython_EXECUTABLE="$(command -v python3)"
fi
cmake --build --preset "$preset" "$@"

if compgen -G "build/$preset/_core*.so" >/dev/null; then
  cp --remove-destination "build/$preset"/_core*.so python/modelconv/
fi
