#!/usr/bin/env bash
# A sweep on a Slurm cluster: an array of shards, and a job that joins them when all have succeeded.
#
#   examples/slurm/submit.sh 8 /scratch/me/sweep annabi-cifar10 --preset paper
#
# OUT must lie on a disk that the nodes share. Options of sbatch (account, partition, time, cores) go into SBATCH_ARGS,
# as in SBATCH_ARGS="--account=lab --time=12:00:00".
set -euo pipefail

fail() { echo "submit.sh: $*" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

[ $# -ge 2 ] || fail "expected: submit.sh SHARDS OUT [EXPERIMENT] [arguments of reproduce], found $# arguments"
command -v sbatch >/dev/null || fail "expected the command sbatch of Slurm; local.sh runs a sweep without it"
sweep "$1" "$2"
shift 2
build_once

# Words of their own.
read -r -a more <<<"${SBATCH_ARGS:-}"
common=(--parsable --export=ALL ${more[@]+"${more[@]}"})
answer=$(sbatch "${common[@]}" --array="1-$shards" --output="$out/shard-%a.log" "$here/shard.sh" "$shards" "$out" "$@")
# `JOB` or `JOB;CLUSTER`.
array=${answer%%;*}
answer=$(sbatch "${common[@]}" --dependency="afterok:$array" --output="$out/merge.log" "$here/merge.sh" "$shards" "$out")
echo "shards: job $array (1-$shards), logs $out/shard-*.log"
echo "merge: job ${answer%%;*}, into $out/merged"
