// SPDX-License-Identifier: MIT
#include <string>

#include <cytode/data/numeric_csv.hpp>
#include <cytode/data/read_anndata.hpp>
#include <cytode/data/simulated_anndata.hpp>

#include "catch.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::laws;

namespace {

data::AnnData<float> write(const std::string& folder, const data::SimulationOptions& options) {
  const data::GeneCircuit circuit({.targets = 12, .seed = 3});
  const auto cells = data::simulate_snapshots(circuit, options);
  const auto a = data::simulated_anndata(circuit, cells, 6);
  data::write_anndata(folder, a, a.x, data::simulated_uns(cells));
  return a;
}

}  // namespace

TEST_CASE("simulated cells come back from an AnnData folder with their truth", "[data]") {
  const TemporaryFolder folder("simulated");
  const data::SimulationOptions options{.days = {0, 2.5}, .cells = 30, .seed = 8};
  const auto a = write(folder / "one", options);
  const auto read = data::read_anndata<double>(folder / "one");
  CHECK(read.obs.row_names == a.obs.row_names);
  CHECK(read.obs.column_names() ==
        std::vector<std::string>{"day", "fate", "fate_A_probability", "growth", "clone"});
  CHECK(read.obs.column("day").front() == "0.0");
  CHECK(read.obs.column("day").back() == "2.5");
  CHECK(read.var.row_names.back() == "Target12");
  CHECK(read.var.column_names() == std::vector<std::string>{"role", "mean"});
  CHECK(folder.read("one/uns/days.csv") == "0.0\n2.5\n");

  const Matrix<double> x =
      data::read_numeric_csv<double>(folder / "one/X.csv").values;  // genes × cells
  REQUIRE(x.rows() == 16);
  REQUIRE(x.cols() == 60);
  const auto mean_text = read.var.numbers("mean");
  const Vector<double> mean = Eigen::Map<const Vector<double>>(mean_text.data(), 16);
  const Matrix<double>& loadings = read.varm.at("PCs");  // components × genes
  // Floats of up to 8 units, sums of 16 of them.
  CHECK((loadings * (x.colwise() - mean) - read.obsm.at("X_pca")).cwiseAbs().maxCoeff() < 1e-5);
  CHECK((loadings * read.obsm.at("velocity_true") - read.obsm.at("velocity_true_pca"))
            .cwiseAbs()
            .maxCoeff() < 1e-5);
  CHECK((x.rowwise().mean() - mean).cwiseAbs().maxCoeff() < 1e-6);

  write(folder / "two", options);
  for (const auto* file : {"X.csv", "obs.csv", "var.csv", "obsm.csv", "varm.csv"}) {
    CHECK(folder.read(std::string("one/") + file) == folder.read(std::string("two/") + file));
  }
}
