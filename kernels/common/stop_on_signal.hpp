#pragma once

#include <functional>
#include <thread>

#include <rk/protocol/file_descriptor.hpp>

namespace rk::samples {

/// Calls a function when SIGINT or SIGTERM arrives, on a thread of its own: no work in a signal
/// handler.
///
/// Make it first in main: the signals are blocked in every thread that is started afterwards. A
/// second signal ends the process at once, for a program that does not stop.
/// ```
/// stop_on_signal signals;
/// rk::kernel kernel = ...;
/// const std::jthread listening = signals.start([&kernel] { kernel.stop(); });
/// ```
class stop_on_signal {
 public:
  stop_on_signal();
  stop_on_signal(const stop_on_signal&) = delete;
  stop_on_signal& operator=(const stop_on_signal&) = delete;

  /// From now on `stop` is called for the first signal, also if it came before; no longer once the
  /// result is destroyed, which so comes after what `stop` uses and goes before it.
  [[nodiscard]] std::jthread start(std::function<void()> stop);

 private:
  void run(const std::function<void()>& stop);

  protocol::file_descriptor signals_;
  protocol::file_descriptor done_;
};

}  // namespace rk::samples
