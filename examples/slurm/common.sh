# What submit.sh and local.sh share: sourced, not run.

# The built program, in ATTRACTOR_XTASK for the tasks; built here, once, unless it is named.
build_once() {
  if [ -z "${ATTRACTOR_XTASK:-}" ]; then
    local root
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
    cargo build --manifest-path "$root/Cargo.toml" --package xtask
    ATTRACTOR_XTASK="${CARGO_TARGET_DIR:-$root/target}/debug/xtask"
  fi
  [ -x "$ATTRACTOR_XTASK" ] || fail "expected a program in ATTRACTOR_XTASK, found \`$ATTRACTOR_XTASK\`"
  export ATTRACTOR_XTASK
}

# The number of shards and the folder of a sweep, which is made.
sweep() {
  [[ $1 =~ ^[1-9][0-9]*$ ]] || fail "expected a number of shards, found \`$1\`"
  mkdir -p "$2"
  shards=$1 out=$(cd "$2" && pwd)
}
