#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rk/host/session.hpp>
#include <rk/model/catalogue.hpp>

#include "backend/device.hpp"
#include "host/catalogue_page.hpp"

namespace rk::host {

/// Table of a session's symbols, kernels and segments, with the addresses that only it knows.
///
/// Every change writes the catalogue anew into the control segment, so that it outlives the
/// process. Thread-safe.
class registry {
 public:
  registry(backend::device& device, model::target target);

  /// Zeroed device memory in a segment; small pieces share one.
  struct allocation {
    std::byte* address = nullptr;
    model::location where;
  };

  /// Adds a symbol whose memory is taken here. Throws `rk::invalid_argument` if the name cannot be
  /// used or there can be no such array. Like all changes it is made and published, or not made.
  std::byte* allocate(const std::string& name, const element_type& type, const shape& extents,
                      bool checkpoint);
  /// Adds a symbol whose memory belongs to somebody else.
  void expose(const std::string& name, const std::byte* address, const element_type& type,
              const shape& extents);
  /// Adds marked variables that are not there yet.
  void discover();

  /// What a kernel is passed, and how the table knows it.
  struct kernel_entry {
    model::kernel_id id{};
    std::string name;  ///< the wanted one, with a number behind it if that is taken
    device_view view;
    abi::bindings bound;  ///< to be written to where `view.bound` points
  };
  /// Adds a kernel: actor records, control words and a request word. Throws as check_launch does.
  kernel_entry add_kernel(const launch_options& options, extent3 grid, extent3 block);
  void mark_launched(model::kernel_id id);
  /// Says, where other processes read it, that the session was closed with no actor at work.
  void mark_ended();
  /// Adds to the log of changes, which keeps the latest.
  void add_change(const model::change& c);
  /// Brackets for the writers of a symbol, as yet without their number. Throws `rk::not_found`.
  [[nodiscard]] abi::publication* publication(const std::string& symbol);
  /// Zeroed device memory that is no symbol's.
  [[nodiscard]] std::byte* reserve(std::uint64_t bytes);

  /// Memory of rk-inspect's own that is read by name.
  struct runtime_symbol {
    std::string name;  ///< behind "rk."
    model::type_id (*type)(model::type_table&);
    shape extents;
    std::uint64_t bytes = 0;          ///< of the symbol
    std::uint64_t further_bytes = 0;  ///< behind it, without a name
    bool in_host_memory = false;      ///< that kernels reach too
    bool checkpoint = false;
  };
  /// Adds it, zeroed. Throws `rk::invalid_argument` if the name is taken or none.
  [[nodiscard]] std::byte* add_runtime_symbol(const runtime_symbol& s);

  /// A copy of the table as it stands.
  [[nodiscard]] model::catalogue catalogue() const;
  [[nodiscard]] std::string catalogue_text() const;
  [[nodiscard]] std::uint64_t revision() const;
  /// Descriptors to hand out: the control segment's, then one a segment in the catalogue's order.
  struct descriptors {
    std::vector<int> values;
    std::vector<model::segment_id> segments;
  };
  [[nodiscard]] descriptors shared_descriptors() const;

  /// Where `bytes` of a symbol from `offset` on lie. Throws `rk::not_found`, or
  /// `rk::invalid_argument` if the range leaves the symbol.
  [[nodiscard]] const std::byte* address(model::symbol_id id, std::uint64_t offset,
                                         std::uint64_t bytes) const;
  /// Symbol that `name` means, with its size. Throws `rk::not_found`.
  [[nodiscard]] model::symbol resolve(const std::string& name) const;
  /// Where a kernel's records and words lie in device memory.
  [[nodiscard]] device_view view_of(model::kernel_id id) const;
  /// What it is bound to, as it was written before the launch.
  [[nodiscard]] abi::bindings bindings_of(model::kernel_id id) const;

 private:
  struct owned_segment {
    std::unique_ptr<backend::segment> memory;
    std::uint64_t used = 0;
  };
  allocation take(std::uint64_t bytes);
  allocation take_host_memory(std::uint64_t bytes);
  allocation take_from(std::size_t segment, std::uint64_t rounded_bytes);
  model::segment_id add_segment(std::unique_ptr<backend::segment> memory, model::segment::kind what,
                                bool writable);
  model::segment_id add_device_segment(std::uint64_t bytes, bool writable);
  model::segment_id add_host_segment(std::uint64_t bytes);
  allocation add_runtime(const runtime_symbol& s);
  void add_named(const std::string& name, model::type_id (*type)(model::type_table&),
                 const allocation& memory, const shape& extents, std::uint64_t bytes,
                 bool checkpoint = false);
  model::symbol_id add_symbol(model::symbol s, const std::byte* address);
  [[nodiscard]] model::symbol describe(const std::string& name, const element_type& type,
                                       const shape& extents);
  [[nodiscard]] model::type_id type_of_elements(const element_type& type);
  [[nodiscard]] model::kernel describe(const launch_options& options, extent3 grid,
                                       extent3 block) const;
  /// Makes a change and publishes it, or throws and leaves the table as it was.
  template <class Change>
  void commit(Change change);
  void publish();

  mutable std::mutex mutex_;
  backend::device& device_;
  model::catalogue catalogue_;
  std::vector<const std::byte*> addresses_;  ///< by symbol id
  /// Structures that were looked up, by mangled name: each look goes through the debug information.
  std::map<std::string, model::type_id> named_types_;
  std::vector<owned_segment> segments_;  ///< by segment id
  std::vector<device_view> views_;       ///< by kernel id
  std::vector<abi::bindings> bindings_;  ///< likewise
  std::size_t shared_chunk_ = 0;         ///< segment from which small pieces are taken
  std::size_t host_chunk_ = 0;           ///< likewise in host memory; 0: there is none yet
  catalogue_page page_;
};

}  // namespace rk::host
