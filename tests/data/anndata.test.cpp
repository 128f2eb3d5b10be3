// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <cytode/data/column_groups.hpp>
#include <cytode/data/read_anndata.hpp>
#include <cytode/data/read_x.hpp>
#include <cytode/data/write_anndata.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::data;
using namespace cytode::laws;
using Texts = std::vector<std::string>;

namespace {

const std::string fixtures = std::string(CYTODE_FIXTURES) + "/data/";

bool any_has(const Texts& notes, std::string_view part) {
  for (const std::string& note : notes) {
    if (has(note, part)) return true;
  }
  return false;
}

/// A folder with the given files.
AnnData<double> read(const TemporaryFolder& folder, std::string_view obs, std::string_view obsm,
                     std::string_view x = "", const AnnDataOptions& options = {}) {
  folder.write("obs.csv", obs);
  folder.write("obsm.csv", obsm);
  folder.write("var.csv", ",mean\ng1,1\ng2,2\ng3,3\n");
  if (!x.empty()) folder.write("X.csv", x);
  return read_anndata<double>(folder.path(), options);
}

}  // namespace

TEMPLATE_TEST_CASE("the export with every edge case in it is read as documented", "[data]", float,
                   double) {
  using S = TestType;
  if (std::string(CYTODE_DATA).empty()) {
    WARN("skipped: CYTODE_DATA is not set");
    return;
  }
  const auto a = read_anndata<S>(std::string(CYTODE_DATA) + "/awkward");
  CHECK(a.notes.empty());
  CHECK(a.cells() == 12);
  CHECK(a.obs.row_names[3] == "cell,3");
  CHECK(a.obs.column_names() == Texts{"day", "cell type", "score", "passed", "batch", "note", "n"});
  CHECK(a.obs.column("cell type")[0] == "T cell, CD4+");
  CHECK(a.obs.column("cell type")[1] == "B \"naive\"");
  CHECK(a.obs.column("cell type")[3] == "line\nbreak");
  CHECK(a.obs.column("note") ==
        Texts{"", "NA", "a,b", "'q'", "", "é", "x", "y", " lead", "trail ", "#hash", "0012"});
  CHECK(a.obs.lines[4] == 7);  // behind a record of two lines
  const auto score = a.obs.numbers("score");
  CHECK(std::isnan(score[0]));
  CHECK(score[3] == std::numeric_limits<double>::infinity());
  CHECK(score[5] == 1e-12);
  CHECK(a.obs.numbers("passed")[1] == 0);
  CHECK(std::isnan(a.obs.numbers("n")[1]));
  CHECK(a.var.row_names == Texts{"Gfap", "βIII-tubulin", "HLA-A,B", "基因", "1-Mar"});
  REQUIRE(a.obsm.size() == 2);
  CHECK(a.obsm.at("X_pca").rows() == 3);
  CHECK(a.obsm.at("X_pca")(1, 0) == S(-0.00539956));
  CHECK(a.obsm.at("X_umap")(1, 0) == S(-0.845497));
  CHECK(a.varm.empty());  // empty lines only
  CHECK(a.uns == Texts{"day_colors", "matrix", "pca", "scalar", "table", "title"});
  CHECK(read_uns(a, "title") == std::vector<Texts>{{"héllo, world"}});
  CHECK(read_uns(a, "table") == std::vector<Texts>{{"1", "x"}, {"2", "y,z"}});
  CHECK(read_uns_numbers(a, "matrix") == Matrix<S>::Identity(2, 2));
  CHECK(read_uns_numbers(a, "scalar")(0, 0) == S(3.5));
  CHECK(has(message_of([&] { return read_uns(a, "titel"); }), "did you mean 'title'"));
  const Matrix<S> x = read_x(a);
  CHECK(x.rows() == 5);
  CHECK(x.cols() == 12);
  CHECK(x(0, 0) == S(1e-7));
  CHECK(x(1, 1) == S(123456));
}

TEMPLATE_TEST_CASE("an export by anndata is read and written back byte by byte", "[data]", float,
                   double) {
  using S = TestType;
  const std::string source = fixtures + (sizeof(S) == 4 ? "float32" : "float64");
  const auto a = read_anndata<S>(source);
  CHECK(a.obsm.at("X_pca").rows() == 11);
  CHECK(a.obsm.at("X_scVI_v2").rows() == 3);
  CHECK(a.varm.at("PCs").rows() == 11);
  CHECK(a.varm.at("PCs").cols() == 4);
  CHECK(a.unreadable.empty());
  CHECK(a.obs.column("note") ==
        Texts{"a,b", "say \"hi\"", "two\nlines", "", " pad ", "NA", "#x", "é", ""});
  const Matrix<S> x = read_x(a);
  CHECK(x(1, 1) == std::numeric_limits<S>::infinity());
  CHECK(x(2, 2) == -std::numeric_limits<S>::infinity());
  CHECK(x.rowwise().mean()(0) == Approx(a.var.numbers("mean")[0]));  // as numpy had it
  UnsRecords uns;
  for (const std::string& key : a.uns) uns[key] = read_uns(a, key);
  const TemporaryFolder folder("anndata");
  write_anndata(folder / "deep/copy", a, x, uns);
  for (const char* file : {"obs.csv", "var.csv", "obsm.csv", "varm.csv", "X.csv",
                           "uns/variance.csv", "uns/colors.csv"}) {
    CAPTURE(file);
    CHECK(folder.read(std::string("deep/copy/") + file) == read_bytes(source + "/" + file));
  }
}

