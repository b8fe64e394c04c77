#pragma once

#include <cstdint>

#include <rk/abi/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>

/// Kernels that send messages to their neighbours, and check all that comes.
namespace probe {

struct letter {
  std::uint64_t number;
  std::uint32_t from;
  std::uint32_t to;
  std::uint64_t complement;
};
struct parcel {
  std::uint64_t words[100];
};

enum class mail_fault : std::uint32_t {
  none,
  sends_twice,
  drops,
};

struct mail_history {
  std::uint64_t* sent;      ///< [actors]
  std::uint64_t* received;  ///< [actors]
  std::uint64_t* wrong;     ///< [actors], out of order, lost, twice, torn or of somebody else
  std::uint64_t rounds;
  mail_fault fault = mail_fault::none;
};

/// Everybody sends to every neighbour and takes from every one, in turns.
inline constinit rk::portable_kernel<mail_history, rk::mailbox_set<letter>> post_letters{
    "post_letters"};
/// The same by exchange with all neighbours.
inline constinit rk::portable_kernel<mail_history, rk::mailbox_set<letter>> exchange_letters{
    "exchange_letters"};
/// The same with messages of many words.
inline constinit rk::portable_kernel<mail_history, rk::mailbox_set<parcel>> post_parcels{
    "post_parcels"};
/// Actor 0 takes whatever comes of any neighbour, until all have left.
inline constinit rk::portable_kernel<mail_history, rk::mailbox_set<letter>> gather{"gather"};
/// Actor 0 sends to neighbour 0 until there is no room, then waits for room; what came of it goes
/// into `results`: sent, status without a wait, status with one, status for a neighbour that there
/// is not. Actor 1 leaves at once if `leaves`, else it waits to be stopped.
inline constinit rk::portable_kernel<std::uint64_t*, rk::mailbox_set<letter>, bool> overfill{
    "overfill"};

}  // namespace probe
