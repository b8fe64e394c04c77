#include "symbols/discover.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <typeinfo>
#include <vector>

#include <gtest/gtest.h>

#include <rk/host/symbol_registration.hpp>

#include "fixtures.hpp"

namespace {

using rk::model::encoding;
using rk::symbols::discovered;
using shape = std::vector<std::uint64_t>;

class Discover : public testing::Test {
 protected:
  const discovered& symbol(const std::string& name) const {
    const auto found = std::ranges::find(all, name, &discovered::name);
    if (found == all.end()) throw std::out_of_range("no symbol '" + name + "'");
    return *found;
  }
  const rk::model::type& type_of(const std::string& name) const { return types[symbol(name).type]; }

  /// Members as "name encoding size" by offset.
  using layout = std::vector<std::tuple<std::uint64_t, std::string, encoding, std::uint64_t>>;
  layout layout_of(const rk::model::type& t) const {
    layout result;
    for (const auto& m : t.members) {
      result.emplace_back(m.offset, m.name, types[m.type].how, types[m.type].size);
    }
    return result;
  }
  const rk::model::type& member_type(const rk::model::type& t, const std::string& name) const {
    return types[std::ranges::find(t.members, name, &rk::model::member::name)->type];
  }

  rk::model::type_table types;
  std::vector<discovered> all = rk::symbols::discover(rk::backend_kind::cpu, types);
};

template <class Owner, class Member>
std::uint64_t offset_in(const Owner& owner, const Member& member) {
  return static_cast<std::uint64_t>(reinterpret_cast<const char*>(&member) -
                                    reinterpret_cast<const char*>(&owner));
}

TEST_F(Discover, ArraysKeepEveryDimensionInDeclaredOrder) {
  EXPECT_EQ(symbol("fixture::pressure").shape, (shape{4, 3}));
  EXPECT_EQ(symbol("fixture::field").shape, (shape{2, 3, 5}));
  EXPECT_EQ(symbol("fixture::field").bytes, 2u * 3 * 5 * sizeof(double));
  EXPECT_EQ(type_of("fixture::field").how, encoding::floating);
  EXPECT_TRUE(symbol("fixture::step_counter").shape.empty());
}

TEST_F(Discover, DimensionsBehindATypedefAreNotLost) {
  EXPECT_EQ(symbol("fixture::rows").shape, (shape{2, 8}));
  EXPECT_EQ(type_of("fixture::rows").name, "float");
}

TEST_F(Discover, QualifiersDoNotHideTheType) {
  EXPECT_EQ(symbol("fixture::weather").shape, shape{6});
  EXPECT_EQ(type_of("fixture::weather").how, encoding::floating);
}

TEST_F(Discover, OnlyCheckpointMarkersAreCheckpointed) {
  EXPECT_TRUE(symbol("fixture::step_counter").checkpoint);
  EXPECT_FALSE(symbol("fixture::pressure").checkpoint);
}

TEST_F(Discover, DeclarationsAreFoundInTheSource) {
  EXPECT_EQ(symbol("fixture::pressure").source.file, "fixture_a.cpp");
  EXPECT_EQ(symbol("fixture::pressure").source.line, 9u);
}

TEST_F(Discover, NoScalarIsReadAsAnother) {
  const std::map<std::string, std::tuple<encoding, std::uint64_t>> expected = {
      {"flag", {encoding::boolean, 1}},
      {"letter", {encoding::character, 1}},
      {"i8", {encoding::signed_integer, 1}},
      {"u8", {encoding::unsigned_integer, 1}},
      {"i16", {encoding::signed_integer, 2}},
      {"u16", {encoding::unsigned_integer, 2}},
      {"i32", {encoding::signed_integer, 4}},
      {"u32", {encoding::unsigned_integer, 4}},
      {"i64", {encoding::signed_integer, 8}},
      {"u64", {encoding::unsigned_integer, 8}},
      {"f32", {encoding::floating, 4}},
      {"f64", {encoding::floating, 8}},
      {"pointer", {encoding::pointer, sizeof(void*)}},
      {"temperature", {encoding::floating, 4}},
  };
  for (const auto& [name, type] : expected) {
    SCOPED_TRACE(name);
    const rk::model::type& found = type_of("fixture::" + name);
    EXPECT_EQ(std::tuple(found.how, found.size), type);
    EXPECT_EQ(symbol("fixture::" + name).bytes, found.size);
    EXPECT_EQ(symbol("fixture::" + name).note, "");
  }
}

#ifdef __FLT16_MAX__
TEST_F(Discover, HalfPrecisionIsNotReadAsAnInteger) {
  EXPECT_EQ(type_of("fixture::f16").how, encoding::floating);
  EXPECT_EQ(type_of("fixture::f16").size, 2u);
}
#endif

TEST_F(Discover, TypesAreSpelledAsInTheSource) {
  EXPECT_EQ(type_of("fixture::u64").name, "unsigned long");
  EXPECT_EQ(type_of("fixture::pointer").name, "float const*");
  EXPECT_EQ(type_of("fixture::temperature").name, "fixture::kelvin");
  EXPECT_EQ(type_of("fixture::named_by_typedef").name, "fixture::nameless");
  EXPECT_EQ(type_of("fixture::particles").name, "fixture::particle");
}

TEST_F(Discover, EnumeratorsKeepTheirSign) {
  const rk::model::type& phase = type_of("fixture::state");
  EXPECT_EQ(phase.how, encoding::enumeration);
  EXPECT_EQ(phase.name, "fixture::phase");
  EXPECT_EQ(phase.size, 2u);
  EXPECT_TRUE(phase.is_signed);
  EXPECT_EQ(phase.enumerators, (std::vector<rk::model::enumerator>{{"gas", -1}, {"liquid", 3}}));
  const rk::model::type& direction = type_of("fixture::heading");
  EXPECT_FALSE(direction.is_signed);
  EXPECT_EQ(direction.enumerators,
            (std::vector<rk::model::enumerator>{{"north", 0}, {"south", 200}}));
}

TEST_F(Discover, MembersLieWhereTheCompilerPutThem) {
  using fixture::particle;
  EXPECT_EQ(symbol("fixture::particles").shape, shape{7});
  const rk::model::type& t = type_of("fixture::particles");
  EXPECT_EQ(t.size, sizeof(particle));
  const std::uint64_t bits = offsetof(particle, raw) + sizeof(particle::raw);
  EXPECT_EQ(layout_of(t),
            (layout{{offsetof(particle, position), "position", encoding::structure,
                     sizeof(fixture::vector3)},
                    {offsetof(particle, faces), "faces", encoding::array, sizeof(particle::faces)},
                    {offsetof(particle, state), "state", encoding::enumeration, 2},
                    {offsetof(particle, heading), "heading", encoding::enumeration, 1},
                    {offsetof(particle, alive), "alive", encoding::boolean, 1},
                    {offsetof(particle, next), "next", encoding::pointer, sizeof(void*)},
                    {offsetof(particle, raw), "raw", encoding::structure, 4},
                    {bits, "flags", encoding::opaque, 1},
                    {bits, "colour", encoding::opaque, 2},
                    {offsetof(particle, mass), "mass", encoding::floating, 8}}));
  const rk::model::type& faces = member_type(t, "faces");
  EXPECT_EQ(faces.extents, (shape{2, 3}));
  EXPECT_EQ(types[faces.element].how, encoding::floating);
  EXPECT_EQ(layout_of(member_type(t, "raw")), (layout{{0, "as_int", encoding::signed_integer, 4},
                                                      {0, "as_float", encoding::floating, 4}}));
  EXPECT_EQ(layout_of(member_type(t, "position")), (layout{{0, "x", encoding::floating, 4},
                                                           {4, "y", encoding::floating, 4},
                                                           {8, "z", encoding::floating, 4}}));
}

TEST_F(Discover, BaseClassesAndUnnamedUnionsLoseNoMember) {
  const fixture::aged_particle p{};
  const fixture::aged& base = p;
  EXPECT_EQ(layout_of(type_of("fixture::elder")),
            (layout{{offset_in(p, p.age), "age", encoding::unsigned_integer, 8},
                    {offset_in(p, base.id), "aged::id", encoding::signed_integer, 4},
                    {offset_in(p, p.id), "id", encoding::signed_integer, 4},
                    {offset_in(p, p.word), "word", encoding::unsigned_integer, 4},
                    {offset_in(p, p.octets), "octets", encoding::array, 4}}));
}

TEST_F(Discover, InlineAndUnnamedNamespacesAreNotInNames) {
  EXPECT_EQ(symbol("fixture::versioned").bytes, 4u);
  EXPECT_EQ(symbol("fixture::hidden").bytes, 4u);
}

TEST_F(Discover, StaticsOfFunctionsAreFound) {
  const discovered& local = symbol("fixture::local_of_a::local");
  EXPECT_EQ(local.address, fixture::local_of_a());
  EXPECT_EQ(types[local.type].how, encoding::signed_integer);
}

TEST_F(Discover, EveryOneOfEquallyNamedVariablesIsQualified) {
  EXPECT_THROW(static_cast<void>(symbol("fixture::duplicate")), std::out_of_range);
  EXPECT_EQ(symbol("fixture::duplicate@fixture_a.cpp").address, fixture::duplicate_of_a());
  EXPECT_EQ(symbol("fixture::duplicate@fixture_b.cpp").address, fixture::duplicate_of_b());
  EXPECT_EQ(symbol("fixture::duplicate@fixture_b.cpp").shape, shape{3});
  EXPECT_TRUE(symbol("fixture::duplicate@fixture_b.cpp").checkpoint);
}

TEST_F(Discover, VariablesOfSharedLibrariesAreListedAtTheirRunTimeAddress) {
  const discovered& found = symbol("fixture::duplicate@fixture_library.cpp");
  EXPECT_EQ(found.address, fixture::duplicate_of_library());
  EXPECT_EQ(found.shape, shape{4});
  EXPECT_EQ(types[found.type].how, encoding::unsigned_integer);
}

TEST_F(Discover, AVariableThatTheLinkerCopiedIntoTheProgramIsReadThere) {
  EXPECT_EQ(symbol("fixture::shared_counter").address, &fixture::shared_counter[0]);
}

TEST_F(Discover, WithoutDebugInformationAVariableIsListedAsBytesAndSaysWhy) {
  const discovered& found = symbol("fixture::plain::unregistered");
  EXPECT_EQ(found.address, fixture::unregistered_of_plain());
  EXPECT_EQ(found.shape, shape{6 * sizeof(float)});
  EXPECT_EQ(types[found.type].how, encoding::opaque);
  EXPECT_EQ(types[found.type].size, 1u);
  EXPECT_NE(found.note.find("no debug information"), std::string::npos) << found.note;
  EXPECT_NE(found.note.find("RK_DEBUGGABLE"), std::string::npos) << found.note;
}

TEST_F(Discover, ARegistrationGivesTheTypeThatDebugInformationDoesNot) {
  const discovered& found = symbol("fixture::plain::registered");
  EXPECT_EQ(found.address, fixture::registered_of_plain());
  EXPECT_EQ(found.shape, (shape{2, 3}));
  EXPECT_EQ(types[found.type].how, encoding::floating);
  EXPECT_EQ(types[found.type].name, "float");
  EXPECT_EQ(found.source.file, "fixture_plain.cpp");
  EXPECT_EQ(found.note, "");
}

TEST_F(Discover, ARegisteredStructureIsDescribedWhereAnyFileDescribesIt) {
  EXPECT_EQ(type_of("fixture::plain::described").how, encoding::structure);
  EXPECT_EQ(type_of("fixture::plain::described").members.size(), 3u);
}

TEST_F(Discover, AStructureThatNoFileDescribesIsOpaqueAndSaysWhy) {
  const discovered& found = symbol("fixture::plain::strange");
  EXPECT_EQ(found.shape, shape{2});
  EXPECT_EQ(types[found.type].how, encoding::opaque);
  EXPECT_EQ(types[found.type].size, 8u);
  EXPECT_NE(found.note.find("fixture::undescribed"), std::string::npos) << found.note;
}

TEST_F(Discover, ARegistrationWithoutAMarkerHasItsQualifiedName) {
  const discovered& found = symbol("fixture::only_registered");
  EXPECT_EQ(found.shape, (shape{2, 2}));
  EXPECT_TRUE(found.checkpoint);
}

TEST_F(Discover, AVariableWithMarkerAndRegistrationAppearsOnce) {
  EXPECT_EQ(std::ranges::count_if(
                all, [](const discovered& d) { return d.name.find("twice") != std::string::npos; }),
            1);
  EXPECT_TRUE(symbol("fixture::twice").checkpoint);
}

TEST_F(Discover, NamesAreUniqueAndSorted) {
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &discovered::name));
  EXPECT_EQ(std::ranges::adjacent_find(all, {}, &discovered::name), all.end());
}

