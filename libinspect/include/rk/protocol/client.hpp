#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <rk/abi/publication.hpp>
#include <rk/model/selection.hpp>
#include <rk/protocol/file_descriptor.hpp>
#include <rk/protocol/frame.hpp>
#include <rk/protocol/message.hpp>

namespace rk::protocol {

/// How long a call waits for its answer unless told otherwise.
inline constexpr std::chrono::milliseconds default_limit{5000};

/// A connection to a session. Needs no CUDA. For one thread at a time; move-only.
///
/// Every call ends within its limit: with the answer, or with `rk::timeout`, `rk::disconnected`,
/// `rk::incompatible`, or the error that the session answered. After any but the last the client is
/// of no further use.
/// ```
/// auto c = rk::protocol::client::connect(socket);
/// const auto catalogue = c.catalogue();
/// const auto field = c.read(catalogue, rk::model::resolve(catalogue, "pressure[12,:,:]"));
/// ```
class client {
 public:
  [[nodiscard]] static client connect(const std::filesystem::path& socket,
                                      std::chrono::milliseconds limit = default_limit);

  [[nodiscard]] const hello_reply& peer() const noexcept { return peer_; }
  /// Descriptors of the control segment and of the segments named in peer().
  [[nodiscard]] const std::vector<file_descriptor>& descriptors() const noexcept {
    return descriptors_;
  }

  /// Of the process at the other end, as this one's system knows it; 0 if it does not.
  [[nodiscard]] std::uint64_t process_id() const;

  [[nodiscard]] model::catalogue catalogue();
  [[nodiscard]] status_reply status();
  /// Bytes of the ranges, one behind the other; split into as many requests as it takes. From
  /// memory as it is now, or from a cut.
  [[nodiscard]] std::vector<std::byte> read(std::span<const read_range> ranges,
                                            std::uint64_t cut = 0);
  /// A selection's elements, packed.
  [[nodiscard]] model::array_value read(const model::catalogue& c, const model::selection& s,
                                        std::uint64_t cut = 0);
  /// The same, not torn: read again until no writer was at work meanwhile. Throws
  /// `rk::invalid_argument` if the program brackets no writes of the symbol, `rk::timeout` with
  /// what was seen if its writers leave no pause that is long enough.
  struct versioned_value {
    model::array_value value;
    std::uint64_t retries = 0;
    std::int64_t age_ns = 0;  ///< since a writer last ended
  };
  [[nodiscard]] versioned_value read_versioned(const model::catalogue& c,
                                               const model::selection& s);
  void stop(const std::string& kernel, bool abort);

  /// Makes a cut and waits until it is there to be read; release() it afterwards. Waits for its
  /// turn while others use the memory for cuts, and throws `rk::busy` if they go on. If the kernel
  /// does not reach a safe point within the limit, the wish is taken back and `rk::timeout` says
  /// how many actors did.
  [[nodiscard]] operation_reply cut(const cut_request& wanted);
  /// What has changed since the cut that a compared one was based on; rising by symbol.
  [[nodiscard]] std::vector<changed_range> changes(const operation_reply& cut);
  /// Gives ranges new values, one behind the other in `values`, at the kernel's next safe point.
  operation_reply load(const stage_request& wanted, std::span<const std::byte> values);
  /// The same for `bytes` of values that `fill` brings piece by piece, in order. If it throws,
  /// nothing has changed.
  using filler = std::function<void(std::span<std::byte>)>;
  operation_reply load(const stage_request& wanted, std::uint64_t bytes, const filler& fill);
  /// Makes a kernel leave the GPU until it is resumed, and waits until it has. If some actor does
  /// not come to a safe point within the limit, the kernel goes on and `rk::timeout` says what
  /// those actors are doing. `urgency`: 0 to 100, as in `rk::preempt_options`.
  operation_reply preempt(const std::string& kernel, int urgency);
  /// Launches it again. Throws `rk::error` if it was not preempted.
  operation_reply resume(const std::string& kernel);

  /// Lets others use the memory of an operation that is done.
  void release(const operation_reply& done);

  /// Everything small: states, actors, scalars. Fetches the catalogue again only if it has changed.
  [[nodiscard]] model::snapshot snapshot(model::catalogue catalogue);

 private:
  client(file_descriptor socket, std::chrono::milliseconds limit);
  [[nodiscard]] frame call(frame_kind kind, std::string text, std::vector<std::byte> blob = {});
  [[nodiscard]] operation_reply ask(frame_kind kind, std::string text,
                                    std::vector<std::byte> blob = {});
  [[nodiscard]] operation_reply begin(frame_kind kind, const std::string& text);
  [[nodiscard]] operation_reply act(std::uint64_t operation, operation_action action);
  [[nodiscard]] operation_reply wait_for(operation_reply begun,
                                         std::chrono::steady_clock::time_point hurry_at =
                                             std::chrono::steady_clock::time_point::max());
  [[nodiscard]] abi::publication read_publication(model::symbol_id id);
  void send(std::span<const std::byte> bytes, std::chrono::steady_clock::time_point until);
  [[nodiscard]] frame receive(std::chrono::steady_clock::time_point until,
                              std::vector<file_descriptor>& descriptors);

  file_descriptor socket_;
  std::chrono::milliseconds limit_;
  frame_reader reader_;
  std::uint32_t next_request_ = 1;
  hello_reply peer_;
  std::vector<file_descriptor> descriptors_;
};

}  // namespace rk::protocol
