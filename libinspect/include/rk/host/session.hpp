#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <rk/abi/barrier.hpp>
#include <rk/abi/command.hpp>
#include <rk/abi/device_view.hpp>
#include <rk/abi/index3.hpp>
#include <rk/abi/publication.hpp>
#include <rk/host/backend.hpp>
#include <rk/host/coherent.hpp>
#include <rk/host/command.hpp>
#include <rk/host/kernel.hpp>
#include <rk/host/mailbox.hpp>
#include <rk/host/portable_kernel.hpp>
#include <rk/host/post_office.hpp>
#include <rk/host/topology.hpp>
#include <rk/host/type_of.hpp>

namespace rk {

/// How a session is made.
struct session_options {
  std::string name = {};                     ///< under which tools find it; empty: program and pid
  std::optional<backend_kind> backend = {};  ///< empty: default_backend()
  int device = 0;                            ///< number of the GPU; 0 on the CPU back-end
  bool serve = true;                         ///< answer tools on a socket
  /// Device memory for cuts; empty: as much as the symbols that checkpoints contain, if there is.
  std::optional<std::uint64_t> shadow_bytes = {};
};

/// What a kernel does while it waits for signals and commands: watts against the time that it takes
/// to wake up (measured: docs/benchmarks/).
enum class idle_policy : std::uint8_t {
  hot,       ///< one actor looks at host memory all the time, the others nearly so
  balanced,  ///< the others sleep up to 4 µs at a time
  frugal,    ///< that one sleeps 2 µs at a time, the others up to 20 µs
};

/// How a kernel is run and watched.
struct launch_options {
  std::string name = {};             ///< empty: the kernel's own, or "kernel"
  synchrony sync = synchrony::grid;  ///< what does every actor pass between two safe points?
  /// For synchrony::neighbors: topology::reach(), the steps within which actor 0's word reaches
  /// all.
  std::uint32_t lookahead = 1;
  idle_policy idle = idle_policy::balanced;
  /// CUDA: false launches as `<<<>>>` does, for instance beside other kernels. All blocks must be
  /// resident all the same; where they are not, barriers time out.
  bool cooperative = true;
  instrumentation level = instrumentation::progress;
  /// Events that are kept of each actor, from instrumentation::flight_recorder on: a power of two
  /// from 16 to 32,768. 32 bytes of device memory each, which the session keeps to its end; read as
  /// `rk.KERNEL.events`.
  std::uint32_t kept_events = 1024;
  std::chrono::nanoseconds wait_deadline =
      std::chrono::seconds(30);  ///< longest wait on the device
  /// CUDA: the kernel runs in this stream, behind what it holds; it must live as long as the kernel
  /// runs. For the stream a kernel that was preempted has ended: what follows in it goes on, so
  /// wait for the kernel itself. Null: a stream of its own, which waits for no other.
  stream_handle stream = nullptr;
};

/// Shape of an array, outermost dimension first; empty for a scalar.
using shape = std::vector<std::uint64_t>;

namespace host {
class session_core;

/// What the templates below hand to the compiled part. It is kept, so that a kernel that was
/// preempted can be launched again.
struct typed_launch {
  std::shared_ptr<void> values;    ///< owner of the arguments, the device view first
  device_view* view = nullptr;     ///< among them; filled in before the kernel starts
  const void* function = nullptr;  ///< CUDA
  std::vector<void*> arguments;    ///< CUDA: a pointer to each
  std::function<void()> body;      ///< CPU: runs the kernel as one thread of it
};
}  // namespace host

/// Owner of all that makes kernels inspectable: the registry of symbols, actors and kernels, the
/// segments they live in, and the socket through which tools read them.
///
/// Make it before the kernels are launched: everything is allocated here, nothing later.
/// Thread-safe. The destructor asks running kernels to stop, waits up to five seconds, and aborts
/// what is left.
/// ```
/// rk::session session({.name = "demo"});
/// float* field = session.allocate<float>("field", {64, 64});
/// rk::kernel kernel = session.launch(simulate, {132}, {512}, field);
/// kernel.wait();
/// ```
class session {
 public:
  /// Throws `rk::error` if the name is taken, `rk::not_found` if there is no such device,
  /// `rk::cuda_error`.
  explicit session(session_options options = {});
  ~session();
  session(session&&) noexcept;
  session& operator=(session&&) = delete;

  [[nodiscard]] const std::string& name() const noexcept;
  [[nodiscard]] backend_kind backend() const noexcept;
  /// Product name of the GPU, or "CPU back-end".
  [[nodiscard]] std::string device_name() const;
  /// Streaming multiprocessors of the GPU; hardware threads on the CPU back-end.
  [[nodiscard]] std::uint32_t processor_count() const;