TEST_F(Discover, EachRunGivesTheSameNames) {
  rk::model::type_table again;
  const auto second = rk::symbols::discover(rk::backend_kind::cpu, again);
  EXPECT_TRUE(std::ranges::equal(all, second, {}, &discovered::name, &discovered::name));
  EXPECT_EQ(types.entries(), again.entries());
}

TEST_F(Discover, TheOtherBackendsVariablesAreNotListed) {
  rk::model::type_table none;
  EXPECT_TRUE(rk::symbols::discover(rk::backend_kind::cuda, none).empty());
}

TEST(FindNamedType, TypesOfTheProgramAndOfItsLibrariesAreFound) {
  rk::model::type_table types;
  const auto particle = rk::symbols::find_named_type(typeid(fixture::particle).name(), types);
  ASSERT_TRUE(particle);
  EXPECT_EQ(types[*particle].size, sizeof(fixture::particle));
  const auto of_library = rk::symbols::find_named_type("N7fixture10of_libraryE", types);
  ASSERT_TRUE(of_library);
  EXPECT_EQ(types[*of_library].name, "fixture::of_library");
}

TEST(FindNamedType, WhatIsNowhereDefinedIsNotFound) {
  rk::model::type_table types;
  EXPECT_FALSE(rk::symbols::find_named_type("N7fixture11undescribedE", types));
  EXPECT_FALSE(rk::symbols::find_named_type("N7fixture7missingE", types));
  EXPECT_FALSE(rk::symbols::find_named_type("", types));
}

