#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/device/execution.cuh>

/// Loads and stores of a word together with its tag. Each back-end supplies, in namespace
/// rk::detail:
///
///   abi::tagged_word load_tagged(const abi::tagged_word&);    the word belongs to the tag
///   void store_tagged(abi::tagged_word&, tag, word);          who sees the tag sees the word
///
/// Nothing else is ordered by them. On the GPU each is one access of 16 bytes [PTX ISA, ld.b128],
/// system scope; on the CPU back-end two, the tag stored behind the word and loaded before it.
#if RK_CUDA_COMPILER
#include <rk/device/cuda/tagged_word.cuh>
#else
#include <rk/device/cpu/tagged_word.hpp>
#endif
