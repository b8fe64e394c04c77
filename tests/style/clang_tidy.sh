#!/usr/bin/env bash
# clang-tidy over all host code: library, exporters, agent, command line, samples. Not over what only nvcc
# compiles, nor over the file that is mostly stb's PNG writer. A missing clang-tidy is a failure.
# usage: clang_tidy.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
cd "$1"
git ls-files -z -- 'libinspect/src/*.cpp' 'exporters/src/*.cpp' 'agent/*.cpp' 'cli/*.cpp' 'kernels/*.cpp' \
  ':!libinspect/src/backend/cuda/*' ':!cli/render/png.cpp' |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy -p "$2" --quiet --extra-arg=-Wno-unknown-warning-option --warnings-as-errors='*'
