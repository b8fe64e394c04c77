#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <rk/host/session.hpp>
#include <rk/protocol/message.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "host/registry.hpp"
#include "host/server.hpp"

namespace rk::host {

/// What a session is behind its handle: device, registry, running kernels, server. Thread-safe.
class session_core : public std::enable_shared_from_this<session_core> {
 public:
  explicit session_core(session_options options);
  ~session_core();
  session_core(const session_core&) = delete;
  session_core& operator=(const session_core&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] backend::device& device() noexcept { return *device_; }
  [[nodiscard]] registry& symbols() noexcept { return *registry_; }

  struct launched_kernel {
    model::kernel_id id{};
    std::string name;
  };
  [[nodiscard]] launched_kernel launch(const launch_options& options, extent3 grid, extent3 block,
                                       const typed_launch& typed);

  /// Ends all kernels and the server. Called by the session's destructor; calls after it throw.
  void close();

  [[nodiscard]] backend::running_kernel::status status(model::kernel_id id);
  [[nodiscard]] bool wait(model::kernel_id id, std::chrono::nanoseconds limit);
  void request(model::kernel_id id, abi::request r);
  [[nodiscard]] std::uint64_t steps(model::kernel_id id);
  void inspect(const std::string& symbol, void* buffer, std::size_t bytes);

 private:
  struct launched {
    model::kernel_id id{};
    std::shared_ptr<backend::running_kernel> kernel;
  };
  void require_open();
  [[nodiscard]] std::shared_ptr<backend::running_kernel> find(model::kernel_id id);
  /// As request(), also while the session closes.
  void post(model::kernel_id id, abi::request r);
  [[nodiscard]] bool wait_for_all(std::chrono::nanoseconds limit);
  void request_all(abi::request r);
  void copy_out(std::byte* to, const std::byte* from, std::size_t bytes);

  answer handle(const protocol::frame& request);
  answer handle_hello();
  answer handle_read(const protocol::read_request& request);
  protocol::status_reply current_status();
  void handle_stop(const protocol::stop_request& request);

  std::unique_ptr<backend::device> device_;
  std::string name_;
  std::unique_ptr<registry> registry_;
  std::mutex copier_mutex_;
  std::unique_ptr<backend::copier> copier_;  ///< of callers in this process
  std::vector<std::uint64_t> requests_;      ///< made so far, by kernel id; under copier_mutex_
  std::unique_ptr<backend::copier> server_copier_;  ///< of the server's thread
  std::mutex launched_mutex_;
  std::vector<launched> launched_;
  bool closed_ = false;
  std::optional<protocol::name_claim> claim_;
  std::unique_ptr<server> server_;
  std::shared_ptr<session_core> kept_;  ///< this one, if a kernel outlived the session
};

}  // namespace rk::host
