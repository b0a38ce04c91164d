#!/usr/bin/env bash
# Joins the shards of a sweep into OUT/merged, with the report of the whole.
#
#   sbatch --dependency=afterok:JOB merge.sh 8 OUT
#
#SBATCH --job-name=attractor-merge
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --time=00:30:00
set -euo pipefail

fail() { echo "merge.sh: $*" >&2; exit 2; }

[ $# -eq 2 ] || fail "expected: merge.sh SHARDS OUT, found $# arguments"
shards=$1 out=$2
[[ $shards =~ ^[1-9][0-9]*$ ]] || fail "expected a number of shards, found \`$shards\`"
xtask=${ATTRACTOR_XTASK:-}
[ -x "$xtask" ] || fail "expected the path of the built program \`xtask\` in ATTRACTOR_XTASK, found \`$xtask\`"

folders=() missing=()
for ((index = 1; index <= shards; index++)); do
  folder="$out/shard-$index-of-$shards"
  if [ -d "$folder" ]; then folders+=("$folder"); else missing+=("$index"); fi
done
if [ ${#missing[@]} -gt 0 ]; then
  indices=$(IFS=,; echo "${missing[*]}")
  fail "expected $shards shards in $out, missing: $indices; hand them in with: sbatch --array=$indices shard.sh $shards $out ..."
fi
# Fails, and names them, where cells are missing.
exec "$xtask" merge "${folders[@]}" --out "$out/merged"
