#include "host/server.hpp"

#include <atomic>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <rk/error.hpp>
#include <rk/protocol/message.hpp>
#include <rk/protocol/socket.hpp>

#include "libinspect/support/raw_peer.hpp"

namespace rk::host {
namespace {

using protocol::encode;
using protocol::frame;
using protocol::frame_head;
using protocol::frame_kind;
using protocol::reply_code;
using test::bytes_of;
using test::has;
using test::raw_peer;

constexpr std::size_t large = 3u << 20;  ///< more than a socket takes at once

/// A server that answers every frame with its own text, "large" with a lot, "throw" not at all.
struct echo {
  test::temporary_folder folder;
  std::filesystem::path path = folder.path() / "s";
  std::atomic<int> handled{0};
  std::vector<int> descriptors;
  server running{protocol::listen_unix(path),
                 [this](const frame& f, const server::peer&) { return handle(f); }};

  answer handle(const frame& f) {
    ++handled;
    if (f.text == "throw") throw invalid_argument("thrown");
    if (f.text == "five") throw 5;
    answer a;
    a.frame = {frame_kind::reply, f.request, f.text, {}};
    if (f.text == "large") a.frame.blob.resize(large);
    if (f.text == "descriptors") a.descriptors = descriptors;
    return a;
  }
  [[nodiscard]] raw_peer connect() const { return raw_peer::connect(path); }
};

void expect_echo(raw_peer& peer, std::uint32_t request, const std::string& text) {
  const auto f = peer.receive();
  ASSERT_TRUE(f) << "hung up";
  EXPECT_EQ(f->kind, frame_kind::reply) << f->text;
  EXPECT_EQ(f->request, request);
  EXPECT_EQ(f->text, text);
}

void expect_works(raw_peer& peer) {
  peer.ask(frame_kind::status, 1234, "alive");
  expect_echo(peer, 1234, "alive");
}

/// The answer is an error with `part` in it, and then the connection is closed.
void expect_told_and_hung_up(raw_peer& peer, reply_code code, std::string_view part) {
  const auto f = peer.receive();
  ASSERT_TRUE(f) << "hung up without a word";
  EXPECT_EQ(f->kind, frame_kind::error);
  const protocol::error_reply e = protocol::parse_error_reply(f->text);
  EXPECT_EQ(e.code, code);
  EXPECT_TRUE(has(e.message, part)) << e.message;
  EXPECT_FALSE(peer.receive());
}

template <class Change>
[[nodiscard]] std::vector<std::byte> tampered(Change change) {
  std::vector<std::byte> bytes = encode({frame_kind::status, 1, "{}", {}});
  frame_head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  change(head);
  std::memcpy(bytes.data(), &head, sizeof head);
  return bytes;
}

std::vector<std::byte> request_and_garbage(const std::string& text) {
  auto bytes = encode({frame_kind::status, 1, text, {}});
  const auto garbage = bytes_of("this is no frame at all, and long enough for a head");
  bytes.insert(bytes.end(), garbage.begin(), garbage.end());
  return bytes;
}

TEST(server, a_request_has_its_answer_under_its_own_number) {
  const echo e;
  raw_peer peer = e.connect();
  for (std::uint32_t i = 0; i < 50; ++i) {
    peer.ask(frame_kind::status, i * 1000, std::to_string(i));
    expect_echo(peer, i * 1000, std::to_string(i));
  }
}

TEST(server, requests_that_come_at_once_are_answered_in_their_order) {
  const echo e;
  raw_peer peer = e.connect();
  std::vector<std::byte> all;
  constexpr std::uint32_t count = 2000;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto one = encode({frame_kind::status, i, {}, {}});
    all.insert(all.end(), one.begin(), one.end());
  }
  peer.send(all);
  for (std::uint32_t i = 0; i < count; ++i) expect_echo(peer, i, "");
}

TEST(server, what_the_handler_throws_is_the_answer_and_the_connection_lives) {
  const echo e;
  raw_peer peer = e.connect();
  for (const std::string text : {"throw", "five"}) {
    peer.ask(frame_kind::status, 9, text);
    const auto f = peer.receive();
    ASSERT_TRUE(f);
    EXPECT_EQ(f->kind, frame_kind::error);
    EXPECT_EQ(f->request, 9u);
  }
  expect_works(peer);
}

TEST(server, garbage_is_answered_with_an_error_and_hung_up_on) {
  const echo e;
  raw_peer peer = e.connect();
  peer.send(bytes_of("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  expect_told_and_hung_up(peer, reply_code::incompatible, "not an rk-inspect frame");
  EXPECT_EQ(e.handled, 0);
  raw_peer next = e.connect();
  expect_works(next);
}

TEST(server, another_version_is_told_which_one_this_is) {
  const echo e;
  raw_peer peer = e.connect();
  peer.send(tampered([](frame_head& h) { h.version = 2; }));
  expect_told_and_hung_up(peer, reply_code::incompatible, "protocol 2, this one 1");
}

TEST(server, a_request_that_announces_too_much_is_refused_before_it_is_sent) {
  const echo e;
  raw_peer text = e.connect();
  text.send(tampered([](frame_head& h) { h.text_bytes = (1u << 20) + 1; }));
  expect_told_and_hung_up(text, reply_code::incompatible, "too large");
  raw_peer blob = e.connect();
  blob.send(tampered([](frame_head& h) { h.blob_bytes = (4u << 20) + 1; }));
  expect_told_and_hung_up(blob, reply_code::incompatible, "too large");
}

TEST(server, garbage_behind_good_requests_does_not_take_their_answers) {
  const echo e;
  raw_peer peer = e.connect();
  peer.send(request_and_garbage("good"));
  expect_echo(peer, 1, "good");
  expect_told_and_hung_up(peer, reply_code::incompatible, "not an rk-inspect frame");
}

TEST(server, garbage_behind_an_answer_that_must_wait_does_not_end_the_target) {
  const echo e;
  raw_peer peer = e.connect();
  peer.send(request_and_garbage("large"));
  // The garbage is looked at when the last of the answer has gone.
  const auto f = peer.receive();
  ASSERT_TRUE(f);
  EXPECT_EQ(f->blob.size(), large);
  expect_told_and_hung_up(peer, reply_code::incompatible, "not an rk-inspect frame");
  raw_peer next = e.connect();
  expect_works(next);
}

TEST(server, a_client_that_goes_in_the_middle_of_a_frame_harms_nobody) {
  const echo e;
  const auto bytes = encode({frame_kind::status, 1, "never complete", {}});
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    raw_peer peer = e.connect();
    peer.send(std::span(bytes).first(cut));
    peer.hang_up();
  }
  raw_peer next = e.connect();
  expect_works(next);
  EXPECT_EQ(e.handled, 1);
}

TEST(server, a_client_that_goes_without_its_answer_harms_nobody) {
  const echo e;
  for (int i = 0; i < 10; ++i) {
    raw_peer peer = e.connect();
    peer.ask(frame_kind::status, 1, "large");
    peer.hang_up();
  }
  raw_peer next = e.connect();
  expect_works(next);
}

TEST(server, a_client_that_sends_byte_by_byte_is_understood) {
  const echo e;
  raw_peer peer = e.connect();
  const auto bytes = encode({frame_kind::status, 7, "slow", {}});
  for (const std::byte& b : bytes) peer.send(std::span(&b, 1));
  expect_echo(peer, 7, "slow");
}

TEST(server, a_client_that_does_not_read_its_answer_holds_up_no_other) {
  const echo e;
  std::vector<raw_peer> lazy;
  for (int i = 0; i < 5; ++i) {
    lazy.push_back(e.connect());
    lazy.back().ask(frame_kind::status, 1, "large");
    lazy.back().ask(frame_kind::status, 2, "large");
  }
  raw_peer other = e.connect();
  for (int i = 0; i < 20; ++i) expect_works(other);
  // They were not forgotten either.
  for (raw_peer& peer : lazy) {
    expect_echo(peer, 1, "large");
    expect_echo(peer, 2, "large");
  }
}

TEST(server, one_tool_too_many_is_told_and_the_others_stay) {
  const echo e;
  std::vector<raw_peer> tools;
  for (std::size_t i = 0; i < server::max_connections; ++i) {
    tools.push_back(e.connect());
    expect_works(tools.back());
  }
  raw_peer surplus = e.connect();
  expect_told_and_hung_up(surplus, reply_code::failed, "serves 32 tools already");
  for (raw_peer& tool : tools) expect_works(tool);
  tools.front().hang_up();
  // The server sees that in its own time.
  EXPECT_TRUE(test::eventually([&] {
    raw_peer again = e.connect();
    again.ask(frame_kind::status, 1, "x");
    const auto f = again.receive();
    return f && f->kind == frame_kind::reply;
  }));
}

TEST(server, descriptors_that_a_client_sends_are_closed) {
  const echo e;
  raw_peer peer = e.connect();
  int pipe_ends[2];
  ASSERT_EQ(::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
  const protocol::file_descriptor reader(pipe_ends[0]);
  protocol::file_descriptor writer(pipe_ends[1]);
  const int unwanted = writer.get();
  peer.send(frame{frame_kind::status, 1, "gift", {}}, std::span(&unwanted, 1));
  expect_echo(peer, 1, "gift");
  writer.reset();
  // End of file: nobody holds the writing end any more.
  char byte = 0;
  EXPECT_TRUE(test::eventually([&] { return ::read(reader.get(), &byte, 1) == 0; }));
}

TEST(server, more_descriptors_than_a_message_carries_arrive_in_their_order) {
  echo e;
  std::vector<protocol::file_descriptor> files;
  for (int i = 0; i < 600; ++i) {
    const auto path = e.folder.path() / std::to_string(i);
    files.emplace_back(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(files.back());
    e.descriptors.push_back(files.back().get());
    ASSERT_EQ(::ftruncate(files.back().get(), i), 0);
  }
  raw_peer peer = e.connect();
  peer.ask(frame_kind::hello, 1, "descriptors");
  expect_echo(peer, 1, "descriptors");
  ASSERT_EQ(peer.descriptors().size(), 600u);
  for (std::size_t i = 0; i < 600; ++i) {
    EXPECT_EQ(::lseek(peer.descriptors()[i].get(), 0, SEEK_END), static_cast<off_t>(i));
  }
}

[[nodiscard]] std::int64_t cpu_ns() {
  std::timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// Leaves this process room for one more descriptor.
class one_more_descriptor {
 public:
  one_more_descriptor() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const protocol::file_descriptor next(::fcntl(0, F_DUPFD_CLOEXEC, 0));
    const rlimit now{static_cast<rlim_t>(next.get()) + 1, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~one_more_descriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  one_more_descriptor(const one_more_descriptor&) = delete;
  one_more_descriptor& operator=(const one_more_descriptor&) = delete;

 private:
  rlimit before_{};
};

TEST(server, a_program_without_descriptors_left_does_not_burn_a_processor) {
  const echo e;
  raw_peer first = e.connect();
  expect_works(first);
  {
    const one_more_descriptor guard;
    raw_peer waiting = e.connect();
    waiting.ask(frame_kind::status, 1, "later");
    const std::int64_t before = cpu_ns();
    // What is under test is that nothing happens in this time.
    EXPECT_THROW(static_cast<void>(waiting.receive(std::chrono::milliseconds(400))), timeout);
    EXPECT_LT(cpu_ns() - before, 200'000'000);
    expect_works(first);
  }
  raw_peer again = e.connect();
  expect_works(again);
}

TEST(server, its_end_does_not_wait_for_its_clients) {
  std::optional<echo> e(std::in_place);
  raw_peer idle = e->connect();
  expect_works(idle);
  raw_peer lazy = e->connect();
  lazy.ask(frame_kind::status, 1, "large");
  raw_peer half = e->connect();
  half.send(bytes_of("RKK1"));
  const auto begin = std::chrono::steady_clock::now();
  e.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_FALSE(idle.receive());
}

}  // namespace
}  // namespace rk::host
