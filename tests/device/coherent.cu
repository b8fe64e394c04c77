#include <rk/device.cuh>

#include "device/coherent.hpp"

namespace probe {
namespace {

/// Whether all words are of the number that the first one tells.
__device__ bool is_whole(const std::uint64_t* words) {
  const std::uint64_t first = rk::atomic_load<rk::order::relaxed, rk::scope::system>(words[0]);
  const std::uint64_t number = first / 1'000'003;
  bool is_wrong = false;
  for (std::uint32_t w = rk::linear_thread_index(); w < coherent_words; w += rk::block_extent().x) {
    const std::uint64_t seen = rk::atomic_load<rk::order::relaxed, rk::scope::system>(words[w]);
    is_wrong |= seen != word_on(number, w);
  }
  return !rk::block_sync_or(is_wrong);
}

__global__ void copy_sheets_body(rk::device_view view, coherent_run run,
                                 rk::coherent_region<sheet> in, rk::coherent_region<sheet> out,
                                 bool is_faulty) {
  rk::actor self = rk::start(view);
  std::uint64_t last = 0;
  while (rk::safe_point(self)) {
    bool is_new = false;
    if (rk::coherence_acquire(self, in, is_new) != rk::status::ok) break;
    const std::uint64_t* words = is_faulty ? in.host_words : in.device_words;
    const bool is_right = is_whole(words);
    const std::uint64_t number = in.device_words[0] / 1'000'003;
    if (self.leader && (!is_right || number < last)) ++*run.wrong;
    last = number;
    rk::block_sync();
    if (!is_new) continue;
    for (std::uint32_t w = rk::linear_thread_index(); w < coherent_words;
         w += rk::block_extent().x) {
      rk::device_data(out)->words[w] = word_on(number, w);
    }
    rk::coherence_release(self, out);
    if (self.leader) *run.last = number;
  }
  rk::finish(self);
}

}  // namespace
}  // namespace probe

RK_DEFINE_KERNEL(probe::copy_sheets, probe::copy_sheets_body);
