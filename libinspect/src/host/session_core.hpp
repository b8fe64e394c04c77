#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <rk/host/session.hpp>
#include <rk/protocol/message.hpp>
#include <rk/protocol/runtime_directory.hpp>
#include <rk/storage/checkpoint_file.hpp>

#include "host/command_sender.hpp"
#include "host/operations.hpp"
#include "host/registry.hpp"
#include "host/request_board.hpp"
#include "host/server.hpp"
#include "host/signal_board.hpp"
#include "protocol/await_operation.hpp"

namespace rk::host {

class session_core;

/// What rk::checkpoint is behind its handle.
struct held_checkpoint {
  std::shared_ptr<session_core> core;
  std::shared_ptr<const void> presence;  ///< while it lives, the operation's result is kept
  protocol::operation_reply cut;
  storage::checkpoint_info info;  ///< its catalogue's symbols are those of the checkpoint
  std::optional<storage::checkpoint_reader> base;

  void drain(const backend::copier::taker& take) const;
  /// As a file; only what has changed since the base, if there is one.
  void write(storage::output& to) const;

 private:
  void drain(const model::symbol& s, const model::byte_range& part,
             const backend::copier::taker& take) const;
  [[nodiscard]] std::vector<storage::symbol_change> changes() const;
};

/// What a session is behind its handle: device, registry, running kernels, server. Thread-safe.
class session_core : public std::enable_shared_from_this<session_core> {
 public:
  explicit session_core(session_options options);
  ~session_core();
  session_core(const session_core&) = delete;
  session_core& operator=(const session_core&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] backend::device& device() noexcept { return *device_; }
  [[nodiscard]] operations& safe_point_operations() noexcept { return *operations_; }
  [[nodiscard]] registry& symbols() noexcept { return *registry_; }

  struct launched_kernel {
    model::kernel_id id{};
    std::string name;
  };
  [[nodiscard]] launched_kernel launch(const launch_options& options, extent3 grid, extent3 block,
                                       typed_launch typed);

  /// For a kernel that the program launches itself, at any time from here on.
  [[nodiscard]] device_view view_for_program(const launch_options& options, extent3 grid,
                                             extent3 block);

  /// Ends all kernels and the server. Called by the session's destructor; calls after it throw.
  void close();

  [[nodiscard]] backend::running_kernel::status status(model::kernel_id id);
  [[nodiscard]] bool wait(model::kernel_id id, std::chrono::nanoseconds limit);
  void request(model::kernel_id id, abi::request r);
  [[nodiscard]] std::uint64_t steps(model::kernel_id id);
  void restore(const std::filesystem::path& checkpoint);
  std::uint64_t restore(model::kernel_id id, const std::filesystem::path& checkpoint,
                        std::chrono::nanoseconds limit);
  [[nodiscard]] std::unique_ptr<held_checkpoint> checkpoint(model::kernel_id id,
                                                            const checkpoint_options& options);
  [[nodiscard]] preemption preempt(model::kernel_id id, const preempt_options& options);
  std::uint64_t resume(model::kernel_id id, stream_handle stream);
  void inspect(const std::string& symbol, void* buffer, std::size_t bytes);
  /// See session::publication.
  [[nodiscard]] abi::publication* publication(const std::string& symbol, std::uint64_t writers);

  void notify(model::kernel_id id, std::uint32_t flags);
  [[nodiscard]] bool wait_idle(model::kernel_id id, std::chrono::nanoseconds limit);
  [[nodiscard]] abi::command_queue_handle create_queue(const std::string& name, std::size_t bytes,
                                                       const command_queue_options& options);
  [[nodiscard]] abi::status post(const abi::command_queue_handle& queue,
                                 const std::uint64_t* words);
  [[nodiscard]] command_answer call(model::kernel_id id, const abi::command_queue_handle& queue,
                                    const std::uint64_t* words, std::chrono::nanoseconds limit);
  [[nodiscard]] abi::mailbox_handle create_mailbox(const std::string& name, std::size_t bytes,
                                                   const topology& t,
                                                   const mailbox_options& options);
  [[nodiscard]] abi::coherent_handle create_coherent_region(const std::string& name,
                                                            const element_type& type,
                                                            std::uint64_t count);
  [[nodiscard]] post_office create_post_office(const std::string& name,
                                               const std::vector<std::uint32_t>& blocks,
                                               const post_office_options& options);
  [[nodiscard]] barrier_set create_barriers(const std::string& name,
                                            const std::vector<std::vector<std::uint32_t>>& members);
  [[nodiscard]] neighbor_set create_neighbor_barrier(const std::string& name, const topology& t);

