#include "protocol/message_json.hpp"

#include <rk/error.hpp>
#include <rk/protocol/frame.hpp>

namespace rk::protocol::detail {
namespace {

using nlohmann::json;

/// Messages are flat: anything deeper is hostile.
constexpr int max_depth = 8;
/// Most bytes of a text that is sent. What is no UTF-8 grows threefold on the way, and still is
/// accepted.
constexpr std::size_t max_sent_text = 16u << 10;
static_assert(3 * max_sent_text <= model::max_text_bytes);
/// Numbers that describe one range of a read request.
constexpr std::size_t numbers_per_range = 3;

bool is_second_byte(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

json parse(std::string_view text) {
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    if (depth > max_depth) throw incompatible("message: JSON nested too deeply");
    return true;
  };
  return json::parse(text, shallow, /*allow_exceptions=*/false);
}

std::string dump(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string one_line(std::string text) {
  constexpr std::string_view cut = "...";
  if (text.size() > max_sent_text) {
    std::size_t end = max_sent_text - cut.size();
    while (end != 0 && is_second_byte(text[end])) --end;
    text.replace(end, std::string::npos, cut);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) text[i] = ' ';
    // U+0080 to U+009F are 0xC2 and their own value.
    const bool c1 = c == 0xc2 && i + 1 < text.size() && is_second_byte(text[i + 1]) &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) text[i] = text[i + 1] = ' ';
  }
  return text;
}

json to_json(const std::vector<read_range>& ranges) {
  json numbers = json::array();
  for (const read_range& r : ranges) {
    numbers.push_back(r.symbol);
    numbers.push_back(r.offset);
    numbers.push_back(r.bytes);
  }
  return numbers;
}

std::vector<read_range> parse_ranges(const model::detail::json_object& o) {
  const std::vector<std::uint64_t> numbers =
      o.numbers("ranges", numbers_per_range * max_read_ranges);
  if (numbers.size() % numbers_per_range != 0) {
    o.fail("ranges", "is not made of symbol, offset and bytes");
  }
  std::vector<read_range> ranges;
  for (std::size_t i = 0; i < numbers.size(); i += numbers_per_range) {
    ranges.push_back(
        {to_id<model::symbol_id>(o, "ranges", numbers[i]), numbers[i + 1], numbers[i + 2]});
  }
  return ranges;
}

}  // namespace rk::protocol::detail