TEST(TypeFrom, CompileTimeTypesEqualThoseOfDebugInformation) {
  rk::model::type_table types;
  const auto wide = rk::symbols::type_from(rk::type_of<unsigned long>(), types);
  EXPECT_EQ(types[wide].name, "unsigned long");
  EXPECT_EQ(types[wide].how, encoding::unsigned_integer);
  const auto phase = rk::symbols::type_from(rk::type_of<fixture::phase>(), types);
  EXPECT_EQ(types[phase].how, encoding::enumeration);
}

TEST(TypeFrom, ATypeWhoseDebugInformationHasAnotherSizeIsOpaque) {
  rk::model::type_table types;
  rk::element_type type = rk::type_of<fixture::vector3>();
  type.size += 4;
  const auto found = rk::symbols::type_from(type, types);
  EXPECT_EQ(types[found].how, encoding::opaque);
  EXPECT_EQ(types[found].size, sizeof(fixture::vector3) + 4);
}

TEST(DiscoverLibrary, ALibraryRegistersVariablesWithoutLinkingTheLibrary) {
  rk::model::type_table types;
  const auto all = rk::symbols::discover(rk::backend_kind::cpu, types);
  const auto found = std::ranges::find(all, "library_registered", &rk::symbols::discovered::name);
  ASSERT_NE(found, all.end());
  EXPECT_EQ(types[found->type].how, encoding::floating);
  EXPECT_EQ(found->bytes, sizeof(double));
}

}  // namespace
