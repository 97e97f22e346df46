# Sourced by the other scripts: named steps with their times, and the project's virtual environment.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
venv=$PWD/.venv

# step "what happens" command args...: prints what happens, runs the command, notes how long it took. A command that is a
# function has to join its lines with &&: bash does not stop at errors inside a function whose result is tested.
step() {
  local what=$1 start=$SECONDS
  shift
  printf '\n==> %s\n' "$what"
  "$@" || {
    printf '\n==> FAILED after %d s: %s\n' $((SECONDS - start)) "$what" >&2
    exit 1
  }
  step_times+=("$(printf '%6d s  %s' $((SECONDS - start)) "$what")")
}
step_times=()

print_step_times() {
  printf '\n==> Seconds per step\n'
  printf '%s\n' "${step_times[@]}"
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named Debian packages that are missing.
install_debian_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu: please install your system's equivalents of: $*"
    return
  fi
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    echo "all installed: $*"
    return
  fi
  echo "installing: ${missing[*]}"
  as_root apt-get update -q &&
    as_root apt-get install -yq --no-install-recommends "${missing[@]}"
}
