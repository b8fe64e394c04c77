#!/usr/bin/env bash
# clang-tidy over the parsers, the wire, the session and the CPU back-end: what reads bytes from outside, and
# what runs threads. A missing clang-tidy is a failure.
# usage: clang_tidy.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
cd "$1"
git ls-files -z -- 'libinspect/src/model/*.cpp' 'libinspect/src/protocol/*.cpp' 'libinspect/src/host/*.cpp' \
  'libinspect/src/backend/cpu/*.cpp' 'exporters/src/*.cpp' |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$2" --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*'
