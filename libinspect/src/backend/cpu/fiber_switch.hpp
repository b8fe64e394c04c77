#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define RK_ASAN 1
#else
#define RK_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define RK_TSAN 1
#else
#define RK_TSAN 0
#endif

/// Tells the sanitizers which stack the program stands on: without it they see one thread jump
/// about.
namespace rk::backend::cpu {

/// One stack as the sanitizers know it: the OS thread's own, or a fiber's.
class stack_identity {
 public:
  /// The OS thread that is running now.
  static stack_identity of_this_thread() {
    stack_identity s;
#if RK_TSAN
    s.tsan_ = __tsan_get_current_fiber();
#endif
    return s;
  }

  /// A new fiber.
  static stack_identity of_new_fiber() {
    stack_identity s;
#if RK_TSAN
    s.tsan_ = __tsan_create_fiber(0);
#endif
    return s;
  }

  /// Frees what of_new_fiber took. The fiber must not be running.
  void destroy() {
#if RK_TSAN
    __tsan_destroy_fiber(tsan_);
    tsan_ = nullptr;
#endif
  }

  /// Right before a switch to `to`.
  void before_switch_to([[maybe_unused]] stack_identity& to) {
#if RK_ASAN
    __sanitizer_start_switch_fiber(&fake_stack_, to.bottom_, to.size_);
#endif
#if RK_TSAN
    __tsan_switch_to_fiber(to.tsan_, 0);
#endif
  }

  /// Before the last switch away from this stack, to `to`; its outermost functions may still
  /// return.
  ///
  /// ThreadSanitizer counts calls and returns by stack. Told here, it would book those returns on
  /// `to`, which never made the calls: it is told in after_switch_from.
  void before_last_switch_to([[maybe_unused]] stack_identity& to) {
#if RK_ASAN
    __sanitizer_start_switch_fiber(nullptr, to.bottom_, to.size_);
#endif
  }

  /// Right after a switch arrived on this stack, from `from`.
  void after_switch_from([[maybe_unused]] stack_identity& from) {
#if RK_ASAN
    const void* bottom = nullptr;
    std::size_t size = 0;
    __sanitizer_finish_switch_fiber(fake_stack_, &bottom, &size);
    from.bottom_ = bottom;
    from.size_ = size;
#endif
#if RK_TSAN
    if (__tsan_get_current_fiber() != tsan_) __tsan_switch_to_fiber(tsan_, 0);
#endif
  }

  /// Where this stack lies; for a fiber before it first runs.
  void set_bounds([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#if RK_ASAN
    bottom_ = bottom;
    size_ = size;
#endif
  }

 private:
#if RK_ASAN
  void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
#endif
#if RK_TSAN
  void* tsan_ = nullptr;
#endif
};

/// A stack's memory is about to be given back: the address sanitizer forgets its marks on it, which
/// would otherwise be held against whatever the system puts there next.
inline void forget_marks([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size) {
#if RK_ASAN
  __asan_unpoison_memory_region(bottom, size);
#endif
}

}  // namespace rk::backend::cpu
