#!/usr/bin/env bash
# Installs a wheel of dist/ in an empty environment of each Python named, with pytest and nothing else, and runs the tests
# that need no framework; tests that do skip themselves.
#   scripts/try_wheel.sh python3.11 [python ...]
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in "$@"; do
  version=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
  "$python" -m venv "$folder/$version"
  "$folder/$version/bin/pip" install -q "$(compgen -G "dist/modelconv-*-$version-*.whl")" pytest
  "$folder/$version/bin/modelconv" --version
  # From a folder without python/, so that the package that is tested is the one of the wheel.
  PYTHONPATH=tests "$folder/$version/bin/pytest" -o pythonpath=tests -p no:cacheprovider -p support.no_frameworks \
    -q -r fE -m "not slow and not sweep" tests/formats tests/architectures tests/rules
done
