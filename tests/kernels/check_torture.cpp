// Reads rk-torture's array again and again, and counts the pictures that mix two steps.
// usage: check_torture SOCKET cut|versioned|live COUNT
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <rk/error.hpp>
#include <rk/protocol/client.hpp>

namespace {

std::vector<std::uint64_t> words_of(const rk::model::array_value& v) {
  std::vector<std::uint64_t> words(v.bytes.size() / sizeof(std::uint64_t));
  std::memcpy(words.data(), v.bytes.data(), v.bytes.size());
  return words;
}

bool is_mixed(const std::vector<std::uint64_t>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::uint64_t w) { return w != words[0]; });
}

class reader {
 public:
  explicit reader(const char* socket)
      : client_(rk::protocol::client::connect(socket, std::chrono::seconds(60))),
        known_(client_.catalogue()),
        pattern_(rk::model::resolve(known_, "pattern")),
        counter_(rk::model::resolve(known_, "step_counter")) {}

  bool mixes(const std::string& consistency) {
    if (consistency == "live") return is_mixed(words_of(client_.read(known_, pattern_)));
    if (consistency == "versioned") {
      return is_mixed(words_of(client_.read_versioned(known_, pattern_).value));
    }
    const auto cut = client_.cut({});
    const auto pattern = words_of(client_.read(known_, pattern_, cut.operation));
    const auto counter = words_of(client_.read(known_, counter_, cut.operation));
    client_.release(cut);
    pause_ns_.push_back(cut.pause_ns);
    // The array, the counter beside it and the step that the cut names: all three agree.
    return is_mixed(pattern) || pattern[0] != counter[0] || counter[0] != cut.step;
  }

  [[nodiscard]] std::uint64_t median_pause_ns() {
    if (pause_ns_.empty()) return 0;
    std::sort(pause_ns_.begin(), pause_ns_.end());
    return pause_ns_[pause_ns_.size() / 2];
  }

 private:
  rk::protocol::client client_;
  rk::model::catalogue known_;
  rk::model::selection pattern_;
  rk::model::selection counter_;
  std::vector<std::uint64_t> pause_ns_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    reader r(argv[1]);
    const long reads = std::atol(argv[3]);
    long mixed = 0;
    for (long i = 0; i < reads; ++i) mixed += r.mixes(argv[2]) ? 1 : 0;
    std::printf("reads=%ld mixed=%ld median_pause_ns=%llu\n", reads, mixed,
                static_cast<unsigned long long>(r.median_pause_ns()));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "check_torture: %s\n", e.what());
    return 1;
  }
}
