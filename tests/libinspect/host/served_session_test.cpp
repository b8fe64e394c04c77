// Sessions seen through their sockets: what a tool meets.
#include <atomic>
#include <thread>

#include <sys/mman.h>

#include <rk/abi/control_segment.hpp>
#include <rk/host/remote_memory.hpp>
#include <rk/protocol/client.hpp>
#include <rk/protocol/runtime_directory.hpp>

#include "libinspect/device/probe.hpp"

namespace rk {
namespace {

using protocol::client;
using test::eventually;
using test::expect_end;
using test::has;
using test::patience;
using test::refusal;

struct target {
  test::private_runtime runtime;
  session s{{.name = "demo", .backend = backend_kind::cpu}};

  [[nodiscard]] client connect() const {
    const auto sessions = protocol::list_sessions(runtime.path());
    if (sessions.size() != 1) throw rk::error("no session");
    return client::connect(sessions.front().socket, patience);
  }
};

/// Memory of another process, as an agent maps it.
class mapping {
 public:
  mapping(int descriptor, std::size_t bytes, int protection = PROT_READ)
      : bytes_(bytes), at_(::mmap(nullptr, bytes, protection, MAP_SHARED, descriptor, 0)) {
    if (at_ == MAP_FAILED) throw system_error("mmap", errno);
  }
  ~mapping() { ::munmap(at_, bytes_); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  template <class T>
  [[nodiscard]] T* as(std::size_t offset = 0) const {
    return reinterpret_cast<T*>(static_cast<std::byte*>(at_) + offset);
  }

 private:
  std::size_t bytes_;
  void* at_;
};

__global__ void run_until_stopped(rk::device_view view) {
  rk::actor self = rk::start(view);
  while (rk::safe_point(self)) {
    if (rk::grid_sync(self) != rk::status::ok) break;
  }
  rk::finish(self);
}

__global__ void fail(rk::device_view) {
  throw std::runtime_error("line one\nline two \xff\x1b[2J" + std::string(100'000, 'x'));
}

TEST(served_session, a_tool_meets_the_session_that_it_looked_for) {
  target t;
  const client c = t.connect();
  EXPECT_EQ(c.peer().session, "demo");
  EXPECT_EQ(c.peer().pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(c.descriptors().size(), c.peer().segments.size() + 1);
}

TEST(served_session, a_symbol_reads_as_it_was_written) {
  target t;
  auto* field = t.s.allocate<float>("field", {4, 3});
  for (int i = 0; i < 12; ++i) field[i] = 0.5F * static_cast<float>(i);
  client c = t.connect();
  const model::catalogue known = c.catalogue();
  const model::array_value row = c.read(known, model::resolve(known, "field[2,:]"));
  EXPECT_EQ(row.shape, shape{3});
  const auto* values = reinterpret_cast<const float*>(row.bytes.data());
  EXPECT_EQ(values[0], 3.0F);
  EXPECT_EQ(values[2], 4.0F);
}

TEST(served_session, a_read_larger_than_a_frame_comes_in_pieces_and_whole) {
  target t;
  constexpr std::size_t count = (9u << 20) / sizeof(std::uint32_t) + 3;
  auto* field = t.s.allocate<std::uint32_t>("field", {count});
  for (std::size_t i = 0; i < count; ++i) field[i] = static_cast<std::uint32_t>(i * 2'654'435'761u);
  client c = t.connect();
  const model::catalogue known = c.catalogue();
  const model::array_value all = c.read(known, model::resolve(known, "field"));
  ASSERT_EQ(all.bytes.size(), count * sizeof(std::uint32_t));
  EXPECT_EQ(std::memcmp(all.bytes.data(), field, all.bytes.size()), 0);
}

TEST(served_session, more_pieces_than_a_request_holds_come_in_their_order) {
  target t;
  constexpr std::uint64_t count = 10'000;
  auto* field = t.s.allocate<std::uint16_t>("field", {count});
  for (std::uint64_t i = 0; i < count; ++i) field[i] = static_cast<std::uint16_t>(i * 40'503u);
  client c = t.connect();
  const model::catalogue known = c.catalogue();
  std::vector<protocol::read_range> ranges;
  for (std::uint64_t i = count; i-- > 0;) ranges.push_back({known.resolve("field").id, 2 * i, 2});
  const std::vector<std::byte> bytes = c.read(ranges);
  ASSERT_EQ(bytes.size(), 2 * count);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes.data() + 2 * i, 2);
    ASSERT_EQ(value, field[count - 1 - i]);
  }
}

TEST(served_session, a_range_outside_and_a_symbol_that_is_none_are_answered_with_an_error) {
  target t;
  static_cast<void>(t.s.allocate<float>("field", {4}));
  client c = t.connect();
  const model::symbol_id id = c.catalogue().resolve("field").id;
  const auto read = [&](protocol::read_range r) { static_cast<void>(c.read(std::span(&r, 1))); };
  EXPECT_TRUE(has(refusal<invalid_argument>([&] { read({id, 8, 9}); }), "field"));
  EXPECT_THROW(read({id, ~0ull - 3, 8}), invalid_argument);
  EXPECT_THROW(read({model::symbol_id{4'000'000}, 0, 8}), not_found);
  // The connection lives on.
  EXPECT_NO_THROW(read({id, 8, 8}));
}

TEST(served_session, state_is_mapped_read_only_and_shows_what_the_kernel_writes) {
  target t;
  auto* x = t.s.allocate<std::uint64_t>("x", {});
  *x = 7;
  client c = t.connect();
  const model::catalogue known = c.catalogue();
  const model::location where = *known.resolve("x").where;
  const auto index = static_cast<std::size_t>(where.segment);
  ASSERT_EQ(c.peer().segments.at(index), where.segment);
  const int descriptor = c.descriptors().at(index + 1).get();
  const std::size_t bytes = known.segments.at(index).bytes;
  EXPECT_THROW(mapping(descriptor, bytes, PROT_READ | PROT_WRITE), system_error);
  const mapping segment(descriptor, bytes);
  EXPECT_EQ(*segment.as<std::uint64_t>(where.offset), 7u);
  *x = 8;
  EXPECT_EQ(*segment.as<std::uint64_t>(where.offset), 8u);
  // The control segment is nobody's to write but the session's.
  EXPECT_THROW(mapping(c.descriptors()[0].get(), 4096, PROT_READ | PROT_WRITE), system_error);
}

TEST(served_session, hundreds_of_segments_are_handed_out_all_of_them) {
  target t;
  for (int i = 0; i < 260; ++i) {
    static_cast<void>(t.s.allocate<std::byte>("a" + std::to_string(i), {1u << 20}));
  }
  const client c = t.connect();
  EXPECT_EQ(c.peer().segments.size(), 262u);
  EXPECT_EQ(c.descriptors().size(), 263u);
}

/// The reader's side of the protocol in abi/control_segment.hpp.
[[nodiscard]] std::string read_catalogue(const mapping& control) {
  auto* head = control.as<abi::control_head>();
  std::string text;
  const bool whole = eventually([&] {
    // A read-only page takes no std::atomic_ref.
    const std::uint64_t before = __atomic_load_n(&head->catalogue_sequence, __ATOMIC_ACQUIRE);
    const std::uint64_t bytes = head->catalogue_bytes;
    if (before % 2 == 1 || bytes > model::max_catalogue_bytes) return false;
    text.assign(control.as<char>(head->head_bytes), bytes);
    // The sanitizer knows no fences; what is read here is another mapping to it in any case.
    if constexpr (!test::under_thread_sanitizer) __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&head->catalogue_sequence, __ATOMIC_RELAXED) == before;
  });
  if (!whole) throw rk::error("the catalogue never rests");
  return text;
}

TEST(control_segment, the_catalogue_in_it_is_whole_while_it_changes) {
  target t;
  const client c = t.connect();
  const std::size_t bytes = sizeof(abi::control_head) + model::max_catalogue_bytes;
  const mapping control(c.descriptors()[0].get(), bytes);
  const auto* head = control.as<abi::control_head>();
  EXPECT_EQ(head->magic, abi::magic);
  EXPECT_EQ(head->version, abi::version);
  EXPECT_EQ(head->segment_bytes, bytes);
  EXPECT_EQ(head->owner_pid, static_cast<std::uint64_t>(::getpid()));

  const std::uint64_t before = model::parse_catalogue(read_catalogue(control)).revision;
  constexpr std::size_t changes = test::under_thread_sanitizer ? 30 : 300;
  std::jthread writer([&] {
    for (std::size_t i = 0; i < changes; ++i) {
      static_cast<void>(t.s.allocate<int>("a" + std::to_string(i), {i + 1}));
    }
  });
  std::uint64_t revision = before;
  std::size_t symbols = 0;
  while (symbols < changes) {
    const model::catalogue seen = model::parse_catalogue(read_catalogue(control));
    ASSERT_GE(seen.revision, revision);
    ASSERT_GE(seen.symbols.size(), symbols);
    revision = seen.revision;
    symbols = seen.symbols.size();
  }
  EXPECT_EQ(revision, before + changes);
}

TEST(served_session, a_tool_stops_a_kernel_by_name_and_only_that) {
  target t;
  const kernel a = t.s.launch_with({.name = "a"}, run_until_stopped, {2}, {1});
  const kernel b = t.s.launch_with({.name = "b"}, run_until_stopped, {2}, {1});
  client c = t.connect();
  EXPECT_TRUE(has(refusal<not_found>([&] { c.stop("c", false); }), "no kernel 'c'; there is: a b"));
  c.stop("a", false);
  expect_end(a);
  EXPECT_EQ(b.state(), kernel::state::running);
  c.stop("", false);
  expect_end(b);
}

TEST(served_session, a_tool_aborts_a_kernel_that_hangs) {
  target t;
  const kernel k = t.s.launch_with({.name = "hangs", .wait_deadline = std::chrono::hours(1)},
                                   +[](rk::device_view view) {
                                     rk::actor self = rk::start(view);
                                     const std::uint64_t never = 0;
                                     const rk::status result =
                                         self.index == 0 ? rk::grid_sync(self)
                                                         : rk::wait_at_least(self, never, 1);
                                     EXPECT_EQ(result, rk::status::aborted);
                                     rk::finish(self);
                                   },
                                   {2}, {1});
  client c = t.connect();
  c.stop("hangs", false);
  EXPECT_FALSE(k.wait(std::chrono::milliseconds(20)));
  c.stop("hangs", true);
  expect_end(k);
}

TEST(served_session, a_kernel_that_the_program_started_itself_is_stopped_by_name) {
  target t;
  const device_view view = t.s.device_view("own", {1}, {1});
  client c = t.connect();
  c.stop("own", true);
  c.stop("own", false);
  // Neither request undoes the other.
  EXPECT_EQ(__atomic_load_n(&view.requests->request.word, __ATOMIC_ACQUIRE),
            abi::bits(abi::request::stop) | abi::bits(abi::request::abort));
  const protocol::status_reply status = c.status();
  EXPECT_TRUE(status.kernels.empty());
  EXPECT_FALSE(c.catalogue().kernels.at(0).launched);
}

TEST(served_session, an_error_of_any_length_with_any_bytes_reaches_the_tool_on_one_line) {
  target t;
  const kernel k = t.s.launch(fail, {2}, {1});
  expect_end(k, kernel::state::faulted);
  client c = t.connect();
  const protocol::status_reply status = c.status();
  ASSERT_EQ(status.kernels.size(), 1u);
  EXPECT_EQ(status.kernels[0].state, model::kernel_state::faulted);
  const std::string& text = status.kernels[0].error;
  EXPECT_TRUE(has(text, "line one line two"));
  EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_LT(text.size(), 64u << 10);
}

TEST(served_session, a_snapshot_has_states_records_and_scalars) {
  target t;
  auto* x = t.s.allocate<double>("x", {});
  *x = 2.5;
  kernel k = t.s.launch(run_until_stopped, {3}, {1});
  ASSERT_TRUE(eventually([&] { return k.steps() > 3; }));
  client c = t.connect();
  const model::catalogue old = c.catalogue();
  k.stop();
  expect_end(k);
  static_cast<void>(t.s.allocate<int>("later", {}));
  const model::snapshot shot = c.snapshot(old);
  EXPECT_GT(shot.catalogue.revision, old.revision);
  ASSERT_EQ(shot.kernels.size(), 1u);
  EXPECT_EQ(shot.kernels[0].state, model::kernel_state::finished);
  EXPECT_EQ(shot.kernels[0].count(abi::actor_state::finished), 3u);
  EXPECT_EQ(shot.kernels[0].steps(), k.steps());
  const auto value = std::find_if(shot.scalars.begin(), shot.scalars.end(), [&](const auto& s) {
    return s.id == shot.catalogue.resolve("x").id;
  });
  ASSERT_NE(value, shot.scalars.end());
  EXPECT_EQ(std::memcmp(value->bytes.data(), x, sizeof *x), 0);
}

TEST(served_session, its_end_closes_the_connections_of_tools) {
  test::private_runtime runtime;
  std::optional<session> s(session_options{.name = "brief", .backend = backend_kind::cpu});
  client c = client::connect(runtime.path() / "brief.session", patience);
  s.reset();
  EXPECT_THROW(static_cast<void>(c.status()), disconnected);
  EXPECT_THROW(static_cast<void>(client::connect(runtime.path() / "brief.session", patience)),
               not_found);
}

__global__ void fail_at_work(rk::device_view view) {
  static_cast<void>(rk::start(view));
  throw std::runtime_error("at work");
}

TEST(served_session, who_keeps_its_memory_can_tell_a_good_end_from_a_death) {
  const auto ends_well = [](auto* kernel_function) {
    std::optional<target> t(std::in_place);
    static_cast<void>(t->s.launch(kernel_function, {2}, {1}));
    const client c = t->connect();
    remote_memory kept;
    kept.map_control(c.descriptors().at(0));
    EXPECT_FALSE(kept.session_has_ended());
    t.reset();
    return kept.session_has_ended();
  };
  EXPECT_TRUE(ends_well(run_until_stopped));
  EXPECT_FALSE(ends_well(fail_at_work));
  EXPECT_FALSE(remote_memory().session_has_ended());
}

TEST(served_session, its_socket_is_for_this_user_alone) {
  const target t;
  const auto mode = std::filesystem::status(t.runtime.path() / "demo.session").permissions();
  EXPECT_EQ(mode & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(served_session, a_folder_whose_path_no_socket_can_have_is_refused_with_advice) {
  const test::temporary_folder top;
  const std::filesystem::path deep = top.path() / std::string(100, 'd');
  const test::environment_variable variable("RK_RUNTIME_DIR", deep.string());
  const std::string text =
      refusal<invalid_argument>([] { session s({.name = "demo", .backend = backend_kind::cpu}); });
  EXPECT_TRUE(has(text, "set RK_RUNTIME_DIR to a shorter folder")) << text;
  EXPECT_TRUE(std::filesystem::is_empty(deep));
}

}  // namespace
}  // namespace rk
