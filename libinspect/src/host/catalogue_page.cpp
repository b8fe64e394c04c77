#include "host/catalogue_page.hpp"

#include <atomic>
#include <cstring>
#include <utility>

#include <rk/abi/control_segment.hpp>
#include <rk/error.hpp>
#include <rk/model/catalogue.hpp>

namespace rk::host {

catalogue_page::catalogue_page(std::uint64_t owner_pid)
    : file_("rk-control", sizeof(abi::control_head) + model::max_catalogue_bytes),
      shared_(file_.read_only_duplicate()) {
  auto* head = reinterpret_cast<abi::control_head*>(file_.data());
  head->magic = abi::magic;
  head->version = abi::version;
  head->head_bytes = sizeof(abi::control_head);
  head->segment_bytes = file_.bytes();
  head->owner_pid = owner_pid;
}

void catalogue_page::publish(std::string text) {
  if (text.size() > model::max_catalogue_bytes) {
    throw invalid_argument("the catalogue grew to " + std::to_string(text.size()) +
                           " bytes, at most " + std::to_string(model::max_catalogue_bytes) +
                           " are possible: name fewer variables");
  }
  text_ = std::move(text);
  // The writer's side of the protocol in abi/control_segment.hpp.
  auto* head = reinterpret_cast<abi::control_head*>(file_.data());
  std::atomic_ref<std::uint64_t> sequence(head->catalogue_sequence);
  const std::uint64_t before = sequence.load(std::memory_order_relaxed);
  // An acquiring exchange: the text's stores cannot move before it.
  sequence.exchange(before + 1, std::memory_order_acq_rel);
  std::memcpy(file_.data() + sizeof(abi::control_head), text_.data(), text_.size());
  head->catalogue_bytes = text_.size();
  sequence.store(before + 2, std::memory_order_release);
}

void catalogue_page::mark_ended() noexcept {
  auto* head = reinterpret_cast<abi::control_head*>(file_.data());
  std::atomic_ref<std::uint64_t>(head->ended).store(1, std::memory_order_release);
}

}  // namespace rk::host
