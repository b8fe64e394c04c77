// A header that is taken describes arrays that fit the file, and is written again as it was read.
#include <cstdlib>
#include <string_view>

#include <rk/error.hpp>
#include <rk/storage/tensor_file.hpp>

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte says how much data the file has behind its header.
  if (size == 0) return 0;
  const std::uint64_t data_bytes = data[0];
  const std::string_view json(reinterpret_cast<const char*>(data + 1), size - 1);
  try {
    const auto header = rk::storage::parse_tensor_header(json, data_bytes);
    std::uint64_t end = 0;
    for (const auto& t : header.tensors) {
      check(t.offset == end);
      check(t.bytes % rk::storage::dtype_bytes(t.dtype) == 0);
      end += t.bytes;
    }
    check(end == data_bytes);
  } catch (const rk::incompatible&) {
    // What is damaged is refused.
  }
  return 0;
}
