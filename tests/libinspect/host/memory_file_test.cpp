#include "host/memory_file.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rk/error.hpp>

namespace rk::host {
namespace {

constexpr std::size_t size = 8192;

/// Error of a call that must fail; 0 if it did not.
template <class Call>
[[nodiscard]] int error_of(Call call) {
  errno = 0;
  return call() ? 0 : errno;
}

TEST(memory_file, it_begins_as_zeros) {
  const memory_file f("test", size);
  EXPECT_EQ(f.bytes(), size);
  EXPECT_EQ(std::count(f.data(), f.data() + size, std::byte{0}), static_cast<std::ptrdiff_t>(size));
}

TEST(memory_file, nobody_can_shrink_it_under_a_reader) {
  const memory_file f("test", size);
  const file_descriptor copy = f.duplicate();
  EXPECT_EQ(error_of([&] { return ::ftruncate(copy.get(), 0) == 0; }), EPERM);
  EXPECT_EQ(error_of([&] { return ::ftruncate(copy.get(), 2 * size) == 0; }), EPERM);
  const int seals = ::fcntl(copy.get(), F_GET_SEALS);
  EXPECT_EQ(seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

TEST(memory_file, a_read_only_duplicate_cannot_change_it_in_any_way) {
  const memory_file f("test", size);
  const file_descriptor copy = f.read_only_duplicate();
  EXPECT_EQ(error_of([&] { return ::write(copy.get(), "x", 1) == 1; }), EBADF);
  EXPECT_EQ(error_of([&] { return ::pwrite(copy.get(), "x", 1, 0) == 1; }), EBADF);
  EXPECT_EQ(error_of([&] {
              return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, copy.get(), 0) !=
                     MAP_FAILED;
            }),
            EACCES);
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, copy.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_EQ(error_of([&] { return ::mprotect(mapped, size, PROT_READ | PROT_WRITE) == 0; }),
            EACCES);
  f.data()[100] = std::byte{7};
  EXPECT_EQ(static_cast<const std::byte*>(mapped)[100], std::byte{7});
  ::munmap(mapped, size);
}

TEST(memory_file, a_duplicate_writes_the_same_memory) {
  const memory_file f("test", size);
  const file_descriptor copy = f.duplicate();
  EXPECT_EQ(::pwrite(copy.get(), "x", 1, 5), 1);
  EXPECT_EQ(f.data()[5], std::byte{'x'});
}

TEST(memory_file, its_descriptors_do_not_leak_into_programs_that_the_target_starts) {
  const memory_file f("test", size);
  EXPECT_TRUE(::fcntl(f.duplicate().get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(::fcntl(f.read_only_duplicate().get(), F_GETFD) & FD_CLOEXEC);
}

TEST(memory_file, a_size_that_cannot_be_is_an_error_and_no_crash) {
  EXPECT_THROW(memory_file("test", 0), system_error);
  EXPECT_THROW(memory_file("test", std::uint64_t{1} << 62), system_error);
}

}  // namespace
}  // namespace rk::host
