#!/usr/bin/env bash
# The sweep of submit.sh on this machine, without Slurm: the same scripts with the variables that Slurm would set, some
# tasks at once, then the merge.
#
#   examples/slurm/local.sh [--at-once N] 8 OUT [EXPERIMENT] [arguments of reproduce]
set -euo pipefail

fail() { echo "local.sh: $*" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

at_once=1
if [ "${1:-}" = --at-once ]; then
  at_once=${2:-}
  [[ $at_once =~ ^[1-9][0-9]*$ ]] || fail "--at-once: expected a number of tasks, found \`$at_once\`"
  shift 2
fi
[ $# -ge 2 ] || fail "expected: local.sh [--at-once N] SHARDS OUT [EXPERIMENT] [arguments of reproduce], found $# arguments"
sweep "$1" "$2"
shift 2
build_once

task() {
  SLURM_ARRAY_JOB_ID=$$ SLURM_ARRAY_TASK_ID=$1 SLURM_ARRAY_TASK_COUNT=$shards SLURM_ARRAY_TASK_MIN=1 \
    SLURM_ARRAY_TASK_MAX=$shards bash "$here/shard.sh" "$shards" "$out" "${@:2}" >"$out/shard-$1.log" 2>&1
}

# As many as may run at once begin together; a failed one does not keep the others from running.
failed=()
for ((first = 1; first <= shards; first += at_once)); do
  indices=() pids=()
  for ((index = first; index < first + at_once && index <= shards; index++)); do
    task "$index" "$@" &
    indices+=("$index") pids+=($!)
  done
  for at in "${!pids[@]}"; do
    wait "${pids[$at]}" || failed+=("${indices[$at]}")
  done
done
if [ ${#failed[@]} -gt 0 ]; then
  for index in "${failed[@]}"; do tail -n 5 "$out/shard-$index.log" >&2; done
  fail "failed shards: ${failed[*]}; logs: $out/shard-*.log"
fi
exec bash "$here/merge.sh" "$shards" "$out"
