#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include <rk/protocol/message.hpp>

#include "backend/device.hpp"
#include "host/registry.hpp"
#include "host/request_board.hpp"
#include "host/shadow.hpp"

namespace rk::host {

/// What a session asks all actors of a kernel to do together at one safe point: cuts, and new
/// values of symbols. One at a time for the whole session. Nobody ever waits in here: an operation
/// is begun, and its progress looked at. Thread-safe.
class operations {
 public:
  /// How long a result is kept for an asker that does not come back.
  static constexpr std::chrono::seconds hold_limit{10};
  /// The shadow is never smaller: room for a few new values.
  static constexpr std::uint64_t least_shadow_bytes = 64u << 10;

  using state_of_kernel = std::function<model::kernel_state(model::kernel_id)>;

  operations(registry& symbols, backend::device& device, request_board& board,
             state_of_kernel state_of);

  /// Gives the shadow room for `bytes`, or for what checkpoints contain if that is not said and
  /// there is memory for it. For the time before a kernel runs.
  void prepare(std::optional<std::uint64_t> bytes);

  /// Who asked for an operation: once it has expired, nobody waits for the result.
  using asker = std::weak_ptr<const void>;

  /// Asks for a cut of whole symbols. Throws `rk::invalid_argument` if the shadow is too small,
  /// `rk::error` if the kernel has no common safe point or another operation is on its way.
  ///
  /// `base` names the cut before: if the shadow still holds it, the actors compare while they copy,
  /// and the reply says so.
  protocol::operation_reply begin_cut(const model::kernel& k,
                                      const std::vector<model::symbol>& symbols, bool leave,
                                      const std::string& base, const asker& by);
  /// Asks all actors to leave the GPU, to be launched again. It is done once the kernel has left.
  /// Throws as begin_cut does, and `rk::error` if the kernel has ended.
  protocol::operation_reply begin_preemption(const model::kernel& k, const asker& by);
  /// Takes room for new values of these ranges, `entry` being what the log of changes will say of
  /// who brings them and for what. Throws as begin_cut does.
  protocol::operation_reply begin_staging(const model::kernel& k,
                                          const std::vector<protocol::read_range>& ranges,
                                          model::change entry, const asker& by);
  /// Fills in new values, from byte `offset` of the ranges on.
  protocol::operation_reply put(std::uint64_t number, std::uint64_t offset,
                                std::span<const std::byte> bytes);
  /// Looks at an operation, hands its values over, takes it back or forgets it. The reply to
  /// taking it back says what actors that have not come are doing. Throws `rk::not_found` if it is
  /// gone.
  protocol::operation_reply act(std::uint64_t number, protocol::operation_action action);

  /// Copies a range of a finished cut to `to`. Throws `rk::not_found` if the cut is gone or does
  /// not hold the range.
  void read(std::uint64_t number, const protocol::read_range& wanted, std::byte* to);

  /// The same range, piece by piece, while the next piece is on its way. The operation stays as it
  /// is meanwhile, and others can look at it: `take` may be slow.
  void drain(std::uint64_t number, const protocol::read_range& wanted,
             const backend::copier::taker& take);

  /// What has changed since its base, of a finished cut that was compared; rising by symbol.
  [[nodiscard]] std::vector<protocol::changed_range> changes(std::uint64_t number);

  /// Calls `launch`, which brings a kernel back that has left the device. Throws `rk::busy` while
  /// somebody reads state as it lies.
  void bring_back(const std::function<void()>& launch);
  /// Calls `launch`, which starts a new kernel, or lets the program start one. State that lies
  /// still is a cut no longer: whoever reads it is told that it is gone.
  void start(const std::function<void()>& launch);
  /// Calls `change`, which gives symbols new values, and may be slow: everybody else is told to
  /// come again. Throws `rk::error` if a kernel runs, `rk::busy` as bring_back does.
  void change_at_rest(const std::function<void()>& change);

  /// Whether new values came to state at rest since this was asked last. Waits for nobody.
  [[nodiscard]] bool was_changed_at_rest() noexcept { return changed_at_rest_.exchange(false); }

  /// Takes back what is on its way for an asker that is gone.
  void drop_abandoned();

