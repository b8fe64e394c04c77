#pragma once

#include <cstdint>

#include <rk/abi/inbox.hpp>
#include <rk/host/portable_kernel.hpp>

#include "device/mail.hpp"

/// Kernels that write to actors by their addresses, and check all that comes.
namespace probe {

struct note {
  std::uint64_t number;  ///< of those that this sender wrote to this reader
  rk::actor_address from;
  rk::actor_address to;
  std::uint64_t complement;
};

/// Everybody writes `rounds` notes, in turns to all other actors of kernel 0 (or to those of kernel
/// 1, if this is not it), and takes as many.
inline constinit rk::portable_kernel<mail_history, rk::post_office, std::uint64_t*> correspond{
    "correspond"};
/// Takes notes until nothing more comes for as long as the kernel waits, and stops by request.
inline constinit rk::portable_kernel<mail_history, rk::post_office, std::uint64_t*> answer_notes{
    "answer_notes"};
/// Actor 0 tries what does not work; statuses go to `results`. Actor 1 leaves once it is told to.
inline constinit rk::portable_kernel<std::uint64_t*, rk::post_office> misuse_office{
    "misuse_office"};

/// Places in misuse_office's results.
enum class misuse : std::uint32_t {
  no_such_block,
  no_such_kernel,
  too_large,
  empty,
  other_size,
  peeked_bytes,
  sent,
  when_full,
  when_gone,
  done,
  count,
};

}  // namespace probe
