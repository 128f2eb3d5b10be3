// SPDX-License-Identifier: MIT
/// What a user's file with one model costs to compile: OT-CFM between two days, then a solve.
#include <cytode/cytode.hpp>

int main() {
  using namespace cytode;
  const auto cells = data::read_anndata<float>("export");
  const auto days = data::snapshots(cells, {.time = "day", .basis = "X_pca", .dims = 5});
  auto field = fields::neural<float>(5, {64, 64, 64}, Stream(0), nn::selu);
  Workers workers(2);
  flow::Matching loss(field, days, flow::LinearPath{.sigma = 0.1}, ot::Exact{}, 256, workers);
  train::fit(loss, train::AdamW{.learning_rate = 1e-3}, {.steps = 2000, .seed = 0}).or_throw();
  const auto path =
      ode::solve(field, days.front().cells, {days.front().time, days.back().time}, ode::Dopri5{});
  return metrics::wasserstein1(path.last(), days.back().cells) < 1 ? 0 : 1;
}
