#pragma once

#include <span>
#include <string>

namespace rk::symbols {

/// A symbol's name with what may set it apart from another of the same name.
struct nameable {
  std::string* name = nullptr;
  std::string file;    ///< base name of the declaring file; empty if it is not known
  std::string object;  ///< base name of the program or library
};

/// Makes all names differ. Each of several equal names is qualified, so that none changes its
/// meaning when another comes or goes first: "x@wave.cu", where that is not enough "x@libwave.so",
/// and at last "x@wave.cu", "x@wave.cu#2" in the order of `all`.
void make_unique(std::span<nameable> all);

}  // namespace rk::symbols