TEST_CASE("tables without columns, one column with gaps", "[data]") {
  const auto bare = read_anndata<float>(fixtures + "bare");
  CHECK(bare.obs.row_names.size() == 3);
  CHECK(bare.obs.columns.empty());
  CHECK(bare.obsm.empty());
  CHECK(bare.uns.empty());
  const TemporaryFolder folder("anndata");
  write_anndata(folder.path(), bare, read_x(bare));
  for (const char* file : {"obs.csv", "var.csv", "obsm.csv", "varm.csv", "X.csv"}) {
    CHECK(folder.read(file) == read_bytes(fixtures + "bare/" + file));
  }
  const auto one = read_anndata<double>(fixtures + "one_column");
  CHECK(std::isnan(one.obsm.at("X_one")(0, 1)));
  CHECK(one.obsm.at("X_one")(0, 2) == 3);
  CHECK(any_has(one.notes, "1 missing values"));
  CHECK_THROWS_WITH(read_x(one), fixtures +
                                     "one_column/X.csv, line 2, column 1 (byte 4): missing value, "
                                     "cell 'AAAC1-1'");
}

TEST_CASE("semicolons and names that occur twice", "[data]") {
  const auto a = read_anndata<double>(fixtures + "semicolon");
  CHECK(a.obs.row_names == Texts{"a", "b", "a", "c,d"});
  CHECK(a.obs.column("day") == Texts{"0", "0", "1", "1"});
  CHECK(any_has(a.notes, "obs.csv: 1 of the row names occurs more than once, for instance 'a'"));
  CHECK(any_has(a.notes, "var.csv: 1 of the row names occurs more than once, for instance 'g'"));
  CHECK(read_x(a).cols() == 4);
}

TEST_CASE("columns are grouped while their numbers run 1, 2, 3", "[data]") {
  const auto keys = [](const Texts& names) {
    Texts found;
    for (const ColumnGroup& g : group_columns(names)) {
      found.push_back(g.key + ":" + std::to_string(g.columns.size()) +
                      (g.problem.empty() ? "" : "!"));
    }
    return found;
  };
  CHECK(keys({"X_pca1", "X_pca2", "X_umap1", "X_umap2"}) == Texts{"X_pca:2", "X_umap:2"});
  CHECK(keys({"X_scVI_v21", "X_scVI_v22"}) == Texts{"X_scVI_v2:2"});
  CHECK(keys({"X_pca1", "X_pca2", "X_pca11", "X_pca12"}) == Texts{"X_pca:2", "X_pca1:2"});
  CHECK(keys({"a11", "a12", "a13"}) == Texts{"a1:3"});
  Texts many;
  for (int i = 1; i <= 21; ++i) many.push_back("X_scVI_v" + std::to_string(i));
  CHECK(keys(many) == Texts{"X_scVI_v:21"});
  CHECK(keys({"x", "y"}) == Texts{"x:1", "y:1"});
  CHECK(keys({"u1", "u2", "u_mean", "u_x1"}) == Texts{"u:2", "u_mean:1", "u_x:1"});
  CHECK(keys({"X_pca1", "X_pca2", "b1", "X_pca3"}) == Texts{"X_pca:2!", "b:1"});
}

TEST_CASE("colliding keys and DataFrames in obsm are explained", "[data]") {
  const auto a = read_anndata<double>(fixtures + "collision");
  CHECK(has(a.unreadable.at("obsm/X_pca"),
            "column 'X_pca12' stands apart from 'X_pca1' to "
            "'X_pca11': two keys"));
  CHECK(a.obsm.at("X_pbc")(0, 1) == 2);
  CHECK(a.obsm.at("X_pca_harmony")(1, 3) == 7);
  const auto frame = read_anndata<double>(fixtures + "dataframe");
  CHECK(has(frame.unreadable.at("obsm/frame"), "the entry was a DataFrame"));
  CHECK(frame.obsm.at("X_pca") == Matrix<double>::Ones(2, 4));
}

