#include <algorithm>
#include <cstring>
#include <string>

#include <rk/device/atomic.cuh>
#include <rk/error.hpp>
#include <rk/host/coherent.hpp>

#include "host/runtime_types.hpp"
#include "host/session_core.hpp"

namespace rk::host {
namespace {

using std::chrono::steady_clock;

void require_fit(const abi::coherent_handle& region, std::size_t bytes) {
  if (bytes <= region.bytes) return;
  throw invalid_argument("a coherent region of " + std::to_string(region.bytes) +
                         " bytes: cannot hold " + std::to_string(bytes));
}

}  // namespace

void write_coherent(const abi::coherent_handle& region, std::span<const std::byte> from) {
  require_fit(region, from.size());
  std::uint64_t& writes = region.line->host_writes;
  const std::uint64_t version = atomic_load<order::relaxed, scope::system>(writes);
  atomic_store<order::relaxed, scope::system>(writes, version + 1);
  // No word may be seen before that.
  fence<order::acq_rel, scope::system>();
  for (std::size_t at = 0; at < from.size(); at += sizeof(std::uint64_t)) {
    const std::size_t left = std::min(from.size() - at, sizeof(std::uint64_t));
    std::uint64_t word = region.host_words[at / sizeof word];
    std::memcpy(&word, from.data() + at, left);
    atomic_store<order::relaxed, scope::system>(region.host_words[at / sizeof word], word);
  }
  atomic_store<order::release, scope::system>(writes, version + 2);
}

void read_coherent(const abi::coherent_handle& region, std::span<std::byte> to,
                   std::chrono::nanoseconds limit) {
  require_fit(region, to.size());
  const std::uint64_t& writes = region.line->device_writes;
  const auto until = steady_clock::now() + limit;
  for (;;) {
    const std::uint64_t version = atomic_load<order::acquire, scope::system>(writes);
    for (std::size_t at = 0; version % 2 == 0 && at < to.size(); at += sizeof(std::uint64_t)) {
      const std::size_t left = std::min(to.size() - at, sizeof(std::uint64_t));
      const std::uint64_t word =
          atomic_load<order::relaxed, scope::system>(region.host_words[at / sizeof(std::uint64_t)]);
      std::memcpy(to.data() + at, &word, left);
    }
    // The loads above stay before the look below.
    fence<order::acq_rel, scope::system>();
    const bool is_whole =
        version % 2 == 0 && atomic_load<order::relaxed, scope::system>(writes) == version;
    if (is_whole) return;
    if (steady_clock::now() >= until) {
      throw timeout("the kernel does not end writing a coherent region");
    }
  }
}

abi::coherent_handle session_core::create_coherent_region(const std::string& name,
                                                          const element_type& type,
                                                          std::uint64_t count) {
  if (count == 0 || count > model::max_symbol_bytes / type.size) {
    throw invalid_argument("coherent region '" + name + "': " + std::to_string(count) +
                           " elements of " + std::to_string(type.size) + " bytes");
  }
  abi::coherent_handle region;
  region.bytes = count * type.size;
  const std::uint64_t padded = (region.bytes + 15) / 16 * 16;
  auto* counters = registry_->add_runtime_symbol({.name = name + ".coherence",
                                                  .type = coherence_counters_type,
                                                  .extents = {},
                                                  .bytes = sizeof(abi::coherence_counters)});
  region.counters = reinterpret_cast<abi::coherence_counters*>(counters);
  auto* host = registry_->add_runtime_symbol({.name = name + ".in_host_memory",
                                              .type = coherent_line_type,
                                              .extents = {},
                                              .bytes = sizeof(abi::coherent_line),
                                              .further_bytes = padded,
                                              .in_host_memory = true});
  region.line = reinterpret_cast<abi::coherent_line*>(host);
  region.host_words = reinterpret_cast<std::uint64_t*>(host + sizeof(abi::coherent_line));
  region.device_words =
      reinterpret_cast<std::uint64_t*>(registry_->allocate(name, type, {count}, false));
  const std::lock_guard lock(copier_mutex_);
  copier_->write_word(&region.counters->bytes, region.bytes);
  return region;
}

}  // namespace rk::host
