#!/usr/bin/env bash
# A cluster on this machine: one scheduler and some executors that know the aggregates, each with a log file.
#
#   crates/attractor-datafusion/cluster.sh start DIR [--executors 2] [--port 50050] [--vcores 1] [-- options of executors]
#   crates/attractor-datafusion/cluster.sh stop DIR
#
# DIR keeps logs, process ids and what executors write between the stages of a query. The programs are those of
# ATTRACTOR_BIN, else of this crate's build (cargo build --features cluster). The scheduler listens on PORT, executor k
# on PORT + 10 k and the two ports behind it. All are bound to 127.0.0.1: none of them asks who calls.
set -euo pipefail

fail() { echo "cluster.sh: $*" >&2; exit 2; }
usage="expected: cluster.sh start DIR [--executors N] [--port P] [--vcores N] [-- options], or cluster.sh stop DIR"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Messages up to 64 MiB: see docs/distributed.md.
message=$((64 << 20))
# A dead executor is noticed after some seconds, not minutes.
heartbeat=2 timeout=10 look=2

# Whether a process is one of ours: its number may have passed to another one.
ours() { case $(ps -o comm= -p "$1" 2>/dev/null) in attractor-*) true ;; *) false ;; esac; }

# Tells every program to end, executors first, and waits; one that does not within ten seconds is killed.
stop() {
  local file pid tries
  for file in "$dir"/executor-*.pid "$dir"/scheduler.pid; do
    [ -e "$file" ] || continue
    pid=$(cat "$file")
    if ours "$pid"; then kill "$pid" || true; fi
    for ((tries = 0; tries < 100; tries++)); do
      ours "$pid" || break
      sleep 0.1
    done
    if ours "$pid"; then kill -KILL "$pid" || true; fi
    rm -f "$file"
  done
}

# Whether something listens on a port of this machine.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Waits until a program of ours listens, or says what it said instead.
await() {
  local name=$1 port=$2 tries
  for ((tries = 0; tries < 300; tries++)); do
    if listens "$port"; then return; fi
    kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$dir/$name.log" >&2
  stop
  fail "$name does not listen on port $port"
}

launch() {
  local name=$1
  shift
  "$@" >"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

start() {
  local executors=2 port=50050 vcores=1 k first
  while [ $# -gt 0 ]; do
    case $1 in
      --executors) executors=${2:-} ;;
      --port) port=${2:-} ;;
      --vcores) vcores=${2:-} ;;
      --) shift; break ;;
      *) fail "unknown option \`$1\`; $usage" ;;
    esac
    [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || fail "$1: expected a number of at least 1, found \`${2:-}\`"
    shift 2
  done
  local bin=${ATTRACTOR_BIN:-${CARGO_TARGET_DIR:-$here/target}/debug}
  for program in scheduler executor; do
    [ -x "$bin/attractor-$program" ] ||
      fail "expected the program $bin/attractor-$program: cargo build --features cluster, or name its folder in ATTRACTOR_BIN"
  done
  for file in "$dir"/*.pid; do [ ! -e "$file" ] || fail "$dir has a cluster already: cluster.sh stop $dir"; done
  for ((k = 0; k <= executors; k++)); do
    ! listens $((port + 10 * k)) || fail "port $((port + 10 * k)) is taken"
  done

  launch scheduler "$bin/attractor-scheduler" --bind-host 127.0.0.1 --bind-port "$port" \
    --executor-timeout-seconds $timeout --expire-dead-executor-interval-seconds $look \
    --grpc-server-max-decoding-message-size $message --grpc-server-max-encoding-message-size $message \
    --grpc-client-max-message-size $message
  await scheduler "$port"
  for ((k = 1; k <= executors; k++)); do
    first=$((port + 10 * k))
    mkdir -p "$dir/executor-$k"
    launch "executor-$k" "$bin/attractor-executor" --id "executor-$k" --bind-host 127.0.0.1 --external-host 127.0.0.1 \
      --scheduler-host 127.0.0.1 --scheduler-port "$port" --scheduler-connect-timeout-seconds 30 \
      --bind-port $first --bind-grpc-port $((first + 1)) --bind-health-port $((first + 2)) --vcores "$vcores" \
      --work-dir "$dir/executor-$k" --executor-heartbeat-interval-seconds $heartbeat \
      --grpc-server-max-decoding-message-size $message --grpc-server-max-encoding-message-size $message "$@"
  done
  for ((k = 1; k <= executors; k++)); do await "executor-$k" $((port + 10 * k)); done
  echo "df://127.0.0.1:$port with $executors executors; logs: $dir/*.log; stop with: $0 stop $dir"
}

[ $# -ge 2 ] || fail "$usage"
command=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
case $command in
  start) start "$@" ;;
  stop) stop ;;
  *) fail "unknown command \`$command\`; $usage" ;;
esac
