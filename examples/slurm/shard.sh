#!/usr/bin/env bash
# One task of a sweep: the shard of `cargo xtask reproduce` that Slurm's array index names, in a folder of its own.
#
#   sbatch --array=1-8 shard.sh 8 OUT [EXPERIMENT] [arguments of reproduce]
#
# submit.sh does that, and local.sh runs the same without Slurm. A task that ran before goes on where it ended:
# finished cells are not computed again. So whatever failed, was killed or ran out of time is handed in again by its
# indices, with the same arguments: `sbatch --array=3,7 shard.sh 8 OUT ...`.
#
#SBATCH --job-name=attractor
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
# Five minutes before its time is up the run is told to end after its cell, with a report of what is finished.
#SBATCH --signal=B:INT@300
#SBATCH --requeue
set -euo pipefail

fail() { echo "shard.sh: $*" >&2; exit 2; }

[ $# -ge 2 ] || fail "expected: shard.sh SHARDS OUT [EXPERIMENT] [arguments of reproduce], found $# arguments"
shards=$1 out=$2
shift 2
[[ $shards =~ ^[1-9][0-9]*$ ]] || fail "expected a number of shards, found \`$shards\`"

# How many shards there are is an argument, and not SLURM_ARRAY_TASK_COUNT, which counts the indices of this array
# alone: handing in two of eight again would cut the cells into two.
index=${SLURM_ARRAY_TASK_ID:-}
[[ $index =~ ^[0-9]+$ ]] || fail "expected an array index in SLURM_ARRAY_TASK_ID (sbatch --array=1-$shards), found \`$index\`"
[ "$index" -ge 1 ] && [ "$index" -le "$shards" ] ||
  fail "expected an array index within 1 to $shards (sbatch --array=1-$shards), found $index"

# Tasks that compiled at the same time would wait for each other, and nodes may lack a compiler.
xtask=${ATTRACTOR_XTASK:-}
[ -x "$xtask" ] || fail "expected the path of the built program \`xtask\` in ATTRACTOR_XTASK, found \`$xtask\`"

for word in "$@"; do
  case $word in
    all) fail "expected one experiment, found \`all\`: hand in a sweep for each" ;;
    --out | --out=* | --shard | --shard=* | --resume) fail "$word: the array gives that" ;;
  esac
done

# The kernel takes all cores of a node that it sees; ours are those of the task.
export RAYON_NUM_THREADS="${RAYON_NUM_THREADS:-${SLURM_CPUS_PER_TASK:-}}"
[ -n "$RAYON_NUM_THREADS" ] || unset RAYON_NUM_THREADS

folder="$out/shard-$index-of-$shards"
# What was trained beforehand (`reproduce ... --train-only --out OUT/trained`) is not trained by every shard again. A
# copy that was cut short is none.
if [ -d "$out/trained" ] && [ ! -e "$folder" ]; then
  rm -rf "$folder.part"
  cp -Rp "$out/trained" "$folder.part"
  mv "$folder.part" "$folder"
fi

echo "shard $index/$shards on $(hostname)"
# In the shell's place, so that signals reach it.
exec "$xtask" reproduce "$@" --shard "$index/$shards" --out "$folder" --resume
