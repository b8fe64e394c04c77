#include "symbols/unique_names.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <unordered_set>
#include <vector>

namespace rk::symbols {
namespace {

using group = std::vector<const nameable*>;

bool is_only_one(const group& all, std::string nameable::*label, const nameable& one) {
  return !(one.*label).empty() && std::ranges::count_if(all, [&](const nameable* n) {
                                    return n->*label == one.*label;
                                  }) == 1;
}

/// The label behind "@", without a number.
const std::string& label_of(const group& all, const nameable& one) {
  if (is_only_one(all, &nameable::file, one)) return one.file;
  if (is_only_one(all, &nameable::object, one)) return one.object;
  return one.file.empty() ? one.object : one.file;
}

void qualify(const group& all) {
  std::unordered_set<std::string> used;
  std::vector<std::string> names;
  for (const nameable* one : all) {
    const std::string stem = *one->name + "@" + label_of(all, *one);
    std::string name = stem;
    for (std::size_t number = 2; !used.insert(name).second; ++number) {
      name = stem + "#" + std::to_string(number);
    }
    names.push_back(std::move(name));
  }
  for (std::size_t i = 0; i < all.size(); ++i) *all[i]->name = std::move(names[i]);
}

}  // namespace

void make_unique(std::span<nameable> all) {
  std::map<std::string, group> groups;
  for (const nameable& one : all) groups[*one.name].push_back(&one);
  for (const auto& [name, members] : groups) {
    if (members.size() > 1) qualify(members);
  }
}

}  // namespace rk::symbols
