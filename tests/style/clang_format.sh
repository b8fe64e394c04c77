#!/usr/bin/env bash
# Every tracked C++ and CUDA source is formatted as .clang-format says. A missing clang-format is a failure.
set -euo pipefail
cd "$1"
git ls-files -z -- '*.hpp' '*.cpp' '*.cuh' '*.cu' | xargs -0 clang-format --dry-run --Werror