TEST_CASE("a table that uns wrote over is noticed", "[data]") {
  CHECK_THROWS_WITH(read_anndata<double>(fixtures + "replaced"),
                    fixtures + "replaced/obsm.csv has 2 rows, " + fixtures +
                        "replaced/obs.csv has 4 (an entry of uns named 'obsm' is written over "
                        "obsm.csv)");
}

TEST_CASE("header and names in X are found out, rows joined by name", "[data]") {
  const TemporaryFolder folder("anndata");
  const std::string obs = ",day\nA,0\nB,1\n", obsm = "\n\n\n";
  const Matrix<double> truth{{1, 4}, {2, 5}, {3, 6}};
  const auto x = [&](std::string_view text, const AnnDataOptions& options = {}) {
    return read_x(read(folder, obs, obsm, text, options));
  };
  CHECK(x("1,2,3\n4,5,6\n") == truth);
  CHECK(x("\xEF\xBB\xBF"
          "1,2,3\r\n4,5,6") == truth);
  CHECK(x(",g1,g2,g3\nA,1,2,3\nB,4,5,6\n") == truth);
  CHECK(x(",g3,g1,g2\nB,6,4,5\nA,3,1,2\n") == truth);
  CHECK(x("g1,g2,g3\n1,2,3\n4,5,6\n") == truth);
  CHECK(x("B,4,5,6\nA,1,2,3\n") == truth);
  CHECK(x(",0,1,2\n0,1,2,3\n1,4,5,6\n") == truth);
  CHECK(x("\"g1\",\"g2\",\"g3\"\n\"A\",1,2,3\n\"B\",4,5,6\n") == truth);  // R
  const std::string sizes = folder.path() + "/X.csv has 3 records of 2 fields, " + folder.path() +
                            "/obs.csv has 2 cells, " + folder.path() + "/var.csv has 3 genes";
  CHECK_THROWS_WITH(x("1,4\n2,5\n3,6\n"),
                    sizes + ": X is transposed, wanted one record a cell; write its transpose");
  CHECK(has(message_of([&] { return x("1,2,3\n4,5,6\n7,8,9\n1,2,3\n"); }),
            "X.csv has 4 records of 3 fields, "));
  CHECK(has(message_of([&] { return x("1,2,3\n4,5,6\n", {.x_header = Presence::yes}); }),
            "does not fit"));
  CHECK(has(message_of([&] { return x(",g1,g2,g3\nA,1,2,3\nC,4,5,6\n"); }),
            "record 2, name 'C': " + folder.path() + "/obs.csv has no row of that name"));
  CHECK(has(message_of([&] { return x(",g1,g2,g3\nA,1,2,3\nA,4,5,6\n"); }), "has come before"));
  // A square one: only the names can tell.
  folder.write("sq/obs.csv", ",d\nA,0\nB,1\n");
  folder.write("sq/var.csv", "\"\"\ng1\ng2\n");
  folder.write("sq/X.csv", ",A,B\ng1,1,2\ng2,3,4\n");
  CHECK(has(message_of([&] { return read_x(read_anndata<double>(folder / "sq")); }),
            "the header holds names of cells ('A'): X is transposed"));
}

TEST_CASE("embeddings with names are joined by name, positions by order", "[data]") {
  const TemporaryFolder folder("anndata");
  const std::string obs = ",day\nA,0\nB,1\n";
  const auto named = read(folder, obs, ",u1,u2\nB,3,4\nA,1,2\n");
  CHECK(named.obsm.at("u") == Matrix<double>{{1, 3}, {2, 4}});
  CHECK(any_has(named.notes, "by name"));
  const auto ordered = read(folder, obs, ",u1,u2\n0,1,2\n1,3,4\n");
  CHECK(ordered.obsm.at("u") == Matrix<double>{{1, 3}, {2, 4}});
  CHECK(any_has(ordered.notes, "by order"));
  CHECK(has(message_of([&] { return read(folder, obs, "u1\n1\n2\n3\n"); }),
            "obsm.csv has 3 rows, " + folder.path() + "/obs.csv has 2"));
  CHECK(has(message_of([&] { return read(folder, obs, "u1\n1\nx\n"); }),
            "obsm.csv, line 3, column 1 (byte 5): column 'u1': 'x' is not a number, cell 'B'"));
  const auto text = read(folder, obs, "u1,w1\nx,1\ny,2\n");
  CHECK(has(text.unreadable.at("obsm/u"), "line 2, column 1 ('u1'): 'x' is not a number"));
  CHECK(text.obsm.at("w") == Matrix<double>{{1, 2}});
}

