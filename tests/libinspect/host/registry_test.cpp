#include "host/registry.hpp"

#include <gtest/gtest.h>

#include <rk/abi/control_segment.hpp>
#include <rk/error.hpp>

#include "libinspect/support/test_environment.hpp"

namespace rk::host_test {

/// Known to the session by the program's debug information alone.
struct particle {
  float position[3];
  std::int32_t cell;
  enum class kind : std::uint8_t { gas, dust } what;
};

}  // namespace rk::host_test

namespace rk::host {
namespace {

using test::has;
using test::refusal;

struct fixture {
  std::unique_ptr<backend::device> device = backend::open_cpu_device();
  registry symbols{*device, target()};

  [[nodiscard]] static model::target target() {
    model::target t;
    t.name = "probe";
    t.backend = "cpu";
    return t;
  }
  template <class T>
  std::byte* allocate(const std::string& name, const shape& extents) {
    return symbols.allocate(name, type_of<T>(), extents, false);
  }
  /// What a tool would make of the text.
  [[nodiscard]] model::catalogue seen() const {
    return model::parse_catalogue(symbols.catalogue_text());
  }
};

TEST(registry, arrays_are_zeroed_apart_and_aligned_for_vector_loads) {
  fixture f;
  std::byte* const a = f.allocate<float>("a", {3});
  std::byte* const b = f.allocate<char>("b", {1});
  std::byte* const c = f.allocate<double>("c", {400'000});
  for (const std::byte* p : {a, b, c}) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 256, 0u);
  EXPECT_GE(std::abs(a - b), 256);
  EXPECT_EQ(std::count(c, c + 3'200'000, std::byte{0}), 3'200'000);
}

TEST(registry, small_arrays_share_a_segment_and_a_large_one_has_its_own) {
  fixture f;
  f.allocate<float>("small", {10});
  f.allocate<float>("next", {10});
  f.allocate<char>("large", {1u << 20});
  f.allocate<char>("behind", {10});
  const model::catalogue c = f.seen();
  const auto place = [&](const char* name) { return *c.resolve(name).where; };
  EXPECT_EQ(place("small").segment, place("next").segment);
  EXPECT_NE(place("small").offset, place("next").offset);
  EXPECT_NE(place("large").segment, place("small").segment);
  EXPECT_EQ(place("large").offset, 0u);
  EXPECT_EQ(place("behind").segment, place("small").segment);
}

TEST(registry, small_arrays_go_on_in_a_new_segment_when_one_is_full) {
  fixture f;
  for (int i = 0; i < 6; ++i) f.allocate<char>("a" + std::to_string(i), {700'000});
  const model::catalogue c = f.seen();
  EXPECT_NE(c.resolve("a0").where->segment, c.resolve("a5").where->segment);
}

TEST(registry, only_the_request_words_are_handed_out_writable) {
  fixture f;
  f.allocate<char>("large", {1u << 20});
  f.symbols.add_kernel({}, {4}, {32});
  const model::catalogue c = f.seen();
  ASSERT_GE(c.segments.size(), 3u);
  for (const auto& s : c.segments) EXPECT_EQ(s.writable, s.id == model::segment_id{0});
  for (const auto& s : c.symbols) {
    const auto segment = s.where ? s.where->segment : model::segment_id{1};
    EXPECT_NE(segment, model::segment_id{0}) << s.name;
  }
  EXPECT_EQ(f.symbols.shared_descriptors().values.size(), c.segments.size() + 1);
}

TEST(registry, a_name_that_no_tool_could_write_is_refused) {
  fixture f;
  for (const std::string name : {"", "a b", "a[3]", "a\nb", "\x1b[2J", "rk.mine", "\xc3\xa4"}) {
    EXPECT_THROW(f.allocate<int>(name, {}), invalid_argument) << name;
  }
  EXPECT_THROW(f.allocate<int>(std::string(257, 'a'), {}), invalid_argument);
  EXPECT_NO_THROW(f.allocate<int>(std::string(256, 'a'), {}));
  EXPECT_NO_THROW(f.allocate<int>("fluid::cell@a.cu", {}));
  // Nothing in the message obeys the name.
  EXPECT_FALSE(has(refusal([&] { f.allocate<int>("\x1b[2J", {}); }), "\x1b"));
}

TEST(registry, a_name_that_is_taken_is_refused_by_name) {
  fixture f;
  f.allocate<int>("a", {});
  EXPECT_TRUE(has(refusal<invalid_argument>([&] { f.allocate<int>("a", {}); }), "'a' exists"));
  static int outside = 0;
  EXPECT_THROW(f.symbols.expose("a", reinterpret_cast<std::byte*>(&outside), type_of<int>(), {}),
               invalid_argument);
  EXPECT_EQ(f.seen().symbols.size(), f.symbols.catalogue().symbols.size());
}

TEST(registry, an_array_that_cannot_be_is_refused_and_spoils_nothing) {
  fixture f;
  const shape impossible[] = {
      {std::uint64_t{1} << 45},            // larger than a symbol may be
      {std::uint64_t{1} << 40, 1u << 30},  // more bytes than fit in a word
      shape(17, 1),                        // more dimensions than tools read
      {0, std::uint64_t{1} << 60},         // nothing, of an endless row
  };
  const std::uint64_t before = f.symbols.revision();
  for (const shape& s : impossible) {
    EXPECT_TRUE(has(refusal<invalid_argument>([&] { f.allocate<float>("a", s); }), "symbol 'a'"));
  }
  EXPECT_EQ(f.symbols.revision(), before);
  EXPECT_NO_THROW(f.allocate<float>("a", shape(16, 1)));
  EXPECT_EQ(f.seen().resolve("a").bytes, 4u);
}

TEST(registry, an_array_without_elements_is_an_array) {
  fixture f;
  EXPECT_NE(f.allocate<float>("empty", {3, 0}), nullptr);
  EXPECT_EQ(f.seen().resolve("empty").bytes, 0u);
}

TEST(registry, a_null_pointer_is_not_read_from_later_on) {
  fixture f;
  EXPECT_THROW(f.symbols.expose("null", nullptr, type_of<int>(), {4}), invalid_argument);
  EXPECT_NO_THROW(f.symbols.expose("nothing", nullptr, type_of<int>(), {0}));
}

TEST(registry, exposed_memory_has_no_place_that_others_could_map) {
  fixture f;
  static std::uint16_t table[6];
  f.symbols.expose("table", reinterpret_cast<std::byte*>(table), type_of<std::uint16_t>(), {2, 3});
  const model::catalogue c = f.seen();
  const model::symbol& s = c.resolve("table");
  EXPECT_FALSE(s.where);
  EXPECT_EQ(s.shape, (shape{2, 3}));
  EXPECT_EQ(s.bytes, 12u);
  EXPECT_EQ(f.symbols.address(s.id, 4, 8), reinterpret_cast<std::byte*>(table) + 4);
}

TEST(registry, a_range_that_leaves_its_symbol_has_no_address) {
  fixture f;
  f.allocate<char>("a", {100});
  const model::symbol_id id = f.symbols.resolve("a").id;
  EXPECT_NO_THROW(static_cast<void>(f.symbols.address(id, 100, 0)));
  EXPECT_THROW(static_cast<void>(f.symbols.address(id, 1, 100)), invalid_argument);
  EXPECT_THROW(static_cast<void>(f.symbols.address(id, 101, 0)), invalid_argument);
  EXPECT_THROW(static_cast<void>(f.symbols.address(id, ~0ull, 2)), invalid_argument);
  EXPECT_THROW(static_cast<void>(f.symbols.address(id, 2, ~0ull)), invalid_argument);
  EXPECT_THROW(static_cast<void>(f.symbols.address(static_cast<model::symbol_id>(99'999), 0, 1)),
               not_found);
}

TEST(registry, a_structure_has_the_members_of_its_source) {
  fixture f;
  f.allocate<host_test::particle>("particles", {100});
  const model::catalogue c = f.seen();
  const model::type& t = c.types[c.resolve("particles").type];
  ASSERT_EQ(t.how, model::encoding::structure);
  EXPECT_EQ(t.name, "rk::host_test::particle");
  EXPECT_EQ(t.size, sizeof(host_test::particle));
  ASSERT_EQ(t.members.size(), 3u);
  EXPECT_EQ(t.members[1].name, "cell");
  EXPECT_EQ(t.members[1].offset, offsetof(host_test::particle, cell));
  EXPECT_EQ(c.types[t.members[2].type].how, model::encoding::enumeration);
}

TEST(registry, a_kernel_has_its_records_and_words_and_a_name_of_its_own) {
  fixture f;
  const auto first = f.symbols.add_kernel({.name = "march"}, {4, 2}, {32});
  const auto second = f.symbols.add_kernel({.name = "march"}, {1}, {1});
  const auto third = f.symbols.add_kernel({}, {1}, {1});
  EXPECT_EQ(first.name, "march");
  EXPECT_EQ(second.name, "march#2");
  EXPECT_EQ(third.name, "kernel");
  EXPECT_EQ(first.view.actor_count, 8u);
  EXPECT_NE(first.view.requests, second.view.requests);
  EXPECT_NE(first.view.control, second.view.control);
  const model::catalogue c = f.seen();
  ASSERT_EQ(c.kernels.size(), 3u);
  EXPECT_EQ(c.find(c.kernels[0].actors)->name, "rk.march.actors");
  EXPECT_EQ(c.find(c.kernels[0].actors)->shape, shape{8});
  EXPECT_TRUE(c.find(c.kernels[1].actors)->runtime);
  EXPECT_FALSE(c.kernels[0].launched);
  f.symbols.mark_launched(c.kernels[0].id);
  EXPECT_TRUE(f.seen().kernels[0].launched);
}

TEST(registry, a_kernel_that_cannot_be_is_refused_before_tools_read_of_it) {
  fixture f;
  const std::string before = f.symbols.catalogue_text();
  constexpr std::uint32_t half = 1u << 31;
  EXPECT_THROW(f.symbols.add_kernel({}, {0}, {1}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({}, {1}, {4, 0, 1}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({}, {1u << 24, 2}, {1}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({}, {half, half, 4}, {1}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({}, {1}, {half, half, 4}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({.name = "a\nb"}, {1}, {1}), invalid_argument);
  EXPECT_THROW(f.symbols.add_kernel({.name = std::string(2000, 'a')}, {1}, {1}), invalid_argument);
  EXPECT_EQ(f.symbols.catalogue_text(), before);
}

TEST(registry, a_catalogue_that_grows_too_large_takes_the_last_change_back) {
  const auto device = backend::open_cpu_device();
  model::target target = fixture::target();
  const std::size_t base = registry(*device, target).catalogue_text().size();
  target.program = std::string(model::max_catalogue_bytes - base - 500, 'p');
  registry r(*device, target);
  int added = 0;
  std::string refused;
  for (; refused.empty() && added < 100; ++added) {
    try {
      r.allocate("a" + std::to_string(added), type_of<int>(), {}, false);
    } catch (const invalid_argument& e) {
      refused = e.what();
    }
  }
  ASSERT_TRUE(has(refused, "name fewer variables")) << refused;
  ASSERT_GE(added, 2);
  const std::string text = r.catalogue_text();
  EXPECT_LE(text.size(), model::max_catalogue_bytes);
  const model::catalogue c = r.catalogue();
  EXPECT_TRUE(has(text, "\"revision\":" + std::to_string(c.revision)));
  EXPECT_THROW(static_cast<void>(r.resolve("a" + std::to_string(added - 1))), not_found);
  EXPECT_NO_THROW(static_cast<void>(r.resolve("a" + std::to_string(added - 2))));
}

}  // namespace
}  // namespace rk::host
