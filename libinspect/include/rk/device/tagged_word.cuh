#pragma once

#include <cstdint>

#include <rk/abi/compiler.hpp>
#include <rk/abi/tagged_word.hpp>
#include <rk/device/atomic.cuh>
#include <rk/device/execution.cuh>

/// Loads and stores of a word together with its tag. Each back-end supplies, in namespace
/// rk::detail:
///
///   abi::tagged_word load_tagged<O, S>(const abi::tagged_word&);   the word belongs to the tag
///   void store_tagged<O, S>(abi::tagged_word&, tag, word);         who sees the tag sees the word
///   order tagged_reuse_store, tagged_reuse_load;   between a reader that has loaded a slot's words
///                                                  and a writer that stores others there
///
/// On the GPU each is one access of 16 bytes [PTX ISA, ld.b128, st.b128]; on the CPU back-end two,
/// the tag stored behind the word (release) and loaded before it (acquire), whatever the order.
#if RK_CUDA_COMPILER
#include <rk/device/cuda/tagged_word.cuh>
#else
#include <rk/device/cpu/tagged_word.hpp>
#endif
