#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rk/host/backend.hpp>
#include <rk/host/type_of.hpp>
#include <rk/model/catalogue.hpp>
#include <rk/model/type.hpp>

namespace rk::symbols {

/// A variable that a marker, or RK_DEBUGGABLE or RK_CHECKPOINT, made visible.
struct discovered {
  std::string name;                  ///< qualified C++ name, unique in the result
  model::type_id type{};             ///< of one element
  std::vector<std::uint64_t> shape;  ///< outermost first; empty for a scalar
  std::uint64_t bytes = 0;
  const void* address =
      nullptr;  ///< of the variable on the CPU back-end, of its host shadow on the GPU's
  bool checkpoint = false;
  model::source_place source;  ///< base name of the declaring file, and line; empty if not known
  std::string note;            ///< why the type is not known, and what to do; empty if it is
};

/// Marked and registered variables of `backend` in the program and its libraries, sorted by name.
/// Their types go into `types`.
///
/// Names leave out unnamed and inline namespaces. Where several variables have one name, as statics
/// of different files may, each is qualified: "x@wave.cu", "x@libwave.so" or "x@wave.cu#2".
///
/// Reads files, some of them large: milliseconds for a small program, more where the debug
/// information is big. An object that cannot be read is left out. Thread-safe with different
/// `types`.
[[nodiscard]] std::vector<discovered> discover(backend_kind backend, model::type_table& types);

/// Structure, union or enumeration by `typeid(T).name()`, from the debug information of the main
/// program, then of each library that has marked variables.
[[nodiscard]] std::optional<model::type_id> find_named_type(const char* mangled_type_name,
                                                            model::type_table& types);

/// Entry for a type known at compile time. A structure or enumeration without debug information, or
/// whose debug information has another size, becomes opaque bytes of `type.size`.
[[nodiscard]] model::type_id type_from(const element_type& type, model::type_table& types);

}  // namespace rk::symbols
