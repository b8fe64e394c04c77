#include "host/registry.hpp"

#include <algorithm>
#include <unordered_set>

#include <rk/clock.hpp>
#include <rk/error.hpp>

#include "host/names.hpp"
#include "host/runtime_types.hpp"
#include "model/checked.hpp"
#include "model/text.hpp"
#include "symbols/discover.hpp"

namespace rk::host {
namespace {

/// A segment costs a descriptor and, on a GPU, at least 2 MiB: small symbols share one of this
/// size.
constexpr std::uint64_t chunk_bytes = 2u << 20;
/// The same for host memory that kernels reach.
constexpr std::uint64_t host_chunk_bytes = 64u << 10;
/// Symbols from this size on get a segment of their own.
constexpr std::uint64_t own_segment_bytes = 1u << 20;
/// Room for the request words of this many kernels, in the one segment that hosts may write.
constexpr std::uint64_t max_kernels = 1024;
static_assert(max_kernels <= model::max_kernels);
/// Symbols start on a boundary that suits 16-byte vector loads and keeps writers' lines apart.
constexpr std::uint64_t alignment = 256;

/// Figures measured: docs/benchmarks/h200.md.
void set_idle_policy(abi::bindings& bound, idle_policy policy) {
  switch (policy) {
    case idle_policy::hot:
      bound.lookout_sleep_ns = 0;
      bound.longest_sleep_ns = 100;
      return;
    case idle_policy::balanced:
      bound.lookout_sleep_ns = 0;
      bound.longest_sleep_ns = 4'000;
      return;
    case idle_policy::frugal:
      bound.lookout_sleep_ns = 2'000;
      bound.longest_sleep_ns = 20'000;
      return;
  }
}

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

}  // namespace

registry::registry(backend::device& device, model::target target)
    : device_(device), page_(target.pid) {
  catalogue_.target = std::move(target);
  add_device_segment(max_kernels * sizeof(abi::kernel_requests), true);
  add_device_segment(chunk_bytes, false);
  shared_chunk_ = 1;
  discover();
}

model::segment_id registry::add_segment(std::unique_ptr<backend::segment> memory,
                                        model::segment::kind what, bool writable) {
  model::segment described;
  described.id = static_cast<model::segment_id>(segments_.size());
  described.what = what;
  described.bytes = memory->bytes();
  described.writable = writable;
  segments_.push_back({std::move(memory), 0});
  catalogue_.segments.push_back(described);
  return described.id;
}

model::segment_id registry::add_device_segment(std::uint64_t bytes, bool writable) {
  using enum model::segment::kind;
  return add_segment(device_.create_segment(bytes, writable),
                     device_.kind() == backend_kind::cuda ? cuda : host, writable);
}

model::segment_id registry::add_host_segment(std::uint64_t bytes) {
  return add_segment(device_.create_host_segment(bytes), model::segment::kind::host, false);
}

registry::allocation registry::take_from(std::size_t segment, std::uint64_t rounded_bytes) {
  owned_segment& s = segments_[segment];
  const std::uint64_t offset = s.used;
  s.used += rounded_bytes;
  return {s.memory->device_address() + offset, {static_cast<model::segment_id>(segment), offset}};
}

registry::allocation registry::take(std::uint64_t bytes) {
  const std::uint64_t rounded = round_up(std::max<std::uint64_t>(bytes, 1), alignment);
  std::size_t index = shared_chunk_;
  if (rounded >= own_segment_bytes) {
    index = static_cast<std::size_t>(add_device_segment(rounded, false));
  } else if (segments_[index].used + rounded > segments_[index].memory->bytes()) {
    index = shared_chunk_ = static_cast<std::size_t>(add_device_segment(chunk_bytes, false));
  }
  return take_from(index, rounded);
}

registry::allocation registry::take_host_memory(std::uint64_t bytes) {
  const std::uint64_t rounded = round_up(std::max<std::uint64_t>(bytes, 1), alignment);
  const bool is_full = host_chunk_ == 0 || segments_[host_chunk_].used + rounded >
                                               segments_[host_chunk_].memory->bytes();
  if (is_full) {
    host_chunk_ = static_cast<std::size_t>(add_host_segment(std::max(rounded, host_chunk_bytes)));
  }
  return take_from(host_chunk_, rounded);
}

template <class Change>
void registry::commit(Change change) {
  model::catalogue before = catalogue_;
  const std::size_t addresses = addresses_.size();
  const std::size_t views = views_.size();
  try {
    change();
    publish();
  } catch (...) {
    // Segments stay: to free device memory can wait for a running kernel.
    before.segments = std::move(catalogue_.segments);
    catalogue_ = std::move(before);
    named_types_.clear();
    addresses_.resize(addresses);
    views_.resize(views);
    bindings_.resize(views);
    throw;
  }
}

model::symbol_id registry::add_symbol(model::symbol s, const std::byte* address) {
  if (catalogue_.symbols.size() == model::max_symbols) {
    throw invalid_argument("a session holds at most " + std::to_string(model::max_symbols) +
                           " symbols");
  }
  s.id = static_cast<model::symbol_id>(catalogue_.symbols.size());
  const model::symbol_id id = s.id;
  catalogue_.symbols.push_back(std::move(s));
  addresses_.push_back(address);
  return id;
}

model::symbol registry::describe(const std::string& name, const element_type& type,
                                 const shape& extents) {
  check_name("symbol", name);
  if (name.starts_with("rk.")) {
    throw invalid_argument("symbol name '" + name +
                           "': what starts with 'rk.' belongs to rk-inspect");
  }
  for (const auto& s : catalogue_.symbols) {
    if (s.name == name) throw invalid_argument("a symbol named '" + name + "' exists already");
  }
  const bool is_huge = std::any_of(extents.begin(), extents.end(),
                                   [](std::uint64_t e) { return e > model::max_symbol_bytes; });
  const auto bytes = model::detail::array_bytes(extents, type.size);
  if (is_huge || extents.size() > model::max_rank || !bytes || *bytes > model::max_symbol_bytes) {
    throw invalid_argument("symbol '" + name + "' of shape " + model::detail::shape_text(extents) +
                           ": at most " + std::to_string(model::max_rank) + " dimensions and " +
                           std::to_string(model::max_symbol_bytes) + " bytes are possible");
  }
  model::symbol s;
  s.name = name;
  s.type = type_of_elements(type);
  s.shape = extents;
  s.bytes = *bytes;
  return s;
}

model::type_id registry::type_of_elements(const element_type& type) {
  if (type.what != element_type::kind::named || type.mangled_name == nullptr) {
    return symbols::type_from(type, catalogue_.types);
  }
  const auto known = named_types_.find(type.mangled_name);
  if (known != named_types_.end()) return known->second;
  const model::type_id found = symbols::type_from(type, catalogue_.types);
  // What was not found may come with a library that is loaded later.
  const bool is_known = catalogue_.types[found].how != model::encoding::opaque;
  if (is_known) named_types_.emplace(type.mangled_name, found);
  return found;
}

std::byte* registry::allocate(const std::string& name, const element_type& type,
                              const shape& extents, bool checkpoint) {
  const std::lock_guard lock(mutex_);
  allocation memory;
  commit([&] {
    model::symbol s = describe(name, type, extents);
    s.checkpoint = checkpoint;
    memory = take(s.bytes);
    s.where = memory.where;
    add_symbol(std::move(s), memory.address);
  });
  return memory.address;
}

void registry::expose(const std::string& name, const std::byte* address, const element_type& type,
                      const shape& extents) {
  const std::lock_guard lock(mutex_);
  commit([&] {
    model::symbol s = describe(name, type, extents);
    if (address == nullptr && s.bytes != 0) {
      throw invalid_argument("symbol '" + name + "': a null pointer cannot be read");
    }
    add_symbol(std::move(s), address);
  });
}

void registry::discover() {
  const std::lock_guard lock(mutex_);
  commit([&] {
    std::unordered_set<std::string> names;
    for (const auto& s : catalogue_.symbols) names.insert(s.name);
    for (const auto& d : symbols::discover(device_.kind(), catalogue_.types)) {
      const std::byte* address = device_.symbol_address(d.address);
      if (std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end()) continue;
      model::symbol s;
      s.name = numbered(shortened(d.name), [&](const std::string& n) { return names.contains(n); });
      s.type = d.type;
      s.shape = d.shape;
      s.bytes = d.bytes;
      s.checkpoint = d.checkpoint;
      s.source = d.source;
      s.note = d.note;
      names.insert(s.name);
      add_symbol(std::move(s), address);
    }
  });
}

model::kernel registry::describe(const launch_options& options, extent3 grid, extent3 block) const {
  const std::string name = options.name.empty() ? "kernel" : options.name;
  check_launch(name, grid, block);
  if (catalogue_.kernels.size() == max_kernels) {
    throw invalid_argument("a session holds at most " + std::to_string(max_kernels) + " kernels");
  }
  model::kernel k;
  k.id = static_cast<model::kernel_id>(catalogue_.kernels.size());
  k.name =
      numbered(name, [this](const std::string& n) { return catalogue_.find_kernel(n) != nullptr; });
  k.grid = grid;
  k.block = block;
  k.actor_count = static_cast<std::uint32_t>(grid.count());
  k.sync = options.sync;
  k.level = options.level;
  return k;
}

registry::allocation registry::add_runtime(const runtime_symbol& s) {
  const std::uint64_t bytes = s.bytes + s.further_bytes;
  const allocation memory = s.in_host_memory ? take_host_memory(bytes) : take(bytes);
  add_named(s.name, s.type, memory, s.extents, s.bytes, s.checkpoint);
  return memory;
}

void registry::add_named(const std::string& name, model::type_id (*type)(model::type_table&),
                         const allocation& memory, const shape& extents, std::uint64_t bytes,
                         bool checkpoint) {
  model::symbol s;
  s.name = "rk." + name;
  s.type = type(catalogue_.types);
  s.shape = extents;
  s.bytes = bytes;
  s.where = memory.where;
  s.runtime = true;
  s.checkpoint = checkpoint;
  add_symbol(std::move(s), memory.address);
}

std::byte* registry::add_runtime_symbol(const runtime_symbol& wanted) {
  const std::lock_guard lock(mutex_);
  check_name("name", wanted.name);
  for (const auto& s : catalogue_.symbols) {
    if (s.name == "rk." + wanted.name) {
      throw invalid_argument("there is an object named '" + s.name + "' already");
    }
  }
  allocation memory;
  commit([&] { memory = add_runtime(wanted); });
  return memory.address;
}

registry::kernel_entry registry::add_kernel(const launch_options& options, extent3 grid,
                                            extent3 block) {
  const std::lock_guard lock(mutex_);
  kernel_entry entry;
  commit([&] {
    model::kernel k = describe(options, grid, block);
    k.actors = static_cast<model::symbol_id>(catalogue_.symbols.size());
    const allocation records = add_runtime({k.name + ".actors",
                                            actor_record_type,
                                            {k.actor_count},
                                            k.actor_count * sizeof(abi::actor_record)});
    const allocation signals = add_runtime({k.name + ".signals",
                                            actor_signals_type,
                                            {k.actor_count},
                                            k.actor_count * sizeof(abi::actor_signals)});
    if (options.level >= instrumentation::flight_recorder) {
      const allocation events =
          add_runtime({k.name + ".events",
                       event_type,
                       {k.actor_count, options.kept_events},
                       std::uint64_t{k.actor_count} * options.kept_events * sizeof(abi::event)});
      entry.bound.events = reinterpret_cast<abi::event*>(events.address);
      entry.bound.event_mask = options.kept_events - 1;
    }
    const allocation control = take(sizeof(abi::kernel_control));
    add_named(k.name + ".grid_barrier", barrier_record_type,
              {control.address + offsetof(abi::kernel_control, grid_barrier),
               {control.where.segment,
                control.where.offset + offsetof(abi::kernel_control, grid_barrier)}},
              {}, sizeof(abi::barrier_record));
    const allocation bell = take_host_memory(sizeof(abi::doorbell));

    auto* requests = reinterpret_cast<abi::kernel_requests*>(segments_[0].memory->device_address());
    requests += catalogue_.kernels.size();

    entry.id = k.id;
    entry.name = k.name;
    entry.view.actors = reinterpret_cast<abi::actor_record*>(records.address);
    entry.view.requests = requests;
    entry.view.control = reinterpret_cast<abi::kernel_control*>(control.address);
    entry.view.wait_deadline_ns =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, options.wait_deadline.count()));
    entry.view.actor_count = k.actor_count;
    entry.view.sync = options.sync;
    entry.view.level = options.level;
    entry.view.lookahead = options.lookahead;
    entry.view.bound = reinterpret_cast<const abi::bindings*>(take(sizeof(abi::bindings)).address);
    entry.bound.host_bell = reinterpret_cast<const abi::doorbell*>(bell.address);
    entry.bound.signals =
        reinterpret_cast<abi::signal_control*>(take(sizeof(abi::signal_control)).address);
    entry.bound.actors = reinterpret_cast<abi::actor_signals*>(signals.address);
    set_idle_policy(entry.bound, options.idle);
    views_.push_back(entry.view);
    bindings_.push_back(entry.bound);
    catalogue_.kernels.push_back(std::move(k));
  });
  return entry;
}

