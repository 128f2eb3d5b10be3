// SPDX-License-Identifier: MIT
// Trains and solves in a few lines, as a user's program would.
#include <cmath>
#include <cstdio>
#include <vector>

#include <cytode/cytode.hpp>

double other();  // a second file that includes the same headers

int main() {
  using namespace cytode;
  std::vector<data::Snapshot<float>> list;
  for (int day = 0; day < 3; ++day) {
    Matrix<float> cells(2, 100);
    Stream(static_cast<std::uint64_t>(day)).fill_normal(0, cells.data(), cells.size());
    cells.row(0).array() += 2 * static_cast<float>(day);
    list.push_back({static_cast<double>(day), std::to_string(day), cells, {}});
  }
  const data::Snapshots<float> days(list);
  auto field = fields::neural<float>(2, {16, 16}, Stream(0));
  Workers workers(2);
  flow::Matching loss(field, days, flow::LinearPath{}, ot::Exact{}, 64, workers);
  train::fit(loss, train::AdamW{.learning_rate = 1e-2}, {.steps = 300}).or_throw();
  const auto cells = ode::solve(field, days.front().cells, {0, 2});
  const double moved = cells.last().row(0).mean() - days.front().cells.row(0).mean();
  std::printf("moved by %.2f, other says %.2f\n", moved, other());
  return std::abs(moved - 4) < 0.5 ? 0 : 1;
}
