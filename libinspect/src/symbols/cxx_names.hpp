#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rk::symbols {

/// C++ spelling of a mangled symbol or type name; the name itself if it is not a mangled one.
[[nodiscard]] std::string demangle(const char* mangled);

/// Parts of a qualified name, split at the "::" that stand outside brackets: "a::b<c::d>" has two.
[[nodiscard]] std::vector<std::string> split_scopes(std::string_view qualified);

/// True for the names that compilers give to an unnamed namespace.
[[nodiscard]] bool is_anonymous_scope(std::string_view name) noexcept;

/// Qualified name of a variable from its symbol: without unnamed namespaces, without the parameters
/// of an enclosing function. Inline namespaces cannot be told from others here and stay.
[[nodiscard]] std::string variable_name(const char* mangled);

/// `name` in the form in which spellings of one type by compiler, debug information and demangler
/// are equal: no blanks, no suffixes on template arguments that are numbers.
[[nodiscard]] std::string comparable_spelling(std::string_view name);

/// "unsigned long" for g++'s "long unsigned int", and so on; other names as they are.
[[nodiscard]] std::string_view canonical_scalar(std::string_view name) noexcept;

/// What stands behind the last slash.
[[nodiscard]] std::string base_name(std::string_view path);

}  // namespace rk::symbols
