#include <algorithm>
#include <charconv>
#include <numeric>

#include <rk/error.hpp>
#include <rk/storage/graveyard.hpp>

namespace rk::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view extension = ".safetensors";

/// "NAME.PID.safetensors"; nothing for any other file.
std::optional<grave> parse(const fs::path& path) {
  if (path.extension() != extension) return std::nullopt;
  const std::string stem = path.stem().string();
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  grave g;
  const char* const end = stem.data() + stem.size();
  const auto [stop, error] = std::from_chars(stem.data() + dot + 1, end, g.pid);
  if (error != std::errc() || stop != end) return std::nullopt;
  g.name = stem.substr(0, dot);
  g.path = path;
  return g;
}

fs::file_time_type time_of(const grave& g) {
  std::error_code gone;
  const auto time = fs::last_write_time(g.path, gone);
  return gone ? fs::file_time_type::min() : time;
}

std::uint64_t bytes_of(const grave& g) {
  std::error_code gone;
  const auto bytes = fs::file_size(g.path, gone);
  return gone ? 0 : bytes;
}

}  // namespace

std::vector<grave> graveyard::list() const {
  std::vector<std::pair<fs::file_time_type, grave>> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (auto g = parse(entry->path())) found.emplace_back(time_of(*g), std::move(*g));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.path) < std::pair(b.first, b.second.path);
  });
  std::vector<grave> graves;
  for (auto& f : found) graves.push_back(std::move(f.second));
  return graves;
}

fs::path graveyard::path_for(const checkpoint_info& info) const {
  const model::target& t = info.catalogue.target;
  return folder_ / (t.name + "." + std::to_string(t.pid) + std::string(extension));
}

void graveyard::make_room(const checkpoint_info& info) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) throw system_error("mkdir(" + folder_.string() + ")", error.value());
  fs::permissions(folder_, fs::perms::owner_all, error);
  const std::uint64_t wanted = std::accumulate(
      info.catalogue.symbols.begin(), info.catalogue.symbols.end(), std::uint64_t{0},
      [](std::uint64_t sum, const model::symbol& s) { return sum + s.bytes; });
  if (wanted > limits_.bytes) {
    throw rk::error("it has " + std::to_string(wanted) + " bytes, and the limit is " +
                    std::to_string(limits_.bytes));
  }
  std::vector<grave> graves = list();
  std::uint64_t used = 0;
  for (const grave& g : graves) used += bytes_of(g);
  for (auto oldest = graves.begin(); oldest != graves.end(); ++oldest) {
    const auto left = static_cast<std::uint64_t>(graves.end() - oldest);
    if (left < limits_.count && used + wanted <= limits_.bytes) return;
    used -= std::min(used, bytes_of(*oldest));
    forget(*oldest);
  }
}

void graveyard::forget(const grave& g) const {
  std::error_code error;
  fs::remove(g.path, error);
  if (error) throw system_error("unlink(" + g.path.string() + ")", error.value());
}

}  // namespace rk::storage
