#!/usr/bin/env bash
# Installs modelconv into .venv of this folder: the Debian packages that its C++ core is built from (with sudo unless
# you are root), a virtual environment, and the package itself. Running it again updates what changed.
set -euo pipefail
. "$(dirname "$0")/steps.sh"
# One compiler per core; ninja's own choice of two more does not pay when memory is short.
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

make_venv() {
  if [[ -x $venv/bin/pip ]]; then
    echo "exists: $venv"
  else
    python3 -m venv "$venv"
  fi
}

step "Debian packages" install_debian_packages \
  ccache g++ libfmt-dev libprotozero-dev nlohmann-json3-dev python3-dev python3-venv zlib1g-dev
step "virtual environment .venv" make_venv
step "modelconv and its dependencies" "$venv/bin/pip" install -q .

print_step_times
echo "Done. Use it with: . .venv/bin/activate; modelconv --help"
