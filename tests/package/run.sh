#!/usr/bin/env bash
# Installs the build into a fresh folder and builds tests/package against it.
# usage: run.sh BUILD_DIR SOURCE_DIR CXX_COMPILER [CXX_FLAGS]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/prefix" >/dev/null
cmake -S "$2" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$3" \
  -DCMAKE_CXX_STANDARD=20 -DCMAKE_CXX_FLAGS="${4:-}" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/build/outside"
for program in rk-inspect rk-agent rk-wave; do "$work/prefix/bin/$program" --version; done
test -s "$work/prefix/share/bash-completion/completions/rk-inspect"
test -s "$work/prefix/share/rk-inspect/schema/dump.schema.json"
test -s "$work/prefix/lib/systemd/user/rk-agent.service"
