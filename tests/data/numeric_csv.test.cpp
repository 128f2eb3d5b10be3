// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/data/numeric_csv.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::data;
using namespace cytode::laws;

TEMPLATE_TEST_CASE("a record is a column, bit by bit, whatever the buffer", "[data]", float,
                   double) {
  using S = TestType;
  const TemporaryFolder folder("numeric");
  const Stream stream(1);
  Matrix<S> truth(7, 60);
  stream.fill_normal(0, truth.data(), truth.size());
  truth(3, 5) = std::numeric_limits<S>::infinity();
  for (const char* line_end : {"\n", "\r\n"}) {
    std::string text;
    for (Index c = 0; c < truth.cols(); ++c) {
      for (Index f = 0; f < truth.rows(); ++f) {
        if (f > 0) text += ',';
        if (c % 7 == 3 && f == 2) text += '"';  // some records take the careful path
        append_number(text, truth(f, c));
        if (c % 7 == 3 && f == 2) text += '"';
      }
      if (c + 1 < truth.cols() || *line_end == '\n') text += line_end;
    }
    const std::string path = folder.write("a.csv", text);
    for (const std::size_t buffer : {16u, 100u, 151u, 1000u, 1u << 20}) {
      CAPTURE(buffer);
      CHECK(read_numeric_csv<S>(path, {.buffer = buffer}).values == truth);
    }
  }
}

TEST_CASE("header, row names, separators, truth values and places", "[data]") {
  const TemporaryFolder folder("numeric");
  const auto named = read_numeric_csv<double>(
      folder.write("a.csv", ";g1;\"g;2\"\nA;1;+2\n\"B \"\"x\"\"\";3;1E2\n"),
      {.header = true, .index = true});
  CHECK(named.header == std::vector<std::string>{"g1", "g;2"});
  CHECK(named.names == std::vector<std::string>{"A", "B \"x\""});
  CHECK(named.values == Matrix<double>{{1, 3}, {2, 100}});

  const auto r_style = read_numeric_csv<double>(folder.write("r.csv",
                                                             "\"g1\" \"g2\"\n"
                                                             "\"A\" 1 2\n"),
                                                {.separator = ' ', .header = true, .index = true});
  CHECK(r_style.header == std::vector<std::string>{"g1", "g2"});
  CHECK(r_style.values == Matrix<double>{{1}, {2}});

  const auto truth = read_numeric_csv<float>(folder.write("b.csv", "True\tFalse\n0\t1\n"));
  CHECK(truth.values == Matrix<float>{{1, 0}, {0, 1}});

  const std::string path = folder.write("p.csv", "a,1\nb,2\nc,3\n");
  const auto placed = read_numeric_csv<double>(
      path, {.index = true, .place = [](Index, std::string_view name) { return 'c' - name[0]; }});
  CHECK(placed.values == Matrix<double>{{3, 2, 1}});

  const auto some =
      read_numeric_csv<double>(folder.write("s.csv", "1,x,3\n4,\"y,\n\",6\n"), {.skip = {0, 1, 0}});
  CHECK(some.values == Matrix<double>{{1, 4}, {3, 6}});
  CHECK(read_numeric_csv<double>(folder.write("e.csv", "\n\n\n")).values.size() == 0);
}

TEST_CASE("a missing value is an error or NaN, as asked", "[data]") {
  const TemporaryFolder folder("numeric");
  const std::string path = folder.write("a.csv", ",x,y\nc1,1,2\nc2,NA,\n");
  const NumericCsvOptions strict{.header = true, .index = true, .missing = {"NA"}};
  CHECK_THROWS_WITH(
      read_numeric_csv<double>(path, strict),
      path + ", line 3, column 2 (byte 15): column 'x': missing value 'NA', cell 'c2'");
  NumericCsvOptions relaxed = strict;
  relaxed.allow_missing = true;
  const auto read = read_numeric_csv<double>(path, relaxed);
  CHECK(read.missing == 2);
  CHECK(std::isnan(read.values(0, 1)));
  CHECK(std::isnan(read.values(1, 1)));
  relaxed.missing.clear();
  CHECK_THROWS_WITH(
      read_numeric_csv<double>(path, relaxed),
      path + ", line 3, column 2 (byte 15): column 'x': 'NA' is not a number, cell 'c2'");
  const std::string one = folder.write("one.csv", "1\n\"\"\n3\n");
  CHECK_THROWS_WITH(read_numeric_csv<double>(one),
                    one + ", line 2, column 1 (byte 2): missing value, cell number 2");
}

TEST_CASE("errors name file, line, column, byte, text and cell", "[data]") {
  const TemporaryFolder folder("numeric");
  const std::string bad = folder.write("bad.csv", "1.0,2.0\n3.0,4,0\n");
  CHECK_THROWS_WITH(
      read_numeric_csv<double>(bad),
      bad +
          ", line 2, column 1 (byte 8): the record, cell number 2 has 3 fields, the first one "
          "has 2");
  const std::string blank = folder.write("blank.csv", "1,2\n\n3,4\n");
  CHECK(has(message_of([&] { return read_numeric_csv<double>(blank); }), "has 1 fields"));
  const std::vector<std::string> cells{"AAA", "BBB"};
  const std::string text = folder.write("text.csv", "1.0,2.0\n3.0,abc\n");
  CHECK_THROWS_WITH(read_numeric_csv<float>(text, {.cell_names = &cells}),
                    text + ", line 2, column 2 (byte 12): 'abc' is not a number, cell 'BBB'");
  const std::string large = folder.write("large.csv", "1.0\n1e39\n");
  CHECK(read_numeric_csv<double>(large).values(0, 1) == 1e39);
  CHECK_THROWS_WITH(read_numeric_csv<float>(large),
                    large + ", line 2, column 1 (byte 4): '1e39' is not a number, cell number 2");
  const std::string lines = folder.write("lines.csv", "\"a\nb\",1\n\"c\nd\",1.2.3\n");
  CHECK_THROWS_WITH(read_numeric_csv<double>(lines, {.index = true}),
                    lines + ", line 3, column 2 (byte 14): '1.2.3' is not a number, cell 'c\nd'");
}
