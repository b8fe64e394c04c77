#include "symbols/registered.hpp"

#include <utility>

#include <rk/host/symbol_registration.hpp>

#include "symbols/cxx_names.hpp"

namespace rk::symbols {
namespace {

struct copying {
  backend_kind backend;
  std::vector<registered> result;
};

void copy_one(void* context, const symbol_registration::description& d) {
  auto& [backend, result] = *static_cast<copying*>(context);
  if (d.backend != backend) return;
  registered r;
  r.name = d.name;
  r.address = d.address;
  r.kind = d.type.what;
  r.element_bytes = d.type.size;
  r.mangled_type = d.type.mangled_name;
  r.shape.assign(d.shape, d.shape + d.rank);
  r.checkpoint = d.checkpoint;
  r.source = {base_name(d.file), static_cast<std::uint32_t>(d.line)};
  result.push_back(std::move(r));
}

}  // namespace

element_type registered::type() const noexcept {
  return {kind, static_cast<std::size_t>(element_bytes), mangled_type.c_str()};
}

std::uint64_t registered::bytes() const noexcept {
  std::uint64_t count = element_bytes;
  for (const std::uint64_t extent : shape) count *= extent;
  return count;
}

std::vector<registered> copy_registrations(backend_kind backend) {
  copying all{backend, {}};
  symbol_registration::for_each(copy_one, &all);
  return std::move(all.result);
}

}  // namespace rk::symbols
