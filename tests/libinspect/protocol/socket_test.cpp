#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/protocol/socket.hpp>

#include "libinspect/support/raw_peer.hpp"

namespace rk::protocol {
namespace {

using test::has;
using test::patience;
using test::refusal;

struct pair {
  pair() {
    int both[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) {
      throw system_error("socketpair", errno);
    }
    a.reset(both[0]);
    b.reset(both[1]);
  }
  file_descriptor a;
  file_descriptor b;
};

[[nodiscard]] ino_t inode_of(int descriptor) {
  struct stat s {};
  if (::fstat(descriptor, &s) != 0) throw system_error("fstat", errno);
  return s.st_ino;
}

TEST(socket, descriptors_arrive_as_the_same_files_and_stay_out_of_child_programs) {
  const pair p;
  const test::temporary_folder folder;
  std::vector<file_descriptor> files;
  std::vector<int> sent;
  for (int i = 0; i < 3; ++i) {
    const auto path = folder.path() / std::to_string(i);
    files.emplace_back(::open(path.c_str(), O_RDWR | O_CREAT, 0600));
    sent.push_back(files.back().get());
  }
  EXPECT_EQ(send_some(p.a.get(), test::bytes_of("abc"), sent), 3u);
  std::vector<file_descriptor> got;
  std::array<std::byte, 16> into{};
  EXPECT_EQ(receive_some(p.b.get(), into, got).bytes, 3u);
  ASSERT_EQ(got.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(inode_of(got[i].get()), inode_of(sent[i]));
    EXPECT_TRUE(::fcntl(got[i].get(), F_GETFD) & FD_CLOEXEC);
  }
}

TEST(socket, as_many_descriptors_as_a_message_carries_arrive_and_one_more_is_refused) {
  const pair p;
  const std::vector<int> most(max_descriptors, p.a.get());
  EXPECT_EQ(send_some(p.a.get(), test::bytes_of("x"), most), 1u);
  std::vector<file_descriptor> got;
  std::array<std::byte, 16> into{};
  EXPECT_EQ(receive_some(p.b.get(), into, got).bytes, 1u);
  EXPECT_EQ(got.size(), max_descriptors);
  const std::vector<int> more(max_descriptors + 1, p.a.get());
  EXPECT_THROW(static_cast<void>(send_some(p.a.get(), test::bytes_of("x"), more)),
               invalid_argument);
}

TEST(socket, a_full_socket_takes_nothing_and_does_not_block) {
  const pair p;
  const std::vector<std::byte> chunk(1u << 20);
  bool full = false;
  for (int i = 0; i < 100 && !full; ++i) full = send_some(p.a.get(), chunk, {}) == 0;
  EXPECT_TRUE(full);
  EXPECT_THROW(wait_writable(p.a.get(), after(std::chrono::milliseconds(5)), "full"), timeout);
}

TEST(socket, an_empty_socket_gives_nothing_and_a_wait_for_it_has_an_end) {
  const pair p;
  std::vector<file_descriptor> got;
  std::array<std::byte, 16> into{};
  EXPECT_TRUE(receive_some(p.b.get(), into, got).would_block);
  const std::string text = refusal<timeout>(
      [&] { wait_readable(p.b.get(), after(std::chrono::milliseconds(5)), "the peer sleeps"); });
  EXPECT_TRUE(has(text, "the peer sleeps"));
  EXPECT_THROW(wait_readable(p.b.get(), after(std::chrono::milliseconds(-5)), "x"), timeout);
}

TEST(socket, a_limit_for_ever_is_not_one_that_is_past) {
  pair p;
  EXPECT_GT(after(std::chrono::milliseconds::max()),
            std::chrono::steady_clock::now() + std::chrono::hours(24));
  EXPECT_EQ(send_some(p.a.get(), test::bytes_of("x"), {}), 1u);
  EXPECT_NO_THROW(wait_readable(p.b.get(), after(std::chrono::milliseconds::max()), "x"));
}

TEST(socket, a_peer_that_is_gone_is_told_and_kills_nobody) {
  pair p;
  p.b.reset();
  std::vector<file_descriptor> got;
  std::array<std::byte, 16> into{};
  EXPECT_TRUE(receive_some(p.a.get(), into, got).closed);
  // Not SIGPIPE.
  EXPECT_THROW(static_cast<void>(send_some(p.a.get(), test::bytes_of("x"), {})), disconnected);
}

TEST(socket, what_was_sent_before_the_peer_went_is_read_first) {
  pair p;
  EXPECT_EQ(send_some(p.b.get(), test::bytes_of("last words"), {}), 10u);
  EXPECT_EQ(send_some(p.a.get(), test::bytes_of("never read"), {}), 10u);
  p.b.reset();
  std::vector<file_descriptor> got;
  std::array<std::byte, 16> into{};
  EXPECT_EQ(receive_some(p.a.get(), into, got).bytes, 10u);
  EXPECT_TRUE(receive_some(p.a.get(), into, got).closed);
}

TEST(socket, nobody_at_the_path_is_not_found) {
  const test::temporary_folder folder;
  const auto path = folder.path() / "s";
  EXPECT_TRUE(
      has(refusal<not_found>([&] { static_cast<void>(connect_unix(path, after(patience))); }),
          "nobody listens at"));
  {
    const file_descriptor listener = listen_unix(path);
    EXPECT_NO_THROW(static_cast<void>(connect_unix(path, after(patience))));
  }
  // The file stays behind, and still nobody is there.
  EXPECT_THROW(static_cast<void>(connect_unix(path, after(patience))), not_found);
}

TEST(socket, a_listener_that_takes_nobody_any_more_ends_in_a_timeout) {
  const test::temporary_folder folder;
  const auto path = folder.path() / "s";
  const file_descriptor listener = listen_unix(path);
  std::vector<file_descriptor> queue;
  const std::string text = refusal<timeout>([&] {
    for (int i = 0; i < 1000; ++i) {
      queue.push_back(connect_unix(path, after(std::chrono::milliseconds(20))));
    }
  });
  EXPECT_TRUE(has(text, "connect"));
}

TEST(socket, a_path_that_is_taken_or_too_long_is_refused) {
  const test::temporary_folder folder;
  const file_descriptor first = listen_unix(folder.path() / "s");
  EXPECT_TRUE(
      has(refusal<system_error>([&] { static_cast<void>(listen_unix(folder.path() / "s")); }),
          "in use"));
  const auto far = folder.path() / std::string(120, 'x');
  EXPECT_TRUE(
      has(refusal<invalid_argument>([&] { static_cast<void>(listen_unix(far)); }), "at most 107"));
  EXPECT_THROW(static_cast<void>(connect_unix(far, after(patience))), invalid_argument);
}

TEST(socket, it_is_for_this_user_alone_whatever_the_umask_says) {
  const test::temporary_folder folder;
  const mode_t before = ::umask(0);
  const file_descriptor listener = listen_unix(folder.path() / "s");
  ::umask(before);
  struct stat s {};
  ASSERT_EQ(::stat((folder.path() / "s").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST(socket, this_process_is_its_own_user) {
  const pair p;
  const auto peer = same_user_peer(p.a.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(peer->user, ::geteuid());
  EXPECT_FALSE(peer->program.empty());
  EXPECT_FALSE(same_user_peer(-1));
}

}  // namespace
}  // namespace rk::protocol