  /// Blocks of `kernel` that can be resident at once: the largest grid that launch takes.
  template <class... Params>
  [[nodiscard]] std::uint64_t max_resident_blocks(const portable_kernel<Params...>& kernel,
                                                  extent3 block) const {
    require_version(kernel.name(), kernel.get(backend()) != nullptr);
    return max_resident_blocks(reinterpret_cast<const void*>(kernel.get(backend())), block);
  }

  /// A zeroed array on the device, in a segment that outlives the process while a tool holds it.
  /// Returns the device's pointer, valid while the session lives. Throws `rk::invalid_argument` if
  /// the name is taken or no identifier, `rk::cuda_error` if there is no memory.
  template <class T>
  [[nodiscard]] T* allocate(const std::string& name, const rk::shape& extents,
                            bool checkpoint = false) {
    return static_cast<T*>(allocate_bytes(name, type_of<T>(), extents, checkpoint));
  }

  /// Brackets for a symbol's writers (rk/device/publication.cuh), to be passed to the kernel; with
  /// them, tools can read the symbol `versioned`. `writers` is the number of blocks that make one
  /// write together. The same each time it is asked for. Throws `rk::not_found` if there is no such
  /// symbol, `rk::invalid_argument` for no writers or for another number than before.
  [[nodiscard]] abi::publication* publication(const std::string& symbol, std::uint32_t writers);

  /// A barrier over these actors of a kernel (rk/device/barrier.cuh), to be passed to it. Throws
  /// `rk::invalid_argument` for no members, a member named twice, or a name that is taken. It
  /// begins anew whenever a kernel is launched and none runs.
  [[nodiscard]] barrier_set create_barrier(const std::string& name,
                                           const std::vector<std::uint32_t>& members);
  /// A barrier for each tile of `tile` blocks of a grid; the tiles at its ends may be smaller.
  /// Throws as create_barrier does, and for an empty tile or grid.
  [[nodiscard]] barrier_set create_neighborhoods(const std::string& name, extent3 grid,
                                                 extent3 tile);
  /// A barrier between neighbours (rk/device/neighbor_barrier.cuh). Throws as create_barrier does.
  [[nodiscard]] neighbor_set create_neighbor_barrier(const std::string& name, const topology& t);

  /// Mailboxes for messages of type T between the neighbours of a topology (rk/device/mailbox.cuh).
  /// What lies in them is part of cuts and checkpoints. Throws `rk::invalid_argument` if the depth
  /// is no power of two up to 2^20, nobody has a neighbour, or the name is taken. They begin empty
  /// whenever a kernel is launched and none runs.
  template <class T>
  [[nodiscard]] mailbox_set<T> create_mailbox(const std::string& name, const topology& t,
                                              const mailbox_options& options = {}) {
    return {create_mailbox_bytes(name, sizeof(T), t, options)};
  }

  /// Inboxes for letters to any actor by its address (rk/device/inbox.cuh). `blocks` is how many
  /// actors each kernel has that takes part, in the order of their numbers in addresses; each is
  /// launched with the office `at` its number. What lies in inboxes is part of cuts and
  /// checkpoints. Throws `rk::invalid_argument` for a letter or a depth that cannot be, a kernel
  /// without actors, or a name that is taken. They begin empty whenever a kernel is launched and
  /// none runs.
  [[nodiscard]] post_office create_post_office(const std::string& name,
                                               const std::vector<std::uint32_t>& blocks,
                                               const post_office_options& options = {});

  /// Host memory for `count` values that a kernel fetches and hands back when it wants to
  /// (rk/device/coherent.cuh), and their copy on the device, a symbol of this name. Both zeroed.
  /// Throws `rk::invalid_argument` for no values or a name that is taken.
  template <class T>
  [[nodiscard]] coherent_region<T> create_coherent_region(const std::string& name,
                                                          std::uint64_t count = 1) {
    return {create_coherent_bytes(name, type_of<T>(), count)};
  }

  /// A queue of commands of type T for one kernel at a time (rk/device/command.cuh). Throws
  /// `rk::invalid_argument` if the depth is no power of two from 2 to 65536, or the name is taken.
  template <class T>
  [[nodiscard]] command_queue<T> create_command_queue(const std::string& name,
                                                      const command_queue_options& options = {}) {
    return {create_queue(name, sizeof(T), options)};
  }

