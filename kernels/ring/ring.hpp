#pragma once

#include <cstdint>

#include <rk/abi/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>

/// Tokens that go round a ring of actors, from mailbox to mailbox, for ever. None may get lost,
/// none may come twice, at any moment: those that an actor holds and those that lie in mailboxes
/// are together as many as were put in.
namespace ring {

struct token {
  std::uint64_t number;  ///< from 1
  std::uint64_t hops;    ///< so far
};

struct parameters {
  std::uint32_t tokens = 0;  ///< of all actors together
  std::uint64_t steps = 0;   ///< of each actor; 0: until asked to stop
};

/// What an actor keeps between two steps, in symbols that checkpoints contain.
struct state {
  token* held;            ///< [actors], the token that the actor holds; number 0: none
  std::uint64_t* passed;  ///< [actors], tokens passed on
  std::uint64_t* put_in;  ///< [actors], tokens that the actor has put in
};

inline constinit rk::portable_kernel<parameters, rk::mailbox_set<token>, state> pass_on{"ring"};

}  // namespace ring
