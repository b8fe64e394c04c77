#include <algorithm>

#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>
#include <rk/model/nearest.hpp>

#include "model/checked.hpp"
#include "model/text.hpp"

namespace rk::model {
namespace {

constexpr std::size_t most_candidates = 8;

/// "sim::counter" of "sim::counter@a.cu".
[[nodiscard]] std::string_view without_file(std::string_view name) noexcept {
  return name.substr(0, name.find('@'));
}

/// "counter" of "sim::counter@a.cu".
[[nodiscard]] std::string_view unqualified(std::string_view name) noexcept {
  name = without_file(name);
  const std::size_t scope = name.rfind("::");
  return scope == std::string_view::npos ? name : name.substr(scope + 2);
}

[[nodiscard]] bool ends_at_scope(std::string_view name, std::string_view tail) noexcept {
  if (!name.ends_with(tail)) return false;
  name.remove_suffix(tail.size());
  return name.empty() || name.ends_with("::");
}

[[nodiscard]] bool means(std::string_view name, std::string_view wanted) noexcept {
  return ends_at_scope(name, wanted) || ends_at_scope(without_file(name), wanted);
}

[[nodiscard]] std::string suggestion(const std::vector<symbol>& symbols, std::string_view wanted) {
  std::vector<std::string> names;
  std::vector<std::string> tails;
  for (const symbol& s : symbols) {
    names.push_back(s.name);
    tails.emplace_back(unqualified(s.name));
  }
  std::string text = did_you_mean(wanted, names);
  if (text.empty()) text = did_you_mean(wanted, tails);
  if (text.empty()) text = " `rk-inspect symbols` lists those that there are.";
  return text;
}

[[noreturn]] void fail_ambiguous(std::string_view wanted, const std::vector<const symbol*>& found) {
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), most_candidates); ++i) {
    list += (i == 0 ? " " : ", ") + detail::quoted(found[i]->name);
  }
  if (found.size() > most_candidates) list += ", ...";
  throw not_found("several symbols are called " + detail::quoted(wanted) + ":" + list +
                  "; write one of these names in full");
}

}  // namespace

const symbol* catalogue::find(symbol_id id) const noexcept {
  const auto place = static_cast<std::size_t>(id);
  if (place < symbols.size() && symbols[place].id == id) return &symbols[place];
  const auto found =
      std::find_if(symbols.begin(), symbols.end(), [id](const symbol& s) { return s.id == id; });
  return found == symbols.end() ? nullptr : &*found;
}

const kernel* catalogue::find_kernel(std::string_view name) const noexcept {
  const auto found = std::find_if(kernels.begin(), kernels.end(),
                                  [name](const kernel& k) { return k.name == name; });
  return found == kernels.end() ? nullptr : &*found;
}

const symbol& catalogue::resolve(std::string_view name) const {
  std::vector<const symbol*> found;
  for (const symbol& s : symbols) {
    if (s.name == name) return s;
    if (!name.empty() && means(s.name, name)) found.push_back(&s);
  }
  if (found.size() == 1) return *found.front();
  if (!found.empty()) fail_ambiguous(name, found);
  throw not_found("no symbol " + detail::quoted(name) + "." + suggestion(symbols, name));
}

std::optional<std::uint64_t> detail::array_bytes(const std::vector<std::uint64_t>& shape,
                                                 std::uint64_t element_bytes) noexcept {
  bool is_empty = false;
  std::uint64_t bytes = element_bytes;
  for (const std::uint64_t extent : shape) {
    is_empty = is_empty || extent == 0;
    const auto grown = multiply(bytes, std::max<std::uint64_t>(extent, 1));
    if (!grown) return std::nullopt;
    bytes = *grown;
  }
  return is_empty ? 0 : bytes;
}

std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
  if (const auto bytes = detail::array_bytes(shape, element_bytes)) return *bytes;
  throw incompatible("shape " + detail::shape_text(shape) + " of elements of " +
                     std::to_string(element_bytes) + " bytes is larger than any memory");
}

std::string publication_name(const symbol& s) {
  return "rk." + s.name + ".publication";
}

}  // namespace rk::model