void registry::mark_launched(model::kernel_id id) {
  const std::lock_guard lock(mutex_);
  commit([&] {
    model::kernel& k = catalogue_.kernels[static_cast<std::size_t>(id)];
    k.launched = true;
    k.launched_unix_ns = unix_ns();
  });
}

void registry::mark_ended() {
  const std::lock_guard lock(mutex_);
  page_.mark_ended();
}

void registry::add_change(const model::change& c) {
  const std::lock_guard lock(mutex_);
  commit([&] {
    if (catalogue_.changes.size() == model::max_changes) {
      catalogue_.changes.erase(catalogue_.changes.begin());
    }
    catalogue_.changes.push_back(c);
  });
}

abi::publication* registry::publication(const std::string& symbol) {
  const std::lock_guard lock(mutex_);
  const std::string name = model::publication_name(catalogue_.resolve(symbol));
  for (const auto& s : catalogue_.symbols) {
    if (s.name != name) continue;
    const std::byte* known = addresses_[static_cast<std::size_t>(s.id)];
    return reinterpret_cast<abi::publication*>(const_cast<std::byte*>(known));
  }
  allocation memory;
  commit([&] {
    model::symbol s;
    s.name = name;
    s.type = publication_type(catalogue_.types);
    s.bytes = sizeof(abi::publication);
    s.runtime = true;
    memory = take(s.bytes);
    s.where = memory.where;
    add_symbol(std::move(s), memory.address);
  });
  return reinterpret_cast<abi::publication*>(memory.address);
}

