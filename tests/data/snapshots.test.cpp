// SPDX-License-Identifier: MIT
#include <cmath>
#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/data/read_anndata.hpp>
#include <cytode/data/split.hpp>
#include <cytode/data/standardizer.hpp>
#include <cytode/data/take_snapshots.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::data;
using namespace cytode::laws;
using Texts = std::vector<std::string>;

namespace {

const std::string fixtures = std::string(CYTODE_FIXTURES) + "/data/";

/// An export with the given texts in the column 'day' and an embedding X_pca of two features.
AnnData<double> with_days(const TemporaryFolder& folder, const Texts& days,
                          const std::string& bad = "") {
  std::string obs = ",day,batch\n", obsm = "X_pca1,X_pca2\n";
  for (std::size_t i = 0; i < days.size(); ++i) {
    obs += "c" + std::to_string(i) + "," + days[i] + ",b\n";
    obsm += std::to_string(i) + "," + (i == 1 && !bad.empty() ? bad : "0.5") + "\n";
  }
  folder.write("obs.csv", obs);
  folder.write("obsm.csv", bad == "-" ? std::string("X_pca1,X_pca2\n") : obsm);
  return read_anndata<double>(folder.path());
}

template <class S>
Snapshots<S> four_times() {
  std::vector<Snapshot<S>> list;
  for (const double t : {3., 0., 1., 2.}) {
    const auto shift = static_cast<S>(t);
    list.push_back({t, "day_" + std::to_string(int(t)), Matrix<S>{{shift, shift + 2}, {1, 5}}, {}});
  }
  return Snapshots<S>(std::move(list));
}

}  // namespace

TEMPLATE_TEST_CASE("snapshots of an export", "[data]", float, double) {
  using S = TestType;
  const auto a = read_anndata<S>(fixtures + (sizeof(S) == 4 ? "float32" : "float64"));
  const auto s = snapshots(a, {.time = "hour", .dims = 2});
  CHECK(s.times() == std::vector<double>{0, 8, 24});
  CHECK(s.labels() == Texts{"0.0", "8.0", "24.0"});
  CHECK(s.features() == 2);
  CHECK(s.cells() == 8);
  CHECK(s[1].rows == std::vector<Index>{3, 4, 5});
  CHECK(s[1].cells.col(2) == a.obsm.at("X_pca").col(5).head(2));
  CHECK(s.notes() ==
        Texts{"1 of 9 cells have no time in column 'hour' of " + a.obs.file + " and are left out"});
  const auto days = snapshots(a, {.time = "day"});
  CHECK(days.labels() == Texts{"Day 00-01", "Day 02", "Day 10"});  // by number, not by letters
  CHECK(days.times() == std::vector<double>{0, 2, 10});
  CHECK(days.features() == 11);
  const auto mapped =
      snapshots(a, {.time = "day", .time_values = {{"Day 10", -1}, {"Day 00-01", 0.5}}});
  CHECK(mapped.labels() == Texts{"Day 10", "Day 00-01", "Day 02"});
  CHECK(has(message_of([&] { return snapshots(a, {.time = "hour", .basis = "X"}); }),
            "('gene1'), cell 'AAAC1-1': the coordinate is infinite"));
}

