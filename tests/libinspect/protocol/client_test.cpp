#include <functional>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <rk/error.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/socket.hpp>

#include "libinspect/support/raw_peer.hpp"

namespace rk::protocol {
namespace {

using test::bytes_of;
using test::has;
using test::patience;
using test::raw_peer;
using test::refusal;

/// A session that says what it likes: takes one connection and runs a script on it.
class fake_session {
 public:
  using script = std::function<void(raw_peer&)>;

  explicit fake_session(script s)
      : listener_(listen_unix(path())), thread_([this, s = std::move(s)] { run(s); }) {}

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "s"; }
  [[nodiscard]] client connect(std::chrono::milliseconds limit = patience) const {
    return client::connect(path(), limit);
  }

 private:
  void run(const script& s) {
    try {
      wait_readable(listener_.get(), after(patience), "no client came");
      raw_peer peer(file_descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
      s(peer);
      // Holds the connection until the client has gone.
      while (peer.receive()) {
      }
    } catch (const rk::error&) {
      // The client was served badly and left: that is what these sessions are for.
    }
  }

  test::temporary_folder folder_;
  file_descriptor listener_;
  std::jthread thread_;
};

[[nodiscard]] frame hello_to(const frame& asked, std::vector<model::segment_id> segments = {}) {
  return {frame_kind::reply,
          asked.request,
          to_text(hello_reply{"fake", 1, "0", std::move(segments)}),
          {}};
}

/// Answers hello as a session would, with this test's own standard input as the control segment.
void greet(raw_peer& peer) {
  const auto asked = peer.receive();
  if (!asked) return;
  const int any = 0;
  peer.send(hello_to(*asked), std::span(&any, 1));
}

/// A session that greets and answers the next request as `reply` says.
[[nodiscard]] fake_session::script answering(std::function<frame(const frame&)> reply) {
  return [reply = std::move(reply)](raw_peer& peer) {
    greet(peer);
    while (const auto asked = peer.receive()) peer.send(reply(*asked));
  };
}

TEST(client, it_reports_whom_it_met) {
  const fake_session s(greet);
  const client c = s.connect();
  EXPECT_EQ(c.peer().session, "fake");
  EXPECT_EQ(c.descriptors().size(), 1u);
}

TEST(client, nobody_there_is_not_found) {
  const test::temporary_folder folder;
  EXPECT_THROW(static_cast<void>(client::connect(folder.path() / "s")), not_found);
}

TEST(client, an_answer_in_pieces_is_put_together) {
  const fake_session s([](raw_peer& peer) {
    const auto asked = peer.receive();
    if (!asked) return;
    int any = 0;
    std::span<const int> descriptors(&any, 1);
    for (const std::byte& b : encode(hello_to(*asked))) {
      peer.send(std::span(&b, 1), descriptors);
      descriptors = {};
    }
  });
  EXPECT_EQ(s.connect().peer().session, "fake");
}

TEST(client, a_session_that_never_answers_costs_no_more_than_the_limit) {
  const fake_session s([](raw_peer&) {});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(
      has(refusal<timeout>([&] { static_cast<void>(s.connect(std::chrono::milliseconds(50))); }),
          "does not answer"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, patience);
}

TEST(client, a_session_that_dribbles_costs_no_more_than_the_limit) {
  const fake_session s([](raw_peer& peer) {
    const auto asked = peer.receive();
    if (!asked) return;
    // The beginning of a long answer, a byte as soon as the last one is gone, until nobody listens.
    frame endless = hello_to(*asked);
    endless.text.resize(16u << 20, ' ');
    for (const std::byte& b : encode(endless)) peer.send(std::span(&b, 1));
  });
  EXPECT_THROW(static_cast<void>(s.connect(std::chrono::milliseconds(50))), timeout);
}

TEST(client, a_session_that_hangs_up_is_told_as_gone) {
  const fake_session at_once([](raw_peer& peer) { peer.hang_up(); });
  EXPECT_THROW(static_cast<void>(at_once.connect()), disconnected);

  const fake_session in_the_middle([](raw_peer& peer) {
    const auto asked = peer.receive();
    if (!asked) return;
    const auto bytes = encode(hello_to(*asked));
    peer.send(std::span(bytes).first(bytes.size() / 2));
    peer.hang_up();
  });
  EXPECT_TRUE(has(refusal<disconnected>([&] { static_cast<void>(in_the_middle.connect()); }),
                  "closed the connection"));
}

TEST(client, the_reason_for_which_a_session_hangs_up_is_what_the_user_reads) {
  // As a full session does: the reason, and the end, before anything was asked.
  const fake_session s([](raw_peer& peer) {
    peer.send(frame{frame_kind::error, 0, to_text(error_reply{reply_code::failed, "full"}), {}});
    peer.hang_up();
  });
  // Whether the request still finds an open socket is chance: both ways must end alike.
  EXPECT_EQ(refusal([&] { static_cast<void>(s.connect()); }), "full");
}

TEST(client, nonsense_instead_of_an_answer_is_incompatible) {
  for (const std::string& nonsense :
       {std::string("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), std::string(64, '\0')}) {
    const fake_session s([nonsense](raw_peer& peer) { peer.send(bytes_of(nonsense)); });
    EXPECT_THROW(static_cast<void>(s.connect()), incompatible);
  }
}

TEST(client, an_answer_that_is_too_large_is_refused_at_its_head) {
  const fake_session s([](raw_peer& peer) {
    const auto asked = peer.receive();
    if (!asked) return;
    auto bytes = encode(hello_to(*asked));
    bytes[15] = std::byte{0x7f};  // the highest byte of the text's length
    peer.send(bytes);
  });
  EXPECT_TRUE(has(refusal<incompatible>([&] { static_cast<void>(s.connect()); }), "too large"));
}

TEST(client, an_answer_to_another_question_is_refused) {
  const fake_session wrong_number(answering([](const frame& asked) {
    return frame{frame_kind::reply, asked.request + 1, to_text(status_reply{}), {}};
  }));
  client a = wrong_number.connect();
  EXPECT_TRUE(has(refusal<incompatible>([&] { static_cast<void>(a.status()); }), "not asked"));

  const fake_session a_request(answering([](const frame& asked) { return asked; }));
  client b = a_request.connect();
  EXPECT_THROW(static_cast<void>(b.status()), incompatible);
}

TEST(client, fewer_descriptors_than_announced_are_noticed) {
  const fake_session s([](raw_peer& peer) {
    const auto asked = peer.receive();
    if (!asked) return;
    const int any = 0;
    peer.send(hello_to(*asked, {model::segment_id{0}, model::segment_id{1}}), std::span(&any, 1));
  });
  EXPECT_TRUE(has(refusal<incompatible>([&] { static_cast<void>(s.connect()); }),
                  "announced 3 descriptors and sent 1"));
}

TEST(client, descriptors_that_come_unasked_are_not_kept) {
  const fake_session s([](raw_peer& peer) {
    greet(peer);
    const int any = 0;
    while (const auto asked = peer.receive()) {
      peer.send(frame{frame_kind::reply, asked->request, to_text(status_reply{}), {}},
                std::span(&any, 1));
    }
  });
  client c = s.connect();
  for (int i = 0; i < 5; ++i) static_cast<void>(c.status());
  EXPECT_EQ(c.descriptors().size(), 1u);
}

TEST(client, an_error_of_the_session_is_thrown_as_its_own_kind) {
  const fake_session s(answering([](const frame& asked) {
    return frame{frame_kind::error,
                 asked.request,
                 to_text(error_reply{reply_code::not_found, "no kernel 'x'"}),
                 {}};
  }));
  client c = s.connect();
  EXPECT_EQ(refusal<not_found>([&] { c.stop("x", false); }), "no kernel 'x'");
  // The connection goes on.
  EXPECT_THROW(static_cast<void>(c.status()), not_found);
}

TEST(client, an_error_that_is_none_is_incompatible) {
  const fake_session s(answering([](const frame& asked) {
    return frame{frame_kind::error, asked.request, "oops", {}};
  }));
  client c = s.connect();
  EXPECT_THROW(static_cast<void>(c.status()), incompatible);
}

TEST(client, a_read_that_brings_too_little_or_too_much_is_refused) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{7}, std::size_t{9}}) {
    const fake_session s(answering([bytes](const frame& asked) {
      return frame{frame_kind::reply, asked.request, to_text(read_reply{"live", 1}),
                   std::vector<std::byte>(bytes)};
    }));
    client c = s.connect();
    const read_range r{model::symbol_id{0}, 0, 8};
    const std::string text =
        refusal<incompatible>([&] { static_cast<void>(c.read(std::span(&r, 1))); });
    EXPECT_TRUE(has(text, "sent " + std::to_string(bytes) + " bytes of 8")) << text;
  }
}

TEST(client, a_read_of_nothing_asks_nothing) {
  const fake_session s(greet);
  client c = s.connect();
  const read_range empty{model::symbol_id{0}, 0, 0};
  EXPECT_TRUE(c.read(std::span(&empty, 1)).empty());
  EXPECT_TRUE(c.read({}).empty());
}

TEST(client, texts_that_are_no_message_are_incompatible) {
  const fake_session s(answering([](const frame& asked) {
    return frame{frame_kind::reply, asked.request, "{\"kernels\":7}", {}};
  }));
  client c = s.connect();
  EXPECT_THROW(static_cast<void>(c.status()), incompatible);
  EXPECT_THROW(static_cast<void>(c.catalogue()), incompatible);
  EXPECT_THROW(static_cast<void>(c.snapshot({})), incompatible);
}

TEST(client, a_scalar_of_a_terabyte_costs_a_snapshot_no_memory) {
  const fake_session s(answering([](const frame& asked) {
    return frame{frame_kind::reply, asked.request, to_text(status_reply{}), {}};
  }));
  model::catalogue known;
  model::symbol huge;
  huge.name = "huge";
  huge.bytes = std::uint64_t{1} << 40;
  huge.type = known.types.add_scalar("huge", model::encoding::floating, huge.bytes);
  known.symbols.push_back(huge);
  client c = s.connect();
  EXPECT_TRUE(c.snapshot(known).scalars.empty());
}

TEST(client, a_session_that_takes_no_requests_costs_no_more_than_the_limit) {
  const fake_session s([](raw_peer& peer) {
    greet(peer);
    // Reads no more, and keeps the connection until the client gives it up.
    while (send_some(peer.socket(), bytes_of(" "), {}) != 0) {
      std::this_thread::yield();
    }
  });
  client c = s.connect(std::chrono::milliseconds(100));
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) c.stop(std::string(1000, 'k'), false);
      },
      rk::error);
}

}  // namespace
}  // namespace rk::protocol
