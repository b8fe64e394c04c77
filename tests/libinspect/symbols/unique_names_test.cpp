#include "symbols/unique_names.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

struct input {
  std::string name, file, object;
};

std::vector<std::string> unique(std::vector<input> symbols) {
  std::vector<rk::symbols::nameable> all;
  for (input& s : symbols) all.push_back({&s.name, s.file, s.object});
  rk::symbols::make_unique(all);
  std::vector<std::string> names;
  for (const input& s : symbols) names.push_back(s.name);
  return names;
}

using names = std::vector<std::string>;

TEST(UniqueNames, ALoneNameIsNotQualified) {
  EXPECT_EQ(unique({{"x", "a.cu", "prog"}, {"y", "a.cu", "prog"}}), (names{"x", "y"}));
}

TEST(UniqueNames, NeitherOfTwoKeepsTheBareName) {
  EXPECT_EQ(unique({{"x", "a.cu", "prog"}, {"x", "b.cu", "prog"}}), (names{"x@a.cu", "x@b.cu"}));
}

TEST(UniqueNames, ObjectsDistinguishOneFileCompiledIntoTwoLibraries) {
  EXPECT_EQ(unique({{"x", "a.cu", "prog"}, {"x", "a.cu", "liba.so"}}),
            (names{"x@prog", "x@liba.so"}));
}

TEST(UniqueNames, NumbersDistinguishAHeadersStaticInTwoFilesOfOneProgram) {
  EXPECT_EQ(unique({{"x", "a.hpp", "prog"}, {"x", "a.hpp", "prog"}, {"x", "a.hpp", "liba.so"}}),
            (names{"x@a.hpp", "x@a.hpp#2", "x@liba.so"}));
}

TEST(UniqueNames, UnknownFilesFallBackOnTheObject) {
  EXPECT_EQ(unique({{"x", "", "prog"}, {"x", "", "prog"}, {"x", "a.cu", "prog"}}),
            (names{"x@prog", "x@prog#2", "x@a.cu"}));
}

TEST(UniqueNames, AFileNamedLikeALibraryDoesNotCollide) {
  EXPECT_EQ(unique({{"x", "same", "prog"}, {"x", "a.cu", "same"}, {"x", "a.cu", "prog"}}),
            (names{"x@same", "x@same#2", "x@a.cu"}));
}

}  // namespace
