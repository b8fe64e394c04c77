#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rk/version.hpp>

#include "exporters/sample_scrape.hpp"

namespace rk::exporters {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(RK_GOLDEN_DIR) + "/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The version differs from release to release, the rest of the text must not.
std::string without_version(std::string text) {
  const std::string own = std::string("version=\"") + version + "\"";
  const auto at = text.find(own);
  return at == std::string::npos ? text : text.replace(at, own.size(), "version=\"VERSION\"");
}

const prometheus::MetricFamily* find(const std::vector<prometheus::MetricFamily>& families,
                                     std::string_view name) {
  for (const auto& f : families) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

std::size_t samples_of(const std::vector<prometheus::MetricFamily>& families,
                       std::string_view name) {
  const auto* found = find(families, name);
  return found == nullptr ? 0 : found->metric.size();
}

TEST(metrics, print_what_they_printed_before) {
  EXPECT_EQ(without_version(metrics_text(test::sample_scrape())), golden("metrics.txt"));
}

TEST(metrics, write_no_series_twice) {
  std::set<std::string> seen;
  for (const auto& family : test::sample_scrape()) {
    for (const auto& m : family.metric) {
      std::string series = family.name;
      for (const auto& l : m.label) series += "," + l.name + "=" + l.value;
      EXPECT_TRUE(seen.insert(series).second) << series;
    }
  }
}

TEST(metrics, write_no_series_twice_for_targets_or_kernels_of_one_name) {
  auto sample = test::sample_target("demo");
  sample.last->catalogue.kernels.push_back(sample.last->catalogue.kernels.front());
  sample.last->kernels.push_back(sample.last->kernels.front());
  sample.activity = model::activity_of(*sample.last);
  const auto families = metric_families({sample, sample}, std::nullopt, "host");
  EXPECT_EQ(samples_of(families, "rk_target_up"), 1U);
  EXPECT_EQ(samples_of(families, "rk_kernel_running"), 1U);
}

TEST(metrics, name_a_target_as_its_session_is_named_and_not_as_its_catalogue_claims) {
  auto sample = test::sample_target("demo");
  sample.last->catalogue.target.name = "somebody else";
  const auto text = metrics_text(metric_families({sample}, std::nullopt, "host"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("somebody else")));
}

TEST(metrics, of_a_target_that_is_down_are_its_state_alone) {
  auto sample = test::sample_target("demo");
  sample.up = false;
  const auto families = metric_families({sample}, std::nullopt, "host");
  EXPECT_EQ(samples_of(families, "rk_target_up"), 1U);
  EXPECT_EQ(find(families, "rk_target_up")->metric.front().gauge.value, 0);
  EXPECT_EQ(samples_of(families, "rk_kernel_running"), 0U);
  EXPECT_EQ(samples_of(families, "rk_symbol_value"), 0U);
}

TEST(metrics, export_a_bounded_number_of_symbols) {
  auto sample = test::sample_target("demo");
  model::catalogue& c = sample.last->catalogue;
  for (int i = 0; i < 1000; ++i) {
    const auto& s =
        model::test::add_symbol(c, "many" + std::to_string(i), c.symbols.at(1).type, {});
    sample.last->scalars.push_back({s.id, test::bytes_of(std::uint64_t{1})});
  }
  EXPECT_EQ(samples_of(metric_families({sample}, std::nullopt, "host"), "rk_symbol_value"),
            max_exported_symbols);
}

TEST(metrics, escape_names_that_hold_quotes_backslashes_and_newlines) {
  auto sample = test::sample_target("demo");
  sample.last->catalogue.kernels.front().name = "a\"b\\c\nd";
  EXPECT_THAT(metrics_text(metric_families({sample}, std::nullopt, "host")),
              testing::HasSubstr(R"(kernel="a\"b\\c\nd")"));
}

TEST(metric_catalogue, names_each_metric_once_and_says_what_it_is) {
  std::set<std::string_view> names;
  for (const metric_info& m : metric_catalogue()) {
    EXPECT_TRUE(names.insert(m.name).second) << m.name;
    EXPECT_THAT(m.name, testing::StartsWith("rk_"));
    EXPECT_THAT(m.help, testing::EndsWith(".")) << m.name;
    EXPECT_EQ(m.name.ends_with("_total"), m.type == prometheus::MetricType::Counter) << m.name;
    const std::string stem(m.name.ends_with("_total") ? m.name.substr(0, m.name.size() - 6)
                                                      : m.name);
    const std::string unit = m.unit.empty() ? "" : "_" + std::string(m.unit);
    EXPECT_THAT(stem, testing::EndsWith(unit));
  }
}

TEST(metric_catalogue, names_the_labels_that_the_samples_have) {
  const auto families = test::sample_scrape();
  for (const metric_info& m : metric_catalogue()) {
    const auto* family = find(families, m.name);
    ASSERT_NE(family, nullptr) << m.name << " is in the catalogue, and no sample shows it";
    for (const auto& sample : family->metric) {
      std::string labels;
      for (const auto& l : sample.label) labels += (labels.empty() ? "" : ",") + l.name;
      EXPECT_EQ(labels, m.labels) << m.name;
    }
  }
}

}  // namespace
}  // namespace rk::exporters
