#include <array>
#include <bit>
#include <cstdio>
#include <set>

#include <rk/error.hpp>
#include <rk/storage/crc32c.hpp>

#include "model/checked.hpp"
#include "model/text.hpp"
#include "storage/tensor_header.hpp"

namespace rk::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

/// Gives each tensor its place, and refuses what a reader would refuse.
std::vector<tensor> laid_out(std::vector<tensor> tensors) {
  std::set<std::string_view> names;
  std::uint64_t offset = 0;
  for (tensor& t : tensors) {
    const std::string what = "tensor " + model::detail::quoted(t.name);
    if (!names.insert(t.name).second) throw invalid_argument(what + " twice");
    const auto expected = model::detail::array_bytes(t.shape, dtype_bytes(t.dtype));
    if (dtype_bytes(t.dtype) == 0 || expected != t.bytes) {
      throw invalid_argument(what + ": " + std::to_string(t.bytes) + " bytes are no " + t.dtype +
                             " of shape " + model::detail::shape_text(t.shape));
    }
    t.offset = offset;
    offset += t.bytes;
  }
  return tensors;
}

}  // namespace

std::string detail::to_hex(std::uint32_t checksum) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", checksum);
  return text.data();
}

tensor_writer::tensor_writer(output& to, std::vector<tensor> tensors, metadata notes)
    : tensors_(laid_out(std::move(tensors))),
      notes_(std::move(notes)),
      checksums_(tensors_.size(), 0),
      to_(to) {
  // The checksums come last, but their room is known.
  const std::string text = header_text();
  header_bytes_ = text.size();
  const std::uint64_t length = header_bytes_;
  to_.write(std::as_bytes(std::span(&length, 1)));
  to_.write(std::as_bytes(std::span(text)));
}

std::string tensor_writer::header_text() {
  std::string& checksums = notes_[detail::checksums_note];
  checksums.clear();
  for (const std::uint32_t c : checksums_) {
    checksums += (checksums.empty() ? "" : " ") + detail::to_hex(c);
  }
  std::string& own = notes_[detail::header_checksum_note];
  own = detail::blank_checksum;
  const std::string blank = detail::to_header_text(tensors_, notes_);
  own = detail::to_hex(crc32c(std::as_bytes(std::span(blank))));
  return detail::to_header_text(tensors_, notes_);
}

void tensor_writer::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    while (current_ < tensors_.size() && current_bytes_ == tensors_[current_].bytes) {
      ++current_;
      current_bytes_ = 0;
    }
    if (current_ == tensors_.size()) {
      throw invalid_argument("more bytes than the file has tensors for");
    }
    const std::uint64_t left = tensors_[current_].bytes - current_bytes_;
    const auto part = bytes.first(std::min<std::uint64_t>(left, bytes.size()));
    checksums_[current_] = crc32c(part, checksums_[current_]);
    to_.write(part);
    current_bytes_ += part.size();
    bytes = bytes.subspan(part.size());
  }
}

void tensor_writer::commit() {
  while (current_ < tensors_.size() && current_bytes_ == tensors_[current_].bytes) {
    ++current_;
    current_bytes_ = 0;
  }
  if (current_ != tensors_.size()) {
    throw invalid_argument("tensor " + model::detail::quoted(tensors_[current_].name) +
                           " was not written to its end");
  }
  const std::string text = header_text();
  to_.rewrite(sizeof(std::uint64_t), std::as_bytes(std::span(text)));
  to_.commit();
}

}  // namespace rk::storage