  /// Makes memory that somebody else allocated readable by name. `pointer` is a device pointer on
  /// CUDA; it must stay valid while the session lives.
  template <class T>
  void expose(const std::string& name, const T* pointer, const rk::shape& extents) {
    expose_bytes(name, pointer, type_of<T>(), extents);
  }

  /// Looks for marked variables again, after a library was loaded. The constructor does it once.
  void discover();

  /// For one launch of a kernel that you launch yourself: pass the result by value. The next launch
  /// takes a view of its own, since words on the device say where this one's actors ended.
  [[nodiscard]] rk::device_view device_view(const std::string& kernel, extent3 grid, extent3 block,
                                            const launch_options& options = {});

  /// Starts a kernel with all blocks resident (on CUDA: a cooperative launch). The kernel's first
  /// parameter, the device view, is filled in here. Throws `rk::invalid_argument` for a grid that
  /// cannot be resident, with the largest that can.
  template <class... Params, class... Args>
  [[nodiscard]] rk::kernel launch(const portable_kernel<Params...>& kernel, extent3 grid,
                                  extent3 block, Args&&... args) {
    return launch_with({.name = kernel.name()}, kernel, grid, block, std::forward<Args>(args)...);
  }
  template <class... Params, class... Args>
  [[nodiscard]] rk::kernel launch(void (*function)(rk::device_view, Params...), extent3 grid,
                                  extent3 block, Args&&... args) {
    return launch_with({}, function, grid, block, std::forward<Args>(args)...);
  }

  /// The same with options.
  template <class... Params, class... Args>
  [[nodiscard]] rk::kernel launch_with(launch_options options,
                                       const portable_kernel<Params...>& kernel, extent3 grid,
                                       extent3 block, Args&&... args) {
    if (options.name.empty()) options.name = kernel.name();
    require_version(kernel.name(), kernel.get(backend()) != nullptr);
    return launch_with(std::move(options), kernel.get(backend()), grid, block,
                       std::forward<Args>(args)...);
  }
  template <class... Params, class... Args>
  [[nodiscard]] rk::kernel launch_with(const launch_options& options,
                                       void (*function)(rk::device_view, Params...), extent3 grid,
                                       extent3 block, Args&&... args) {
    static_assert(sizeof...(Params) == sizeof...(Args),
                  "rk: one argument for each parameter behind the view");
    using value_tuple = std::tuple<rk::device_view, Params...>;
    auto values = std::make_shared<value_tuple>(rk::device_view{}, std::forward<Args>(args)...);
    host::typed_launch typed;
    typed.values = values;
    typed.view = &std::get<0>(*values);
    typed.function = reinterpret_cast<const void*>(function);
    std::apply(
        [&typed](auto&... value) {
          typed.arguments = {const_cast<void*>(static_cast<const void*>(&value))...};
        },
        *values);
    typed.body = [function, values] { std::apply(function, std::as_const(*values)); };
    return launch_typed(options, grid, block, std::move(typed));
  }

  /// Gives symbols the values that a checkpoint holds, made on whichever device. For the time while
  /// no kernel runs: a running one takes them by kernel::restore. Nothing is changed unless the
  /// file is whole and fits: throws `rk::incompatible` with the differences, `rk::system_error`,
  /// `rk::error` if a kernel runs, `rk::busy` while a checkpoint of one that was preempted is read.
  void restore(const std::filesystem::path& checkpoint);

  /// Copies a symbol's bytes to `buffer`. The same as kernel::inspect.
  void inspect(const std::string& symbol, void* buffer, std::size_t bytes);

 private:
  void* allocate_bytes(const std::string& name, const element_type& type, const rk::shape& extents,
                       bool checkpoint);
  void expose_bytes(const std::string& name, const void* pointer, const element_type& type,
                    const rk::shape& extents);
  [[nodiscard]] abi::coherent_handle create_coherent_bytes(const std::string& name,
                                                           const element_type& type,
                                                           std::uint64_t count);
  [[nodiscard]] abi::mailbox_handle create_mailbox_bytes(const std::string& name, std::size_t bytes,
                                                         const topology& t,
                                                         const mailbox_options& options);
  [[nodiscard]] abi::command_queue_handle create_queue(const std::string& name, std::size_t bytes,
                                                       const command_queue_options& options);
  [[nodiscard]] std::uint64_t max_resident_blocks(const void* function, extent3 block) const;
  void require_version(const char* kernel, bool there) const;
  [[nodiscard]] rk::kernel launch_typed(const launch_options& options, extent3 grid, extent3 block,
                                        host::typed_launch typed);

  std::shared_ptr<host::session_core> core_;
};

}  // namespace rk
