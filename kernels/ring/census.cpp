#include "ring/census.hpp"

#include <vector>

#include <rk/abi/mailbox.hpp>

namespace ring {
namespace {

template <class T>
std::vector<T> load(const reader& read, const std::string& symbol, std::size_t count) {
  std::vector<T> values(count);
  read(symbol, values.data(), count * sizeof(T));
  return values;
}

/// Notes that a token was found.
void note(const token& t, std::vector<std::uint8_t>& seen, census& c) {
  if (t.number == 0 || t.number >= seen.size()) {
    c.wrong = "there is a token " + std::to_string(t.number) + " that nobody put in";
    return;
  }
  if (seen[t.number]++ != 0) c.wrong = "token " + std::to_string(t.number) + " is there twice";
  c.hops += t.hops;
}

}  // namespace

census count_tokens(const reader& read, const parameters& p, std::uint64_t actors,
                    std::uint32_t depth) {
  constexpr std::size_t words = sizeof(token) / 8;
  const std::size_t ways = actors == 2 ? 2 : 2 * actors;
  census c;
  const auto held = load<token>(read, "held", actors);
  const auto put_in = load<std::uint64_t>(read, "put_in", actors);
  const auto channels = load<rk::abi::mail_channel>(read, "rk.tokens.channels", ways);
  const auto tagged = load<rk::abi::tagged_word>(read, "rk.tokens.slots", ways * depth * words);
  std::vector<std::uint8_t> seen(p.tokens + 1);
  for (std::uint64_t a = 0; a < actors; ++a) {
    const std::uint64_t own = p.tokens / actors + (a < p.tokens % actors ? 1 : 0);
    // Those of actor a are a + 1, a + 1 + actors and so on, in this order.
    for (std::uint64_t n = put_in[a]; n < own; ++n) {
      seen.at(n * actors + a + 1) = 1;
      ++c.yet_to_come;
    }
  }
  for (const token& t : held) {
    if (t.number == 0) continue;
    note(t, seen, c);
    ++c.held;
  }
  for (std::size_t i = 0; i < channels.size(); ++i) {
    for (std::uint64_t at = channels[i].taken; at < channels[i].sent; ++at) {
      const std::size_t slot = (i * depth + at % depth) * words;
      if (tagged.at(slot).tag != at + 1) c.wrong = "a mailbox says that it holds what it does not";
      note({tagged.at(slot).word, tagged.at(slot + 1).word}, seen, c);
      ++c.in_flight;
    }
  }
  for (std::size_t n = 1; n < seen.size() && c.wrong.empty(); ++n) {
    if (seen[n] == 0) c.wrong = "token " + std::to_string(n) + " is lost";
  }
  return c;
}

}  // namespace ring
