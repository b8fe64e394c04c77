#include <system_error>

#include <rk/error.hpp>

namespace rk {

error::error(const std::string& what, source_location where)
    : std::runtime_error(what), where_(where) {}

system_error::system_error(const std::string& call, int errno_value, source_location where)
    : error(call + ": " + std::generic_category().message(errno_value), where),
      code_(errno_value) {}

}  // namespace rk