TEMPLATE_TEST_CASE("snapshots of an export that is given away are the same", "[data]", float,
                   double) {
  // Three days in disorder, one cell without a time.
  AnnData<TestType> a;
  a.path = a.obs.file = "obs.csv";
  const std::vector<std::string> days{"2", "0", "", "1", "2", "1", "0", "2", "0"};
  a.obs.columns.push_back({"day", days});
  a.obs.rows = static_cast<Index>(days.size());
  Matrix<TestType> cells(2, a.obs.rows);
  Stream(1).fill_normal(0, cells.data(), cells.size());
  const bool genes = GENERATE(false, true);
  (genes ? a.x : a.obsm["X_pca"]) = cells;
  const SnapshotOptions options{.time = "day", .basis = genes ? "X" : "X_pca"};
  const auto kept = snapshots(a, options);
  const auto moved = snapshots(std::move(a), options);
  CHECK(moved.times() == kept.times());
  CHECK(moved.labels() == kept.labels());
  CHECK(moved.notes() == kept.notes());
  REQUIRE(moved.size() == kept.size());
  for (Index k = 0; k < kept.size(); ++k) {
    CHECK(moved[k].rows == kept[k].rows);
    CHECK(moved[k].cells == kept[k].cells);
  }
  const auto scaling = Standardizer::fit(kept);
  const auto copied = scaling.apply(kept);
  auto given = kept;
  const auto in_place = scaling.apply(std::move(given));
  for (Index k = 0; k < kept.size(); ++k) {
    CHECK((in_place[k].cells - copied[k].cells).norm() <= 1e-6 * copied[k].cells.norm());
    CHECK(in_place[k].rows == copied[k].rows);
  }
}

TEST_CASE("snapshots of the labelled file take the genes", "[data]") {
  const auto a =
      read_anndata<double>(fixtures + "labelled.csv", {.obs = fixtures + "labelled_obs.csv"});
  const auto s =
      snapshots(a, {.time = "day", .basis = "X", .time_values = {{"0", 0}, {"3", 3}, {"7", 7}}});
  CHECK(s.times() == std::vector<double>{0, 3, 7});  // "0" and "0.0", "3d" and "3" are one time
  CHECK(s[0].rows == std::vector<Index>{0, 1});
  CHECK(s[2].cells.col(0) == a.x.col(4));
}

TEST_CASE("snapshots say what is wrong and what there is", "[data]") {
  const TemporaryFolder folder("snapshots");
  const auto say = [&](const Texts& days, const SnapshotOptions& options,
                       const std::string& bad = "") {
    return message_of([&] { return snapshots(with_days(folder, days, bad), options); });
  };
  const std::string obs = folder / "obs.csv";
  CHECK(say({"0", "1"}, {.time = "dya"}) == "snapshots: no time column 'dya' in " + obs +
                                                "; did you mean 'day'? There are: 'day', 'batch'");
  CHECK(say({"0", "1"}, {.time = "day", .basis = "X_pac"}) ==
        "snapshots: no basis 'X_pac' in " + folder.path() +
            "; did you mean 'X_pca'? There are: 'X_pca', 'X'");
  CHECK(say({"0", "1"}, {.time = "day", .dims = 3}) == "snapshots: dims is 3, basis 'X_pca' has 2");
  CHECK(say({"0", "1"}, {.time = "day", .dims = -1}) ==
        "snapshots: dims is -1, basis 'X_pca' has 2");
  CHECK(say({"0", "0.0"}, {.time = "day"}) ==
        "snapshots: column 'day' of " + obs + " has 1 time point, wanted two or more");
  CHECK(say({"", ""}, {.time = "day"}) ==
        "snapshots: column 'day' of " + obs + " has 0 time points, wanted two or more");
  CHECK(has(say({"0", "late"}, {.time = "day"}),
            obs + ", line 3, column 'day', row 'c1': 'late' is no time; give the time"));
  CHECK(say({"0", "1"}, {.time = "day"}, "\"\"") ==
        folder.path() +
            "/obsm.csv, line 3, column 2 ('X_pca2'), cell 'c1': the coordinate is missing");
  CHECK(has(say({"0", "1"}, {.time = "day"}, "-inf"), "cell 'c1': the coordinate is infinite"));
  CHECK(say({"0", "1"}, {.time = "day", .dims = 1}, "inf").empty());  // not among those taken
  CHECK(say({"0", "", "1"}, {.time = "day"}, "inf").empty());         // a cell left out
  const auto broken = read_anndata<double>(fixtures + "dataframe");
  CHECK(has(message_of([&] { return snapshots(broken, {.time = "day", .basis = "frame"}); }),
            "snapshots: obsm 'frame' cannot be used: it holds cell names"));
}