  /// Returns once nobody reads the state of a kernel that was asked to leave its loop with a cut.
  void wait_for_last_reader();

 private:
  using clock = std::chrono::steady_clock;
  /// A part of a range that was asked for, and where it lies on the device.
  struct found_piece {
    std::uint64_t at = 0;  ///< in the range
    const std::byte* from = nullptr;
    std::uint64_t bytes = 0;
  };
  struct operation {
    model::kernel kernel;
    std::uint32_t flags = 0;
    bool is_load = false;
    bool is_parking = false;  ///< independent actors leave together
    bool is_withdrawn = false;
    std::optional<clock::time_point> incomplete_since;  ///< some actor has left without it
    const std::uint8_t* changed_pages = nullptr;  ///< of a compared cut: the array may be replaced
    std::vector<placed_range> placed;
    model::change entry;  ///< of a load
    protocol::operation_reply reply;
    asker by;
    clock::time_point last_use;
    std::uint32_t drains = 0;  ///< that go on right now, without the lock
  };
  /// The cut that the shadow holds.
  struct held_cut {
    std::string id;
    std::vector<placed_range> placed;
  };
  /// Unless all are there, or all have left.
  void require_all_actors(const model::kernel& k);
  void look_who_left(operation& o);
  void look_at_parking(operation& o);
  operation& begin(const model::kernel& k, const std::vector<protocol::read_range>& ranges,
                   bool is_load, const asker& by);
  [[nodiscard]] static bool is_held(const operation& o);
  /// A cut that was not copied: the kernel has left the device, and its symbols are the cut.
  [[nodiscard]] bool holds_state_at_rest() const;
  void require_free();
  void require_no_change_at_rest() const;
  operation& find(std::uint64_t number);
  [[nodiscard]] bool has_ended(const model::kernel& k);
  [[nodiscard]] bool is_running(const model::kernel& k);
  /// Name of a kernel but `k` that may be writing to symbols; empty if there is none.
  [[nodiscard]] std::string other_writer(const model::kernel& k);
  /// Forgets state at rest. Throws `rk::busy` while somebody reads it.
  void give_up_state_at_rest();
  [[nodiscard]] std::string whereabouts(const operation& o);
  [[nodiscard]] std::vector<abi::actor_record> records_of(const model::kernel& k);
  [[nodiscard]] std::uint64_t pages_of(const operation& o) const;
  void ask(operation& o);
  void look(operation& o);
  void look_at_actors(operation& o);
  void finish_at_rest(operation& o);
  void log_change(operation& o);
  [[nodiscard]] std::string first_element(const operation& o, const std::byte* at);
  void withdraw(operation& o);
  [[nodiscard]] static std::vector<found_piece> pieces_of(const operation& o,
                                                          const protocol::read_range& wanted);
  void copy_on_device(std::byte* to, const std::byte* from, std::uint64_t bytes);
  [[nodiscard]] std::byte* address_of(const protocol::read_range& r) const;
  [[nodiscard]] std::uint64_t read_word(const std::uint64_t* at);
  /// Number of the last operation that the actors agreed on.
  [[nodiscard]] std::uint64_t agreement_of(const model::kernel& k);
  [[nodiscard]] std::uint64_t parking_of(const model::kernel& k);

  mutable std::mutex mutex_;
  std::condition_variable released_;
  registry& symbols_;
  request_board& board_;
  state_of_kernel state_of_;
  std::unique_ptr<backend::copier> copier_;
  std::mutex drain_mutex_;  ///< before mutex_, if both
  std::unique_ptr<backend::copier> drain_copier_;
  shadow shadow_;
  abi::copy_region* regions_ = nullptr;  ///< [abi::max_regions], on the device
  std::byte* displaced_ = nullptr;       ///< [displaced_bytes], on the device
  std::uint8_t* changed_pages_ =
      nullptr;  ///< [shadow pages and one for each region], on the device
  std::uint64_t changed_pages_count_ = 0;
  std::optional<held_cut> held_cut_;
  std::uint64_t last_number_ = 0;
  std::optional<operation> operation_;
  bool is_changing_at_rest_ = false;  ///< right now, without the lock
  std::atomic<bool> changed_at_rest_ = false;
};

}  // namespace rk::host
