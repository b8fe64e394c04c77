#include "symbols/cxx_names.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rk::symbols;

TEST(CxxNames, ScopesInsideTemplateArgumentsDoNotSplit) {
  EXPECT_EQ(split_scopes("a::b<c::d, e>::f"), (std::vector<std::string>{"a", "b<c::d, e>", "f"}));
}

TEST(CxxNames, UnnamedNamespacesOfBothCompilersAreLeftOut) {
  EXPECT_EQ(variable_name("_ZN5fluid12_GLOBAL__N_16hiddenE"), "fluid::hidden");
  EXPECT_EQ(variable_name("_ZN5fluid33_GLOBAL__N__77537be1_4_p_cu__Z1kvL6hiddenE"),
            "fluid::hidden");
}

TEST(CxxNames, AFunctionsParametersAreNotPartOfItsStaticsName) {
  EXPECT_EQ(variable_name("_ZZN1a1fEiE5local"), "a::f::local");
}

TEST(CxxNames, LinkTimeOptimisationDoesNotChangeAName) {
  EXPECT_EQ(variable_name("_ZL8pressure.lto_priv.0"), "pressure");
}

TEST(CxxNames, APlainNameStaysAsItIs) {
  EXPECT_EQ(variable_name("counter"), "counter");
}

TEST(CxxNames, SpellingsOfOneTypeCompareEqual) {
  EXPECT_EQ(comparable_spelling("array<vector<int>, 4ul>"),
            comparable_spelling("array<vector<int> , 4>"));
  EXPECT_NE(comparable_spelling("grid<4>"), comparable_spelling("grid<5>"));
  EXPECT_EQ(comparable_spelling("value4ul"), "value4ul");
}

}  // namespace