 private:
  struct launched {
    model::kernel_id id{};
    typed_launch typed;  ///< kept: a preempted kernel is launched again
    backend::launch_request request;
    std::shared_ptr<backend::running_kernel> kernel;
    /// Whether it left to go on later; empty until it has left.
    std::optional<bool> is_preempted;
  };
  void require_open();
  /// Waits until an operation that was begun is done.
  [[nodiscard]] protocol::operation_reply await(protocol::operation_reply begun,
                                                const protocol::patience& p);
  /// Room for a kernel's records, and for cuts of what the session has by then.
  [[nodiscard]] registry::kernel_entry add_kernel(const launch_options& options, extent3 grid,
                                                  extent3 block);
  /// Second half of resume, with the operations held.
  void relaunch(launched& l);
  /// Second half of launch, likewise; `l` is moved from.
  void start(launched& l);
  /// Throws `rk::invalid_argument` for a stream where there are none.
  void check_stream(const std::string& kernel, stream_handle stream) const;
  /// Unless a kernel runs: none of its actors is within a write, or at a barrier.
  void reset_what_kernels_left();
  void reset_publications();
  /// What `object` holds now is what it holds whenever a kernel is launched and none runs.
  /// `is_state`: a restored value of it stays.
  struct initial_image;
  void keep_initial_image(initial_image image);
  /// Device memory that holds `values`.
  template <class T>
  [[nodiscard]] T* copy_to_device(const std::vector<T>& values) {
    return reinterpret_cast<T*>(copy_to_device(std::as_bytes(std::span(values))));
  }
  [[nodiscard]] std::byte* copy_to_device(std::span<const std::byte> values);
  /// These three with launched_mutex_ held.
  [[nodiscard]] launched& find(model::kernel_id id);
  [[nodiscard]] backend::running_kernel::status status_of(launched& l);
  /// A kernel that was preempted will not come back.
  void end_for_good(launched& l);
  void end_what_is_away() noexcept;
  /// Says to other processes that no actor is at work any more, if that is so.
  void mark_end() noexcept;
  /// As request(), also while the session closes.
  void post(model::kernel_id id, abi::request r);
  [[nodiscard]] bool wait_for_all(std::chrono::nanoseconds limit);
  void request_all(abi::request r);
  [[nodiscard]] std::vector<abi::actor_record> records_of(model::kernel_id id);
  void copy_out(std::byte* to, const std::byte* from, std::size_t bytes);

  /// What tools that are gone had asked for.
  void drop_abandoned() noexcept;
  answer handle(const protocol::frame& request, const server::peer& from);
  answer handle_hello();
  answer handle_read(const protocol::read_request& request);
  protocol::status_reply current_status();
  void handle_stop(const protocol::stop_request& request);
  answer handle_cut(const protocol::cut_request& request, const server::peer& from);
  answer handle_stage(const protocol::stage_request& request, const server::peer& from);
  answer handle_put(const protocol::frame& request);
  answer handle_operation(const protocol::operation_request& request);
  answer handle_preempt(const protocol::kernel_request& request, const server::peer& from);
  answer handle_resume(const protocol::kernel_request& request);
  /// The kernel that a request names; if it names none, the only one that runs, or ran.
  [[nodiscard]] storage::checkpoint_info describe_cut(const protocol::operation_reply& cut);
  [[nodiscard]] model::kernel choose_kernel(const std::string& name);
  [[nodiscard]] model::kernel_state state_of(model::kernel_id id);

  std::unique_ptr<backend::device> device_;
  std::string name_;
  std::unique_ptr<registry> registry_;
  std::unique_ptr<request_board> board_;
  std::unique_ptr<operations> operations_;
  std::optional<std::uint64_t> shadow_bytes_;  ///< empty: what checkpoints contain
  std::mutex copier_mutex_;
  std::unique_ptr<backend::copier> copier_;         ///< of callers in this process
  std::unique_ptr<backend::copier> server_copier_;  ///< of the server's thread
  std::vector<abi::publication*> publications_;     ///< with copier_mutex_
  /// Words of a record that say that an actor has left.
  struct departure_words {
    std::size_t stride = 0;  ///< from a record to the next; 0: there are none
    std::vector<std::size_t> offsets = {};
  };
  struct initial_image {
    std::byte* object;
    std::vector<std::byte> bytes;
    bool is_state = false;  ///< what a checkpoint saved stays in place of it
    departure_words departures = {};
  };
  void clear_departures(const initial_image& i);
  /// Memory for messages: two symbols that are state, their ends (`ends` is what they hold at
  /// first) and their slots, and one that counts what could not be delivered.
  struct mail_request {
    std::string ends_name;
    model::type_id (*end_type)(model::type_table&);
    std::vector<std::byte> ends;
    departure_words departures;  ///< `stride` is the size of an end
    std::string slots_name;
    std::uint64_t slots = 0;
    std::uint64_t slot_bytes = 0;
    std::string dead_letters_name;
  };
  struct mail_memory {
    std::byte* ends;
    std::byte* slots;
    abi::dead_letter_box* dead_letters;
  };
  [[nodiscard]] mail_memory take_mail_memory(const mail_request& r);
  std::vector<initial_image> initial_images_;  ///< likewise
  bool is_restored_ = false;  ///< likewise: there are values that the next kernel is to begin with
  signal_board signals_;
  std::mutex senders_mutex_;
  std::vector<std::unique_ptr<command_sender>> senders_;
  std::mutex launched_mutex_;
  std::condition_variable relaunched_;  ///< or ended for good, or closed
  std::vector<launched> launched_;
  std::vector<model::kernel_id> of_program_;  ///< which it launches itself
  bool is_closing_ = false;                   ///< nothing is launched any more
  bool closed_ = false;
  std::optional<protocol::name_claim> claim_;
  std::unique_ptr<server> server_;
  std::shared_ptr<session_core> kept_;  ///< this one, if a kernel outlived the session
};

}  // namespace rk::host
