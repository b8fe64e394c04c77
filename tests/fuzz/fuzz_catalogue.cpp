// libFuzzer target: whatever a target writes as its catalogue, what is accepted is sound.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>
#include <rk/model/value.hpp>

namespace {

/// Largest element that is formatted.
constexpr std::uint64_t most_formatted = std::uint64_t{1} << 16;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_reads(const rk::model::catalogue& c, const rk::model::symbol& s) {
  const rk::model::selection whole = rk::model::resolve(c, s.name);
  require(whole.symbol == s.id);
  const std::uint64_t element = c.types[whole.type].size;
  for (const auto& r : rk::model::plan_ranges(whole, element)) {
    require(r.bytes <= s.bytes && r.offset <= s.bytes - r.bytes);
  }
  if (c.types[s.type].size > most_formatted) return;
  const std::vector<std::byte> zeros(c.types[s.type].size);
  require(!rk::model::format_value(c.types, s.type, zeros).empty());
}

void check_round_trip(const rk::model::catalogue& c) {
  const std::string text = rk::model::to_json_text(c);
  require(rk::model::to_json_text(rk::model::parse_catalogue(text)) == text);
}

void check_all(const rk::model::catalogue& c) {
  check_round_trip(c);
  for (const auto& s : c.symbols) check_reads(c, s);
  for (const auto& k : c.kernels) {
    const rk::model::symbol* actors = c.find(k.actors);
    require(actors != nullptr);
    require(actors->bytes == std::uint64_t{k.actor_count} * sizeof(rk::abi::actor_record));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  rk::model::catalogue c;
  try {
    c = rk::model::parse_catalogue(text);
  } catch (const rk::incompatible&) {
    return 0;
  }
  check_all(c);  // what was accepted must not be refused any more
  return 0;
}
