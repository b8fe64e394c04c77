// libFuzzer target: whatever a user types behind `read`, what resolves lies within its symbol.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

#include "../libinspect/model/sample_catalogue.hpp"

namespace {

using rk::model::byte_range;
using rk::model::selection;

/// Largest read that is tried out in full.
constexpr std::uint64_t most_fetched = std::uint64_t{1} << 16;

void require(bool holds) {
  if (!holds) std::abort();
}

[[nodiscard]] std::uint64_t check_ranges(const std::vector<byte_range>& ranges,
                                         std::uint64_t symbol_bytes) {
  std::uint64_t end = 0;
  std::uint64_t total = 0;
  for (const byte_range& r : ranges) {
    require(r.bytes > 0 && r.offset >= end && r.bytes <= symbol_bytes);
    require(r.offset <= symbol_bytes - r.bytes);
    end = r.offset + r.bytes;
    total += r.bytes;
  }
  return total;
}

void check_selection(const rk::model::catalogue& c, const selection& s) {
  const rk::model::symbol* symbol = c.find(s.symbol);
  require(symbol != nullptr);
  const rk::model::type& element = c.types[s.type];
  require(element.how != rk::model::encoding::array);
  const std::uint64_t packed = s.count() * element.size;
  require(packed <= symbol->bytes);

  const std::vector<byte_range> ranges = rk::model::plan_ranges(s, element.size);
  const std::uint64_t fetched = check_ranges(ranges, symbol->bytes);
  require(packed <= fetched && (packed == 0) == ranges.empty());
  if (fetched > most_fetched) return;
  const std::vector<std::byte> data(fetched);
  require(rk::model::gather(s, element.size, ranges, data).size() == packed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const rk::model::catalogue sample = rk::model::test::sample_catalogue();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    (void)rk::model::parse_path(text);
  } catch (const rk::invalid_argument&) {  // a refusal is a good answer
  }
  try {
    check_selection(sample, rk::model::resolve(sample, text));
  } catch (const rk::invalid_argument&) {
  } catch (const rk::not_found&) {
  }
  return 0;
}
