// SPDX-License-Identifier: MIT
/// Exact and entropic transport between two mixtures of as many cells.
#include <memory>

#include <cytode/ot/cost.hpp>
#include <cytode/ot/exact.hpp>
#include <cytode/ot/sinkhorn.hpp>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

constexpr Index batches = 4;  // in turn, so that no batch is solved twice running

/// Squared distances and the cheapest assignment.
template <class S>
Job exact_in(const Parameters& p) {
  const Index features = p.number("features"), n = p.number("cells");
  struct Run {
    std::vector<Matrix<S>> x, y;
    ot::Exact<>::Workspace<S> workspace;
    std::vector<Index> row, col;
    std::vector<double> mass0, mass1;
    std::size_t turn = 0;
  };
  auto run = std::make_shared<Run>();
  for (Index k = 0; k < batches; ++k) {
    const auto seed = static_cast<std::uint64_t>(2 * k);
    run->x.push_back(mixture<S>(features, n, seed));
    run->y.push_back(mixture<S>(features, n, seed + 1));
    write(p.file("x" + std::to_string(k) + ".f64"), run->x.back().template cast<double>().eval());
    write(p.file("y" + std::to_string(k) + ".f64"), run->y.back().template cast<double>().eval());
  }
  const auto size = static_cast<std::size_t>(n);
  run->row.resize(size), run->col.resize(size), run->mass0.resize(size), run->mass1.resize(size);
  return {.call =
              [run] {
                const std::size_t k = run->turn++ % run->x.size();
                ot::Exact{}.join<S>({run->x[k], run->y[k]},
                                    {run->row, run->col, run->mass0, run->mass1}, Stream(1),
                                    run->workspace);
              },
          .figures =
              [size] {
                const auto side = static_cast<double>(size);
                return Figures{{"bytes", side * side * double(sizeof(S))}};
              }};
}

Job exact(const Parameters& p) {
  return p.text("scalar") == "float" ? exact_in<float>(p) : exact_in<double>(p);
}

/// A solve to a marginal error at ε = 0.05 of the mean cost; cost given, plan written out.
template <class S>
Job entropic_in(const Parameters& p) {
  const Index features = p.number("features"), n = p.number("cells");
  struct Run {
    Matrix<S> cost, plan;
    ot::Sinkhorn<S> solver;
    ot::SinkhornResult result;
  };
  auto run = std::make_shared<Run>();
  ot::CostWorkspace<S> w;
  ot::squared_euclidean<S>(mixture<S>(features, n, 1), mixture<S>(features, n, 2), run->cost, w);
  run->cost /= run->cost.mean();
  write(p.file("cost.f64"), run->cost.template cast<double>().transpose().eval());
  return {.call =
              [run] {
                run->result =
                    run->solver.solve(run->cost, {}, {},
                                      {.epsilon = 0.05, .tolerance = sizeof(S) == 4 ? 1e-5 : 1e-8});
                run->solver.plan(run->plan);
              },
          .figures =
              [run] {
                const auto numbers = static_cast<double>(run->cost.size());
                return Figures{{"evaluations", double(run->result.passes)},
                               {"error", run->result.marginal_error},
                               {"bytes", numbers * double(sizeof(S)) * double(run->result.passes)}};
              }};
}

Job entropic(const Parameters& p) {
  return p.text("scalar") == "float" ? entropic_in<float>(p) : entropic_in<double>(p);
}

}  // namespace

void add_transport(Families& families) {
  families["exact"] = exact;
  families["entropic"] = entropic;
}

}  // namespace compare
