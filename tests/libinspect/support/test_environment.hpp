#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include <rk/error.hpp>

#include "support/temporary_folder.hpp"

namespace rk::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif

/// How long a test waits for what must happen.
inline constexpr std::chrono::seconds patience{20};

/// `whole`, or a tenth of it where each step costs ten times as much.
constexpr unsigned scaled(unsigned whole) {
  return under_thread_sanitizer ? whole / 10 : whole;
}

/// Looks until `holds()` is true; false if that takes longer than `limit`.
template <class Condition>
[[nodiscard]] bool eventually(Condition holds, std::chrono::seconds limit = patience) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

/// Message of the `Exception` that `action` throws. Fails the test if it throws none.
template <class Exception = rk::error, class Action>
[[nodiscard]] std::string refusal(Action action) {
  try {
    action();
  } catch (const Exception& e) {
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

[[nodiscard]] inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Sets an environment variable, or takes it away, and puts it back at the end.
class environment_variable {
 public:
  environment_variable(std::string name, const std::optional<std::string>& value)
      : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    assign(value);
  }
  ~environment_variable() { assign(before_); }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;

 private:
  void assign(const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name_.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

  std::string name_;
  std::optional<std::string> before_;
};

/// A runtime folder that no other test shares.
class private_runtime {
 public:
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_.path(); }

 private:
  temporary_folder directory_;
  environment_variable variable_{"RK_RUNTIME_DIR", directory_.path().string()};
};

}  // namespace rk::test
