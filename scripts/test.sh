#!/usr/bin/env bash
# Every check, as continuous integration runs it, on an empty Debian machine or on yours. Arguments go to pytest.
set -euo pipefail
# The pinned versions from the start; for building the package too (pip reads the second name since 25.3).
export PIP_CONSTRAINT=$PWD/requirements/dev.txt PIP_BUILD_CONSTRAINT=$PWD/requirements/dev.txt
# The installed module gets what tests alone call (tests/bindings/).
export SKBUILD_CMAKE_DEFINE=MODELCONV_TEST_BINDINGS=ON
"$(dirname "$0")/setup.sh"
. "$(dirname "$0")/steps.sh"
export PATH=$venv/bin:$PATH VIRTUAL_ENV=$venv NO_MKDOCS_2_WARNING=1

cpp_tests() {
  scripts/build.sh dev && ctest --preset dev
}

step "Debian packages for the tests" install_debian_packages chromium cmake git libgmock-dev libgtest-dev mold
step "torch" pip install -q torch==2.13.0
step "pinned requirements" pip install -q -r requirements/dev.txt
step "checks without a build" scripts/check.sh
step "documentation" mkdocs build --strict --quiet
step "C++ tests with sanitizers" cpp_tests
print_step_times

# Last, so that its summary is the last thing on the screen. It tests the package that setup.sh installed, hence no
# python/ on its path.
printf '\n==> Python tests\n'
pytest -o pythonpath=tests --numprocesses auto --dist loadfile "$@"
