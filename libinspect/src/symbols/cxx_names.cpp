#include "symbols/cxx_names.hpp"

#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <utility>

#include <cxxabi.h>

namespace rk::symbols {
namespace {

bool is_word(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_digit(char c) noexcept {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// "f" for "f(int) const"; what begins with a bracket stays whole.
std::string_view without_parameters(std::string_view scope) noexcept {
  const std::size_t open = scope.find('(');
  return open == std::string_view::npos || open == 0 ? scope : scope.substr(0, open);
}

}  // namespace

std::string demangle(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string(mangled);
}

std::vector<std::string> split_scopes(std::string_view qualified) {
  std::vector<std::string> scopes;
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i < qualified.size(); ++i) {
    const char c = qualified[i];
    if (c == '<' || c == '(' || c == '{') ++depth;
    if (c == '>' || c == ')' || c == '}') --depth;
    if (depth == 0 && c == ':' && i + 1 < qualified.size() && qualified[i + 1] == ':') {
      scopes.emplace_back(qualified.substr(start, i - start));
      start = i + 2;
      ++i;
    }
  }
  scopes.emplace_back(qualified.substr(start));
  return scopes;
}

bool is_anonymous_scope(std::string_view name) noexcept {
  // nvcc names an unnamed namespace "_GLOBAL__N__" with a hash and the file behind it.
  return name.empty() || name == "(anonymous namespace)" || name.starts_with("_GLOBAL__N_");
}

std::string variable_name(const char* mangled) {
  // Link-time optimisation renames local symbols: "_ZL1x.lto_priv.0".
  std::string symbol(mangled);
  symbol = symbol.substr(0, symbol.find('.', 1));
  const std::string text = demangle(symbol.c_str());
  std::string name;
  for (const std::string& scope : split_scopes(text)) {
    if (is_anonymous_scope(scope)) continue;
    if (!name.empty()) name += "::";
    name += without_parameters(scope);
  }
  return name;
}

std::string comparable_spelling(std::string_view name) {
  std::string result;
  bool in_number = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == ' ') continue;
    const bool starts_word = i == 0 || !is_word(name[i - 1]);
    in_number = starts_word ? is_digit(c) : in_number && is_word(c);
    if (in_number && (c == 'u' || c == 'l')) continue;
    result += c;
  }
  return result;
}

std::string_view canonical_scalar(std::string_view name) noexcept {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> spellings{{
      {"short int", "short"},
      {"short unsigned int", "unsigned short"},
      {"long int", "long"},
      {"long unsigned int", "unsigned long"},
      {"long long int", "long long"},
      {"long long unsigned int", "unsigned long long"},
  }};
  for (const auto& [from, to] : spellings) {
    if (name == from) return to;
  }
  return name;
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace rk::symbols