TEST_CASE("the labelled file and its companions", "[data]") {
  for (const char* file : {"labelled.csv", "labelled.tsv"}) {
    const auto a = read_anndata<float>(fixtures + file);
    CHECK(a.obs.row_names == Texts{"AAAC0-1", "AAAC1-1", "AAAC2-1", "AAAC3-1", "AAAC4-1"});
    CHECK(a.var.row_names == Texts{"gene0", "gene1", "gene2"});
    CHECK(a.x(2, 0) == 41809.883f);
    CHECK(read_x(a) == a.x);
  }
  const auto by_name =
      read_anndata<double>(fixtures + "labelled.csv", {.obs = fixtures + "labelled_obs.csv"});
  CHECK(by_name.obs.column("day") == Texts{"0", "0.0", "3d", "3", "7"});
  CHECK(any_has(by_name.notes, "labelled.csv by name"));
  const auto by_order =
      read_anndata<double>(fixtures + "unnamed.csv", {.obs = fixtures + "unnamed_obs.csv"});
  CHECK(by_order.obs.column("day") == Texts{"0", "0.0", "3d", "3", "7"});
  CHECK(any_has(by_order.notes, "unnamed.csv by order"));
  CHECK(by_order.x == by_name.x);

  const TemporaryFolder folder("anndata");
  const std::string x = folder.write("x.csv", ",g1,g2\nA,1,2\nB,3,4\n");
  CHECK(has(message_of([&] {
              return read_anndata<double>(x, {.obs = folder.write("o.csv", "day\n0\n1\n2\n")});
            }),
            "o.csv has 3 rows, " + x + " has 2 cells"));
  CHECK(has(message_of([&] {
              return read_anndata<double>(x, {.obs = folder.write("o.csv", ",day\nA,0\nC,1\n")});
            }),
            "name 'B': " + (folder / "o.csv") + " has no row of that name"));
  const auto more =
      read_anndata<double>(x, {.obs = folder.write("o.csv", ",day\nC,7\nB,1\nA,0\n")});
  CHECK(more.obs.column("day") == Texts{"0", "1"});
  CHECK(any_has(more.notes, "1 rows have no cell"));
}

TEST_CASE("annotation inside the labelled file; ambiguous files", "[data]") {
  const TemporaryFolder folder("anndata");
  const auto path = folder.write("x.csv", "samples,x1,kind,x2\n0,1,\"a,b\",2\n1,3,c,4\n");
  const auto a = read_anndata<double>(path, {.obs_columns = {"samples"}});
  CHECK(a.x == Matrix<double>{{1, 3}, {2, 4}});
  CHECK(a.var.row_names == Texts{"x1", "x2"});
  CHECK(a.obs.column("samples") == Texts{"0", "1"});
  CHECK(a.obs.column("kind") == Texts{"a,b", "c"});
  CHECK(any_has(a.notes, "column 'kind' holds text ('a,b')"));
  CHECK(read_anndata<double>(folder.write("b.csv", "1.5,2\n3,4\n")).x ==
        Matrix<double>{{1.5, 3}, {2, 4}});
  const std::string ambiguous = folder.write("c.csv", "0,1,2\n3,4,5\n");
  CHECK(has(message_of([&] { return read_anndata<double>(ambiguous); }), "Say so with x_header"));
  CHECK(read_anndata<double>(ambiguous, {.x_header = Presence::no}).x.cols() == 2);
  CHECK(read_anndata<double>(ambiguous, {.x_header = Presence::yes}).x.cols() == 1);
  CHECK(
      has(message_of([&] { return read_anndata<double>(folder.write("d.csv", ",g\nA,1\nB,\n")); }),
          "d.csv, line 3, column 2 (byte 9): column 'g': missing value, cell 'B'"));
}

TEST_CASE("what is not there is named, with its neighbours", "[data]") {
  const TemporaryFolder folder("anndata");
  folder.write("embryoid/obs.csv", ",day\nA,0\n");
  CHECK_THROWS_WITH(read_anndata<float>(folder / "embroid/"),
                    "read_anndata: no file or folder '" + (folder / "embroid") +
                        "'; did you mean 'embryoid'? There are: 'embryoid'");
  CHECK_THROWS_AS(read_anndata<float>(folder / "embroid/"), std::invalid_argument);
  CHECK(has(message_of([&] { return read_anndata<float>(folder / "none/x"); }), "/none'"));
  CHECK(has(message_of([&] { return read_anndata<float>(folder.path()); }),
            "no obs.csv in folder '" + folder.path() + "', wanted what adata.write_csvs("));
  CHECK_THROWS_AS(read_anndata<float>(folder / "embryoid", {.obs = "o.csv"}),
                  std::invalid_argument);
  const auto a = read_anndata<float>(folder / "embryoid");
  CHECK(any_has(a.notes, "no var.csv"));
  CHECK(has(message_of([&] { return read_x(a); }), "skip_data=False"));
}
