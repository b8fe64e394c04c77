#include "own_cost.hpp"

#include <ctime>
#include <fstream>

#include <unistd.h>

namespace rk::agent {

process_cost own_cost() {
  process_cost cost;
  std::timespec used{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0) {
    cost.cpu_seconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
  }
  std::uint64_t pages_total = 0;
  std::uint64_t pages_resident = 0;
  std::ifstream("/proc/self/statm") >> pages_total >> pages_resident;
  cost.resident_bytes = pages_resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return cost;
}

}  // namespace rk::agent
