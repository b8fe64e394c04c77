#include <charconv>

#include <rk/error.hpp>
#include <rk/model/selection.hpp>

#include "model/text.hpp"

namespace rk::model {
namespace {

constexpr std::size_t max_path_bytes = 4096;
constexpr std::size_t max_steps = 64;
constexpr std::size_t max_indices = 64;

[[nodiscard]] bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// C++ identifiers, and what debug information puts in the names of bases: "fluid::base<int>".
[[nodiscard]] bool is_member_character(char c) noexcept {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool is_beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
  return is_letter || is_digit(c) || is_beyond_ascii ||
         std::string_view("_$:<>").find(c) != std::string_view::npos;
}

/// Recursive descent over
///   path    = { "[" index { "," index } "]" | "." member }
///   index   = integer | [integer] ":" [integer] [":" [integer]]
class path_parser {
 public:
  explicit path_parser(std::string_view text) : text_(text) {}

  [[nodiscard]] std::vector<path_step> parse() {
    std::vector<path_step> steps;
    while (at_ < text_.size()) {
      if (steps.size() == max_steps) fail("more than 64 steps");
      steps.push_back(step());
    }
    return steps;
  }

 private:
  [[nodiscard]] path_step step() {
    if (take('[')) return bracket();
    if (take('.')) return member();
    fail("expected '[' or '.'");
  }

  [[nodiscard]] std::vector<slice_index> bracket() {
    std::vector<slice_index> indices;
    do {
      if (indices.size() == max_indices) fail("more than 64 indices");
      indices.push_back(index());
    } while (take(','));
    if (!take(']')) fail("expected ',' or ']'");
    return indices;
  }

  [[nodiscard]] slice_index index() {
    slice_index out;
    skip_spaces();
    out.start = integer();
    skip_spaces();
    if (take(':')) {
      range(out);
    } else if (!out.start) {
      fail("expected an index or ':'");
    }
    return out;
  }

  /// What follows the first colon.
  void range(slice_index& out) {
    out.is_range = true;
    skip_spaces();
    out.stop = integer();
    skip_spaces();
    if (!take(':')) return;
    skip_spaces();
    const std::size_t place = at_;
    out.step = integer().value_or(1);
    if (out.step < 1) fail("a step must be 1 or more", place);
    skip_spaces();
  }

  [[nodiscard]] std::optional<std::int64_t> integer() {
    if (at_ == text_.size() || !(text_[at_] == '-' || is_digit(text_[at_]))) return std::nullopt;
    std::int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto read = std::from_chars(text_.data() + at_, end, value);
    if (read.ec == std::errc::result_out_of_range) fail("a number that does not fit in 64 bits");
    if (read.ec != std::errc{}) fail("expected a digit behind '-'");
    at_ = static_cast<std::size_t>(read.ptr - text_.data());
    return value;
  }

  [[nodiscard]] std::string member() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_member_character(text_[at_])) ++at_;
    if (at_ == start) fail("expected a member's name");
    return std::string(text_.substr(start, at_ - start));
  }

  void skip_spaces() noexcept {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }

  [[nodiscard]] bool take(char c) noexcept {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void fail(const std::string& why) const { fail(why, at_); }

  [[noreturn]] void fail(const std::string& why, std::size_t place) const {
    throw invalid_argument(detail::quoted(text_) + ": " + why + ", at character " +
                           std::to_string(place + 1));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<path_step> parse_path(std::string_view text) {
  if (text.size() > max_path_bytes) {
    throw invalid_argument(detail::quoted(text) + ": longer than " +
                           std::to_string(max_path_bytes) + " bytes");
  }
  return path_parser(text).parse();
}

}  // namespace rk::model
