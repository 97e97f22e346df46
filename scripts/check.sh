#!/usr/bin/env bash
# The checks that need no build: formatting, linting, types, include directions. Under a minute.
set -euo pipefail
. "$(dirname "$0")/steps.sh"
[[ -x $venv/bin/ruff ]] && PATH=$venv/bin:$PATH

check_cpp_format() {
  git ls-files -z '*.h' '*.cpp' | xargs -0 clang-format --dry-run -Werror
}

step "ruff format" ruff format --check .
step "ruff check" ruff check .
step "mypy --strict" mypy
step "clang-format" check_cpp_format
step "include and import directions" pytest -q tests/layering