TEMPLATE_TEST_CASE("snapshots are sorted and checked", "[data]", float, double) {
  using S = TestType;
  const auto all = four_times<S>();
  CHECK(all.times() == std::vector<double>{0, 1, 2, 3});
  CHECK(all.find("day_2") == 2);
  CHECK(all.find("2.0") == 2);
  CHECK_THROWS_WITH(all.find("day_7"),
                    "Snapshots::find: no time point 'day_7'; did you mean 'day_0'? There are: "
                    "'day_0', 'day_1', 'day_2', 'day_3'");
  using List = std::vector<Snapshot<S>>;
  const Matrix<S> one = Matrix<S>::Ones(2, 1);
  CHECK_THROWS_AS(Snapshots<S>(List{}), std::invalid_argument);
  CHECK_THROWS_AS(Snapshots<S>(List{{0, "a", one, {}}, {0, "b", one, {}}}), std::invalid_argument);
  CHECK_THROWS_AS(Snapshots<S>(List{{0, "a", one, {}}, {1, "b", Matrix<S>::Ones(3, 1), {}}}),
                  std::invalid_argument);
  CHECK_THROWS_WITH(Snapshots<S>(List{{0, "a", Matrix<S>(2, 0), {}}}),
                    "Snapshots: time point 'a' is empty (2 x 0)");
}

TEMPLATE_TEST_CASE("times held out are in no way in the training part", "[data]", float, double) {
  using S = TestType;
  const auto all = four_times<S>();
  const Split<S> split = leave_out(all, {"2", "day_1", "2.0"});
  CHECK(split.train.times() == std::vector<double>{0, 3});
  REQUIRE(split.held_out.size() == 2);
  CHECK(split.held_out[0].time == 1);
  CHECK(split.held_out[1].cells == all[2].cells);
  // Changing what is held out changes nothing that is fitted to the rest.
  std::vector<Snapshot<S>> list(all.begin(), all.end());
  list[1].cells *= 1000;
  list[2].cells.setConstant(7);
  const Split<S> other = leave_out(Snapshots<S>(list), {"1", "2"});
  const auto a = Standardizer::fit(split.train), b = Standardizer::fit(other.train);
  CHECK(a.mean() == b.mean());
  CHECK(a.scale() == b.scale());
  CHECK_THROWS_WITH(leave_out(all, {"0"}),
                    "leave_out: time point '0' is the first one, wanted one between 'day_0' and "
                    "'day_3'");
  CHECK(has(message_of([&] { return leave_out(all, {"3"}); }), "is the last one"));
  CHECK(has(message_of([&] { return leave_out(all, {"9"}); }), "no time point '9'"));
  CHECK_THROWS_AS(leave_out(all, {}), std::invalid_argument);
}

TEMPLATE_TEST_CASE("one scale keeps the proportions of distances", "[data]", float, double) {
  using S = TestType;
  const auto all = four_times<S>();
  const auto scaler = Standardizer::fit_one_scale(all);
  CHECK(scaler.mean() == Standardizer::fit(all).mean());
  const double scale = std::sqrt((1.5 * 1.5 + 2 * 2) / 2);  // deviations 1.5 and 2, see below
  CHECK(scaler.scale()[0] == Approx(scale));
  CHECK(scaler.scale()[1] == scaler.scale()[0]);
  std::vector<Snapshot<S>> constant;  // a feature that is the same in every cell does no harm
  constant.push_back({0, "a", Matrix<S>{{0, 2}, {7, 7}}, {}});
  constant.push_back({1, "b", Matrix<S>{{0, 2}, {7, 7}}, {}});
  CHECK(Standardizer::fit_one_scale(Snapshots<S>(constant)).scale()[0] == Approx(std::sqrt(0.5)));
  for (auto& s : constant) s.cells.setConstant(3);
  CHECK_THROWS_AS(Standardizer::fit_one_scale(Snapshots<S>(constant)), std::invalid_argument);
}