std::byte* registry::reserve(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  allocation memory;
  commit([&] { memory = take(bytes); });
  return memory.address;
}

void registry::publish() {
  ++catalogue_.revision;
  page_.publish(model::to_json_text(catalogue_));
}

model::catalogue registry::catalogue() const {
  const std::lock_guard lock(mutex_);
  return catalogue_;
}

std::string registry::catalogue_text() const {
  const std::lock_guard lock(mutex_);
  return page_.text();
}

std::uint64_t registry::revision() const {
  const std::lock_guard lock(mutex_);
  return catalogue_.revision;
}

registry::descriptors registry::shared_descriptors() const {
  const std::lock_guard lock(mutex_);
  descriptors d;
  d.values.push_back(page_.shared_descriptor());
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    d.values.push_back(segments_[i].memory->shared_descriptor());
    d.segments.push_back(static_cast<model::segment_id>(i));
  }
  return d;
}

const std::byte* registry::address(model::symbol_id id, std::uint64_t offset,
                                   std::uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  const model::symbol* s = catalogue_.find(id);
  if (s == nullptr) {
    throw not_found("there is no symbol number " + std::to_string(static_cast<std::uint32_t>(id)));
  }
  if (offset > s->bytes || bytes > s->bytes - offset) {
    throw invalid_argument(s->name + ": bytes " + std::to_string(offset) + " to " +
                           std::to_string(offset + bytes) + " of " + std::to_string(s->bytes));
  }
  return addresses_[static_cast<std::size_t>(id)] + offset;
}

model::symbol registry::resolve(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return catalogue_.resolve(name);
}

abi::bindings registry::bindings_of(model::kernel_id id) const {
  const std::lock_guard lock(mutex_);
  return bindings_.at(static_cast<std::size_t>(id));
}

device_view registry::view_of(model::kernel_id id) const {
  const std::lock_guard lock(mutex_);
  return views_.at(static_cast<std::size_t>(id));
}

}  // namespace rk::host
