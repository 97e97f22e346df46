#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and sanitizers, runs each for some seconds, and prints a table:
#   scripts/fuzz.sh [seconds per target (180)] [target ...]      for example: scripts/fuzz.sh 600 onnx graph_def
# Inputs that reach new code are kept in build/fuzz/found/<target>, so that a later run goes on where this one stopped;
# failures in build/fuzz/failures/. Ends with status 1 when there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-180}
shift || true
if [[ $# -gt 0 ]]; then targets=("$@"); else
  mapfile -t targets < <(ls tests/fuzz/fuzz_*.cpp | sed -E 's|.*/fuzz_(.*)\.cpp|\1|')
fi
command -v clang++ >/dev/null || {
  echo "clang++ with libFuzzer is needed; on Debian 12: apt-get install clang libclang-rt-14-dev" >&2
  exit 2
}

scripts/build.sh fuzz "${targets[@]/#/--target=fuzz_}"
mkdir -p build/fuzz/failures build/fuzz/logs

number() { sed -nE "s/.*$1 *([0-9]+).*/\1/p" "$log" | tail -1; }

failed=0
printf '%-14s %12s %9s %9s %11s %9s\n' target executions per_second coverage peak_MB failures
for target in "${targets[@]}"; do
  found=build/fuzz/found/$target log=build/fuzz/logs/$target.txt
  mkdir -p "$found"
  before=$(find build/fuzz/failures -name "$target-*" | wc -l)
  # One allocation above 1 GiB, or 25 s for one input, is a failure too.
  nice -n 10 build/fuzz/tests/fuzz/fuzz_"$target" -max_total_time="$seconds" -timeout=25 -malloc_limit_mb=1100 \
    -rss_limit_mb=2560 -print_final_stats=1 -artifact_prefix="build/fuzz/failures/$target-" \
    "$found" "tests/fuzz/corpus/$target" >"$log" 2>&1 || true
  failures=$(($(find build/fuzz/failures -name "$target-*" | wc -l) - before))
  ((failed += failures)) || true
  printf '%-14s %12s %9s %9s %11s %9s\n' "$target" "$(number stat::number_of_executed_units:)" \
    "$(number stat::average_exec_per_sec:)" "$(number ' cov:')" "$(number stat::peak_rss_mb:)" "$failures"
done
if ((failed > 0)); then
  echo "failures are in build/fuzz/failures, what was reported in build/fuzz/logs" >&2
  exit 1
fi
