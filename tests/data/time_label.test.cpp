// SPDX-License-Identifier: MIT
#include <map>
#include <string>
#include <vector>

#include <cytode/data/nearest.hpp>
#include <cytode/data/time_label.hpp>
#include <cytode/data/times_of_labels.hpp>

#include "catch.hpp"
#include "laws/says.hpp"

using namespace cytode::data;
using namespace cytode::laws;

namespace {

Table day_column(std::vector<std::string> values) {
  Table t;
  t.file = "obs.csv";
  t.rows = static_cast<cytode::Index>(values.size());
  for (long long r = 0; r < t.rows; ++r) t.lines.push_back(r + 2);
  t.columns.push_back({"day", std::move(values)});
  return t;
}

std::vector<double> times(const std::vector<std::string>& values,
                          const std::map<std::string, double>& map = {}) {
  std::vector<std::string> notes;
  return times_of_labels(day_column(values), "day", map, notes);
}

}  // namespace

TEST_CASE("the time in a label follows the rules written down", "[data]") {
  struct Case {
    const char* text;
    double number, days;
  };
  for (const Case& c :
       {Case{"0", 0, 0}, Case{"0.0", 0, 0}, Case{" 2.5 ", 2.5, 0}, Case{"-1", -1, 0},
        Case{"1e1", 10, 0}, Case{"0012", 12, 0}, Case{"3d", 3, 1}, Case{"8h", 8, 1. / 24},
        Case{"Day 00-03", 0, 1}, Case{"Day 24-27", 24, 1}, Case{"E8.5", 8.5, 0}, Case{"D2", 2, 1},
        Case{"day_4", 4, 1}, Case{"day-4", 4, 1}, Case{"1 days", 1, 1},
        Case{"12 Hours", 12, 1. / 24}, Case{"2 weeks", 2, 7}, Case{"t7", 7, 0},
        Case{"30min", 30, 1. / 1440}}) {
    CAPTURE(c.text);
    const auto label = time_label(c.text);
    REQUIRE(label);
    CHECK(label->number == c.number);
    CHECK(label->days == c.days);
  }
  for (const char* text :
       {"", "naive", "E8.5_rep2", "2020-01-31", "NA", "nan", "inf", "1_2", "-"}) {
    CAPTURE(text);
    CHECK_FALSE(time_label(text));
  }
}

TEST_CASE("times of a column: one unit, mixed units, the user's map", "[data]") {
  CHECK(times({"10", "2", "0.0", "0"}) == std::vector<double>{10, 2, 0, 0});
  CHECK(times({"8h", "16h", "0"}) == std::vector<double>{8, 16, 0});
  CHECK(times({"D1", "d2"}) == std::vector<double>{1, 2});
  std::vector<std::string> notes;
  CHECK(times_of_labels(day_column({"0d", "8h", "1d", "7d"}), "day", {}, notes) ==
        std::vector<double>{0, 8. / 24, 1, 7});
  CHECK(notes == std::vector<std::string>{"column 'day' mixes units of time: times are in days"});
  CHECK(std::isnan(times({"1", "", "3"})[1]));
  CHECK(times({"early", "late", "2"}, {{"early", 0}, {"late", 9}, {"2.0", 4}}) ==
        std::vector<double>{0, 9, 4});
  notes.clear();
  CHECK(times_of_labels(day_column({"1"}), "day", {{"lste", 3}}, notes).size() == 1);
  CHECK(notes == std::vector<std::string>{"column 'day' has no label 'lste'"});
  CHECK_THROWS_WITH(times({"1", "late"}),
                    "obs.csv, line 3, column 'day', row 2: 'late' is no time; give the time of "
                    "each such label in time_values");
  CHECK_THROWS_WITH(times({"2", "8h"}),
                    "obs.csv, line 2, column 'day', row 1: '2' has no unit, while other labels "
                    "have one; give the time of each such label in time_values");
}

TEST_CASE("a name that does not exist gets the nearest suggested", "[data]") {
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("dya", "day") == 1);
  CHECK(edit_distance("X_PCA", "x_pca") == 0);
  CHECK(suggest("dya", {"batch", "day"}) == "; did you mean 'day'? There are: 'batch', 'day'");
  CHECK(suggest("velocity", {"batch", "day"}) == "; there are: 'batch', 'day'");
  CHECK(suggest("x", {}) == "; there are none");
  CHECK(has(suggest("gene", std::vector<std::string>(50, "abcdefgh")), " and 20 more"));
}
