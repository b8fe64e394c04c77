#!/usr/bin/env bash
# clang-tidy over every tracked .cpp that the build compiles. A missing clang-tidy is a failure.
# usage: clang_tidy.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
cd "$1"
git ls-files -z -- 'libinspect/src/*.cpp' 'exporters/*.cpp' 'agent/*.cpp' 'cli/*.cpp' 'kernels/*.cpp' |
  grep -zv -e backend/cuda/ |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$2" --quiet --warnings-as-errors='*' 2>&1 |
  grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' || test "${PIPESTATUS[0]}" = 0
