// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <cytode/data/csv_writer.hpp>
#include <cytode/data/read_anndata.hpp>
#include <cytode/data/table.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::data;
using namespace cytode::laws;
using Texts = std::vector<std::string>;

TEST_CASE("tables: where the names of rows are found", "[data]") {
  const TemporaryFolder folder("table");
  const auto read = [&](std::string_view text, const TableOptions& options = {}) {
    return read_table(folder.write("t.csv", text), options);
  };
  const Table plain = read(",day,batch\nA,0,x\nB,1,\n");
  CHECK(plain.row_names == Texts{"A", "B"});
  CHECK(plain.column_names() == Texts{"day", "batch"});
  CHECK(plain.column("batch") == Texts{"x", ""});
  CHECK(plain.notes.empty());
  CHECK(plain.lines == std::vector<long long>{2, 3});

  CHECK(read("\"day\"\n\"A\",\"0\"\n").row_names == Texts{"A"});  // R leaves the corner out
  const Table named = read("cell_id;day\nA;0\nB;0\n");
  CHECK(named.row_names == Texts{"A", "B"});
  CHECK(named.index_name == "cell_id");
  CHECK(has(named.notes.at(0), "took the first column 'cell_id'"));
  CHECK_FALSE(read("day,batch\n0,x\n1,y\n").has_names());
  CHECK_FALSE(read("batch,day\nx,0\nx,1\n").has_names());
  CHECK(read("day,batch\n0,x\n1,y\n", {.index = Presence::yes}).row_names == Texts{"0", "1"});
  CHECK_FALSE(read("cell,day\nA,0\nB,0\n", {.index = Presence::no}).has_names());
  CHECK(read("day\n1\nNA\n", {.missing = {"NA"}}).column("day") == Texts{"1", ""});

  const Table bare = read("\"\"\nA\nB\n");
  CHECK(bare.row_names == Texts{"A", "B"});
  CHECK(bare.columns.empty());
  const Table gaps = read("day\n1\n\"\"\n3\n", {.index = Presence::no});
  CHECK(gaps.column("day") == Texts{"1", "", "3"});
  const Table nothing = read("\n\n\n\n");
  CHECK(nothing.rows == 3);
  CHECK(nothing.columns.empty());
}

TEST_CASE("tables: errors and notes", "[data]") {
  const TemporaryFolder folder("table");
  const std::string path = folder.write("t.csv", ",day,day\nA,0,1\nA,\"1\n2\",x\n");
  const Table t = read_table(path);
  REQUIRE(t.notes.size() == 2);
  CHECK(t.notes[0] ==
        path + ": 1 of the row names occurs more than once, for instance 'A'; their order is kept");
  CHECK(has(t.notes[1], "1 of the column names"));
  CHECK_THROWS_WITH(t.column("dya"), "Table::column: no column 'dya' in " + path +
                                         "; did you mean 'day'? There are: 'day', 'day'");
  CHECK_THROWS_AS(t.column("dya"), std::invalid_argument);
  CHECK(has(message_of([&] { return t.numbers("day"); }),
            path + ", line 3, column 'day', row 'A': '1\n2' is not a number"));
  const std::string length = folder.write("l.csv", ",a,b\nA,0,1\nB,1\n");
  CHECK_THROWS_WITH(read_table(length), length +
                                            ", line 3, column 1 (byte 11): the record has 2 "
                                            "fields, the header has 3");
  CHECK(has(message_of([&] { return read_table(folder.write("e.csv", "")); }), "is empty"));
  CHECK(has(message_of([&] { return read_table(folder.write("h.csv", "a,b\n1,2\n\n3,4\n")); }),
            "a record after 1 empty lines"));
}

TEST_CASE("a table written is the table read", "[data]") {
  const TemporaryFolder folder("table");
  const std::string text =
      "cell,a b,\"c,d\"\nA,\"x\"\"y\",\"1\n2\"\n\"B,2\", lead,trail \n\"C\r\",#h,é\n";
  const std::string path = folder.write("t.csv", text);
  write_table(folder / "u.csv", read_table(path));
  CHECK(folder.read("u.csv") == text);
  const std::string one = folder.write("one.csv", "day\n1\n\"\"\n");
  write_table(folder / "u.csv", read_table(one, {.index = Presence::no}));
  CHECK(folder.read("u.csv") == "day\n1\n\"\"\n");
  CHECK_THROWS_AS(write_table(folder / "no/u.csv", read_table(path)), std::runtime_error);
}

TEMPLATE_TEST_CASE("a matrix written reads back to the last bit", "[data]", float, double) {
  using S = TestType;
  const TemporaryFolder folder("table");
  const Matrix<S> m{{S(0.1), S(-1e-7)}, {S(1) / 3, std::numeric_limits<S>::max()}};
  write_matrix(folder / "m.csv", {"a", "b,c"}, numbered("X_velocity", 2), m);
  CHECK(has(folder.read("m.csv"), ",X_velocity1,X_velocity2\na,0.1,0.33333"));
  const auto a = read_anndata<S>(folder / "m.csv");
  CHECK(a.x == m);
  CHECK(a.obs.row_names == Texts{"a", "b,c"});
  CHECK(a.var.row_names == numbered("X_velocity", 2));
  CHECK_THROWS_WITH(write_matrix(folder / "m.csv", {"a"}, numbered("x", 2), m),
                    "write_matrix: there are 2 cells and 1 names");
}