TEMPLATE_TEST_CASE("standardizing: mean 0, deviation 1, and back", "[data]", float, double) {
  using S = TestType;
  const auto all = four_times<S>();
  const auto scaler = Standardizer::fit(all);
  // Feature 0 holds 0,2, 1,3, 2,4, 3,5; feature 1 holds four times 1,5: by hand.
  CHECK(scaler.mean() == Eigen::Vector2d(2.5, 3));
  CHECK(scaler.scale()[0] == Approx(1.5));
  CHECK(scaler.scale()[1] == Approx(2));
  const Matrix<S> x{{4, 1}, {3, 7}}, z = scaler.apply(x);
  const S eps = 4 * std::numeric_limits<S>::epsilon();  // a few roundings of numbers near 1
  CHECK(z.isApprox(Matrix<S>{{1, -1}, {0, 2}}, eps));
  CHECK(scaler.invert(z).isApprox(x, eps));
  CHECK(scaler.apply_velocity(x).isApprox(Matrix<S>{{S(8) / 3, S(2) / 3}, {S(1.5), S(3.5)}}, eps));
  CHECK(scaler.invert_velocity(scaler.apply_velocity(x)).isApprox(x, eps));
  CHECK(scaler.apply(all)[3].cells == scaler.apply(all[3].cells));
  CHECK(scaler.apply(all).labels() == all.labels());
  CHECK_THROWS_AS(scaler.apply(Matrix<S>(3, 1)), std::invalid_argument);

  // Far from zero the deviation must not drown, which it does in one pass.
  std::vector<Snapshot<S>> far;
  far.push_back({0, "a", Matrix<S>{{S(10000), S(10001)}}, {}});
  far.push_back({1, "b", Matrix<S>{{S(10000), S(10001)}}, {}});
  CHECK(Standardizer::fit(Snapshots<S>(far)).scale()[0] == Approx(0.5));
  for (auto& s : far) s.cells.setConstant(S(0.1));
  CHECK_THROWS_WITH(Standardizer::fit(Snapshots<S>(far)),
                    "Standardizer::fit: feature 0 (counted from 0) is 0.1 in every cell and cannot "
                    "be scaled; leave it out");
  far[1].cells(0, 0) = std::numeric_limits<S>::quiet_NaN();
  CHECK(has(message_of([&] { return Standardizer::fit(Snapshots<S>(far)); }), "not finite"));
}

TEST_CASE("the scaling published with real data is the one fitted", "[data]") {
  if (std::string(CYTODE_DATA).empty()) {
    WARN("skipped: CYTODE_DATA is not set");
    return;
  }
  const auto a = read_anndata<double>(std::string(CYTODE_DATA) + "/eb");
  const auto raw = snapshots(a, {.time = "sample_labels"});
  CHECK(raw.times() == std::vector<double>{0, 1, 2, 3, 4});
  std::vector<Index> sizes;
  for (const auto& s : raw) sizes.push_back(s.cells.cols());
  CHECK(sizes == std::vector<Index>{767, 797, 789, 785, 802});
  CHECK(snapshots(a, {.time = "day"}).times() == std::vector<double>{0, 6, 12, 18, 24});
  // X is the raw PCs scaled by mean and deviation of all cells that ever were: 5 digits survive.
  const Standardizer published(read_uns_numbers(a, "scaler_mean").transpose(),
                               read_uns_numbers(a, "scaler_scale").transpose());
  const auto x = snapshots(a, {.time = "sample_labels", .basis = "X"});
  for (Index t = 0; t < 5; ++t) {
    CHECK((published.apply(raw[t].cells) - x[t].cells).cwiseAbs().maxCoeff() < 2e-4);
  }
  const auto emt = read_anndata<float>(std::string(CYTODE_DATA) + "/emt_a549");
  const auto mixed = snapshots(emt, {.time = "time", .basis = "X_ae"});  // 0d 8h 1d 3d 7d
  CHECK(mixed.labels() == Texts{"0d", "8h", "1d", "3d", "7d"});
  const auto hours = snapshots(emt, {.time = "hours", .basis = "X_ae"}).times();
  for (std::size_t t = 0; t < 5; ++t) CHECK(mixed.times()[t] * 24 == Approx(hours[t]));
}
