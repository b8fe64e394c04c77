#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <version>

namespace rk {

#if defined(__cpp_lib_source_location)
using source_location = std::source_location;
#else
/// Stands in where the compiler lacks what std::source_location is made of: clang before 15.
class source_location {
 public:
  [[nodiscard]] static constexpr source_location current(
      const char* file = __builtin_FILE(), const char* function = __builtin_FUNCTION(),
      std::uint_least32_t line = __builtin_LINE()) noexcept {
    source_location here;
    here.file_ = file;
    here.function_ = function;
    here.line_ = line;
    return here;
  }
  [[nodiscard]] constexpr const char* file_name() const noexcept { return file_; }
  [[nodiscard]] constexpr const char* function_name() const noexcept { return function_; }
  [[nodiscard]] constexpr std::uint_least32_t line() const noexcept { return line_; }

 private:
  const char* file_ = "";
  const char* function_ = "";
  std::uint_least32_t line_ = 0;
};
#endif

// Constructors are written out below: nvcc 13.0 dies of an inherited one that has a default
// argument.

/// Root of what this library throws. The message is one line: what happened, where, what to do.
class error : public std::runtime_error {
 public:
  explicit error(const std::string& what, source_location where = source_location::current());
  /// Where in the library it was thrown, for logs.
  [[nodiscard]] const source_location& where() const noexcept { return where_; }

 private:
  source_location where_;
};

/// The caller passed something that cannot be.
class invalid_argument : public error {
 public:
  explicit invalid_argument(const std::string& what,
                            source_location where = source_location::current())
      : error(what, where) {}
};

/// There is no such target, symbol, member or kernel.
class not_found : public error {
 public:
  explicit not_found(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

/// No answer within the time that the caller allowed.
class timeout : public error {
 public:
  explicit timeout(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

/// Somebody else uses what is asked for; it may be free a moment later.
class busy : public error {
 public:
  explicit busy(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

/// The other side went away in the middle.
class disconnected : public error {
 public:
  explicit disconnected(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

/// Damaged input, or input of another version.
class incompatible : public error {
 public:
  explicit incompatible(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

/// The operating system refused a call; the message has its name and errno's text.
class system_error : public error {
 public:
  system_error(const std::string& call, int errno_value,
               source_location where = source_location::current());
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

/// CUDA refused a call; the message has the call, CUDA's name and text, and what to do where that
/// is known.
class cuda_error : public error {
 public:
  explicit cuda_error(const std::string& what, source_location where = source_location::current())
      : error(what, where) {}
};

}  // namespace rk
