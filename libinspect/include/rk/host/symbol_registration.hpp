#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <rk/host/backend.hpp>
#include <rk/host/type_of.hpp>

namespace rk {

/// One RK_DEBUGGABLE or RK_CHECKPOINT: a variable with its type and shape, known at compile time.
///
/// Registrations have static lifetime and link themselves into a list before main(), or when their
/// shared library is loaded; unloading it takes them out. Sessions copy the list when they discover.
class symbol_registration {
 public:
  static constexpr std::size_t max_rank = 8;

  struct description {
    const char* name;
    const void* address;  ///< the variable on the CPU back-end, its host shadow on the GPU's
    element_type type;
    std::uint64_t shape[max_rank];
    std::size_t rank;
    bool checkpoint;
    backend_kind backend;
    const char* file;
    int line;
  };

  explicit symbol_registration(const description& d) noexcept;
  ~symbol_registration();
  symbol_registration(const symbol_registration&) = delete;
  symbol_registration& operator=(const symbol_registration&) = delete;

  /// Calls `visit(description)` for each registration, under a lock. Thread-safe.
  static void for_each(void (*visit)(void* context, const description&), void* context);

 private:
  description description_;
  symbol_registration* next_ = nullptr;
};

namespace detail {

template <class T>
constexpr void describe_shape(symbol_registration::description& d) {
  if constexpr (std::is_array_v<T>) {
    static_assert(std::rank_v<T> <= symbol_registration::max_rank, "rk: arrays of at most 8 dimensions");
    d.shape[d.rank++] = std::extent_v<T>;
    describe_shape<std::remove_extent_t<T>>(d);
  } else {
    d.type = type_of<T>();
  }
}

}  // namespace detail

/// Describes `variable` for a symbol_registration; only its address is used.
template <class T>
[[nodiscard]] symbol_registration::description register_symbol(const char* name, const T& variable,
                                                               bool checkpoint, backend_kind backend,
                                                               const char* file, int line) {
  symbol_registration::description d{};
  detail::describe_shape<std::remove_cv_t<T>>(d);
  d.name = name;
  d.address = const_cast<const void*>(static_cast<const volatile void*>(std::addressof(variable)));
  d.checkpoint = checkpoint;
  d.backend = backend;
  d.file = file;
  d.line = line;
  return d;
}

}  // namespace rk
