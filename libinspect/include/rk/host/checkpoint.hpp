#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rk {

namespace host {
class session_core;
struct held_checkpoint;
}  // namespace host

/// How a checkpoint is made.
struct checkpoint_options {
  std::chrono::nanoseconds limit = std::chrono::seconds(5);  ///< to reach a common safe point
  bool then_leave = false;  ///< the kernel leaves its loop at that safe point
  /// Checkpoint file of before: files that are made of this one hold only what has changed since,
  /// and are read together with it. Empty: they hold everything.
  std::filesystem::path base;
};

/// State of a kernel at one step, in device memory beside the kernel, which goes on. Move-only; the
/// memory is used again once this object is gone, or has not been read for ten seconds.
///
/// Calls throw `rk::not_found` once the memory is used again, `rk::error` once the session is gone.
/// For one thread at a time.
/// ```
/// const rk::checkpoint c = kernel.checkpoint();
/// c.save("state.safetensors");       // opens with any reader of the format
/// ```
class checkpoint {
 public:
  checkpoint(checkpoint&&) noexcept;
  checkpoint& operator=(checkpoint&&) noexcept;
  ~checkpoint();

  /// Steps that every actor had completed.
  [[nodiscard]] std::uint64_t step() const noexcept;
  /// Number of this cut in its session: a later one has a higher.
  [[nodiscard]] std::uint64_t epoch() const noexcept;
  /// From the first actor's arrival at the safe point until the last went on, by the device's
  /// clock.
  [[nodiscard]] std::chrono::nanoseconds pause() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const noexcept;

  /// Writes a checkpoint file, whole or not at all: the format of `rk-inspect checkpoint`. Throws
  /// `rk::system_error`, `rk::invalid_argument` if it has a base and is not to lie beside it.
  void save(const std::filesystem::path& path) const;
  /// What save() writes, in memory. Throws `std::bad_alloc`.
  [[nodiscard]] std::vector<std::byte> serialize() const;

  /// Copies one symbol's bytes to `buffer`. Throws `rk::not_found` with the nearest names,
  /// `rk::invalid_argument` if `bytes` is not its size.
  void read(const std::string& symbol, void* buffer, std::size_t bytes) const;
  /// Hands the state to `take` piece by piece, symbol by symbol, while the next piece is on its
  /// way. A piece is valid during the call. `take` must not launch a kernel or read a checkpoint of
  /// the same session, which would wait for it.
  void drain(const std::function<void(std::span<const std::byte>)>& take) const;

 private:
  friend class kernel;
  explicit checkpoint(std::unique_ptr<host::held_checkpoint> held);

  std::unique_ptr<host::held_checkpoint> held_;
};

}  // namespace rk
