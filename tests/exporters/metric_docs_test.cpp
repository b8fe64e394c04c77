// The table in docs/agent.md says what the catalogue says.
#include <fstream>
#include <map>
#include <regex>

#include <gmock/gmock.h>

#include <rk/exporters/metrics.hpp>

namespace rk::exporters {
namespace {

using names_and_types = std::map<std::string, std::string>;

std::string type_name(prometheus::MetricType type) {
  return type == prometheus::MetricType::Counter ? "counter" : "gauge";
}

TEST(metric_docs, the_page_lists_every_metric_and_no_other) {
  names_and_types documented;
  std::ifstream page(RK_AGENT_PAGE);
  ASSERT_TRUE(page) << RK_AGENT_PAGE;
  const std::regex row(R"(^\| `(rk_\w+)` \| (\w+) \|.*)");
  for (std::string line; std::getline(page, line);) {
    std::smatch parts;
    if (std::regex_match(line, parts, row)) documented[parts[1]] = parts[2];
  }
  names_and_types exported;
  for (const metric_info& m : metric_catalogue()) exported[std::string(m.name)] = type_name(m.type);
  EXPECT_THAT(documented, testing::ContainerEq(exported));
}

}  // namespace
}  // namespace rk::exporters
