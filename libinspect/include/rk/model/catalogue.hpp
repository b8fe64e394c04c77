#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rk/abi/device_view.hpp>
#include <rk/abi/index3.hpp>
#include <rk/model/type.hpp>

namespace rk::model {

enum class symbol_id : std::uint32_t {};
enum class segment_id : std::uint32_t {};
enum class kernel_id : std::uint32_t {};

/// Memory that a session hands to other processes as a file descriptor.
struct segment {
  enum class kind : std::uint8_t { host, cuda };
  segment_id id{};
  kind what = kind::host;
  std::uint64_t bytes = 0;
  bool writable = false;  ///< request words only; all else is handed out read-only
};

/// Where in a segment something lies.
struct location {
  segment_id segment{};
  std::uint64_t offset = 0;  ///< bytes
};

/// Where in the source something was declared.
struct source_place {
  std::string file;
  std::uint32_t line = 0;
};

/// A named, typed array or scalar of the target.
struct symbol {
  symbol_id id{};
  std::string name;                  ///< unique in the catalogue
  type_id type{};                    ///< of one element
  std::vector<std::uint64_t> shape;  ///< outermost first; empty for a scalar
  std::uint64_t bytes = 0;
  std::optional<location> where;  ///< empty: only the target's own session can read it (proxied)
  bool checkpoint = false;
  bool runtime = false;  ///< belongs to rk-inspect itself: actor records and the like
  source_place source;
  std::string note;  ///< why the type is not known, if it is not
};

/// A kernel that the session launched or made a device view for.
struct kernel {
  kernel_id id{};
  std::string name;
  extent3 grid;
  extent3 block;
  std::uint32_t actor_count = 0;
  rk::synchrony sync = rk::synchrony::grid;
  rk::instrumentation level = rk::instrumentation::progress;
  symbol_id actors{};     ///< runtime symbol: actor_record[actor_count]
  bool launched = false;  ///< by the session, which so knows when it ends
  std::int64_t launched_unix_ns = 0;
};

/// New values that a tool gave symbols while the target ran.
struct change {
  std::int64_t unix_ns = 0;
  std::string kernel;      ///< at whose safe point
  std::uint64_t step = 0;  ///< from which on all actors saw them
  std::string what;        ///< as the tool put it: "pressure[4,2:5,::3]", "checkpoint 0f3a..."
  std::uint64_t bytes = 0;
  std::string before;      ///< first element before, as text; empty if it was not kept
  std::string after;       ///< first element afterwards
  std::uint64_t pid = 0;   ///< of the process that asked
  std::uint64_t user = 0;  ///< its user id
  std::string program;     ///< its name
};

/// Identity of a target.
struct target {
  std::string name;
  std::uint64_t pid = 0;
  std::string program;
  std::string build_id;  ///< of the program's file, hexadecimal; empty if it has none
  std::string backend;   ///< "cpu" or "cuda"
  std::string device;    ///< product name of the GPU, or of the CPU back-end
  std::string gpu_uuid;  ///< empty on the CPU back-end
  std::int32_t gpu_index = -1;
  std::int64_t started_unix_ns = 0;
  std::int64_t device_clock_offset_ns =
      0;  ///< device clock minus CLOCK_MONOTONIC, at session creation
};

/// All that a target says of itself: who it is, what it has, where that lies.
struct catalogue {
  std::uint64_t revision = 0;  ///< grows with each change
  model::target target;
  type_table types;
  std::vector<segment> segments;
  std::vector<symbol> symbols;
  std::vector<kernel> kernels;
  std::vector<change> changes;  ///< the latest, oldest first

  [[nodiscard]] const symbol* find(symbol_id id) const noexcept;
  [[nodiscard]] const kernel* find_kernel(std::string_view name) const noexcept;

  /// The symbol that `name` means: an exact match, or the only one that ends in "::name" or
  /// "name@file". Throws `rk::not_found` with the nearest names, or with the candidates if several
  /// match.
  [[nodiscard]] const symbol& resolve(std::string_view name) const;
};

/// True for what the runtime itself records, and a checkpoint does not contain: actor records and
/// the like. State of the runtime that it does contain (mailboxes) is none.
[[nodiscard]] inline bool is_record(const symbol& s) noexcept {
  return s.runtime && !s.checkpoint;
}

/// Name of the runtime symbol that holds the brackets around writes of `s` (abi::publication), if
/// the program asked for them.
[[nodiscard]] std::string publication_name(const symbol& s);

/// Bytes of `symbol`: its shape times its element's size. Throws `rk::incompatible` on overflow.
[[nodiscard]] std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape,
                                     std::uint64_t element_bytes);

/// JSON text of `c`, schema "rk-inspect/catalogue/1".
[[nodiscard]] std::string to_json_text(const catalogue& c);

/// Reads what to_json_text wrote, trusting nothing: every index, size and count is checked against
/// the limits below. Throws `rk::incompatible` naming the field that is wrong.
[[nodiscard]] catalogue parse_catalogue(std::string_view text);

inline constexpr std::uint64_t max_catalogue_bytes = 16u << 20;
inline constexpr std::uint64_t max_symbols = 65'536;
inline constexpr std::uint64_t max_types = 65'536;
inline constexpr std::uint64_t max_rank = 16;
inline constexpr std::uint64_t max_symbol_bytes = std::uint64_t{1} << 44;
inline constexpr std::uint64_t max_actors = 1u << 24;
inline constexpr std::uint64_t max_segments = 65'536;
inline constexpr std::uint64_t max_kernels = 65'536;
inline constexpr std::uint64_t max_changes = 64;
inline constexpr std::uint64_t max_name_bytes = 1024;  ///< of a symbol or kernel
inline constexpr std::uint64_t max_text_bytes =
    64u << 10;  ///< of any other text: type names, paths, notes
inline constexpr std::uint64_t max_type_depth = 64;  ///< structures and arrays within each other

}  // namespace rk::model
