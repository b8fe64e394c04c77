#include <mutex>

#include <rk/host/symbol_registration.hpp>

namespace rk {
namespace {

// Initialised by the compiler and never destroyed: registrations come before main() and go after
// it.
constinit std::mutex list_mutex;
constinit symbol_registration* first = nullptr;

static_assert(std::is_trivially_destructible_v<std::mutex>);

}  // namespace

symbol_registration::symbol_registration(const description& d) noexcept : description_(d) {
  const std::scoped_lock lock(list_mutex);
  next_ = first;
  first = this;
}

symbol_registration::~symbol_registration() {
  const std::scoped_lock lock(list_mutex);
  symbol_registration** link = &first;
  while (*link != nullptr && *link != this) link = &(*link)->next_;
  if (*link == this) *link = next_;
}

void symbol_registration::for_each(void (*visit)(void* context, const description&),
                                   void* context) {
  const std::scoped_lock lock(list_mutex);
  for (const symbol_registration* r = first; r != nullptr; r = r->next_) {
    visit(context, r->description_);
  }
}

}  // namespace rk
