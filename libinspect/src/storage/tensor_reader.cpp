#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/storage/crc32c.hpp>

#include "model/text.hpp"
#include "storage/tensor_header.hpp"

namespace rk::storage {
namespace {

constexpr std::size_t piece_bytes = 4u << 20;

void read_at(int file, std::uint64_t offset, std::span<std::byte> to,
             const std::filesystem::path& path) {
  while (!to.empty()) {
    const ssize_t got = ::pread(file, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read(" + path.string() + ")", errno);
    if (got == 0) throw incompatible(path.string() + " is cut short");
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
}

/// The checksum that stands at place `index` of a space-separated list.
std::optional<std::uint32_t> checksum_at(const std::string& list, std::size_t index) {
  constexpr std::size_t width = detail::blank_checksum.size();
  const std::size_t at = index * (width + 1);
  if (at + width > list.size()) return std::nullopt;
  std::uint32_t value = 0;
  const char* const begin = list.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + width, value, 16);
  if (error != std::errc() || end != begin + width) return std::nullopt;
  return value;
}

/// A header of ours carries its own checksum: a damaged name or shape is not believed.
void check_header(std::string text, const metadata& notes) {
  const bool is_ours = std::any_of(notes.begin(), notes.end(),
                                   [](const auto& note) { return note.first.starts_with("rk."); });
  if (!is_ours) return;
  const auto own = notes.find(detail::header_checksum_note);
  if (own == notes.end()) throw incompatible("the header lacks its checksum");
  const std::string field =
      std::string("\"") + detail::header_checksum_note + "\":\"" + own->second + "\"";
  const std::size_t at = text.find(field);
  const bool is_whole = at != std::string::npos &&
                        own->second.size() == detail::blank_checksum.size() &&
                        text.find(field, at + 1) == std::string::npos;
  if (is_whole) {
    text.replace(at + field.size() - 1 - own->second.size(), own->second.size(),
                 detail::blank_checksum);
  }
  if (!is_whole || detail::to_hex(crc32c(std::as_bytes(std::span(text)))) != own->second) {
    throw incompatible("the header does not match its checksum");
  }
}

}  // namespace

tensor_reader::tensor_reader(const std::filesystem::path& path) : path_(path) {
  file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file_) throw system_error("open(" + path.string() + ")", errno);
  struct stat about {};
  if (::fstat(file_.get(), &about) != 0) throw system_error("stat(" + path.string() + ")", errno);
  if (!S_ISREG(about.st_mode)) throw incompatible(path.string() + " is no regular file");
  const auto file_bytes = static_cast<std::uint64_t>(about.st_size);
  try {
    std::uint64_t header_bytes = 0;
    if (file_bytes < sizeof header_bytes) throw incompatible("the file is too short for a header");
    read_at(file_.get(), 0, std::as_writable_bytes(std::span(&header_bytes, 1)), path);
    if (header_bytes > max_header_bytes || header_bytes > file_bytes - sizeof header_bytes) {
      constexpr std::uint64_t brace = '{';
      throw incompatible((header_bytes & 0xff) == brace
                             ? "no safetensors file, but JSON text"
                             : "the header is said to have " + std::to_string(header_bytes) +
                                   " bytes");
    }
    data_begin_ = sizeof header_bytes + header_bytes;
    std::string text(header_bytes, '\0');
    read_at(file_.get(), sizeof header_bytes, std::as_writable_bytes(std::span(text)), path);
    header_ = parse_tensor_header(text, file_bytes - data_begin_);
    check_header(std::move(text), header_.notes);
  } catch (const incompatible& e) {
    throw incompatible(path.string() + ": " + e.what());
  }
}

const tensor* tensor_reader::find(std::string_view name) const noexcept {
  const auto found = std::find_if(header_.tensors.begin(), header_.tensors.end(),
                                  [&](const tensor& t) { return t.name == name; });
  return found == header_.tensors.end() ? nullptr : &*found;
}

void tensor_reader::read(const tensor& t, std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > t.bytes || to.size() > t.bytes - offset) {
    throw invalid_argument("tensor " + model::detail::quoted(t.name) + " has " +
                           std::to_string(t.bytes) + " bytes");
  }
  read_at(file_.get(), data_begin_ + t.offset + offset, to, path_);
}

std::vector<std::byte> tensor_reader::read(const tensor& t) const {
  std::vector<std::byte> bytes(t.bytes);
  read(t, 0, bytes);
  return bytes;
}

std::uint32_t tensor_reader::checksum_of(const tensor& t) const {
  const auto list = header_.notes.find(detail::checksums_note);
  if (list == header_.notes.end()) {
    throw incompatible(path_.string() + " has no checksums: rk-inspect did not write it");
  }
  const auto index = static_cast<std::size_t>(&t - header_.tensors.data());
  if (const auto value = checksum_at(list->second, index)) return *value;
  throw incompatible(path_.string() + ": there is no checksum for tensor " +
                     model::detail::quoted(t.name));
}

void tensor_reader::verify(const tensor& t) const {
  const std::uint32_t expected = checksum_of(t);
  std::uint32_t crc = 0;
  std::vector<std::byte> piece(std::min<std::uint64_t>(t.bytes, piece_bytes));
  for (std::uint64_t at = 0; at < t.bytes; at += piece.size()) {
    const auto part = std::span(piece).first(std::min<std::uint64_t>(t.bytes - at, piece.size()));
    read(t, at, part);
    crc = crc32c(part, crc);
  }
  if (crc != expected) {
    throw incompatible(path_.string() + ": tensor " + model::detail::quoted(t.name) +
                       " is damaged: its checksum does not match");
  }
}

void tensor_reader::verify_all() const {
  for (const tensor& t : header_.tensors) verify(t);
}

}  // namespace rk::storage
