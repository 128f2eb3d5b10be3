// SPDX-License-Identifier: MIT
/// What fit_time_series shows: a table of gradients, recovered parameters, a figure.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <cytode/adjoint/certificate.hpp>
#include <cytode/adjoint/gradient.hpp>
#include <cytode/data/atomic_file.hpp>
#include <cytode/plot/figure.hpp>
#include <cytode/plot/lines.hpp>
#include <cytode/plot/points.hpp>

#include "problem.hpp"

namespace program {

/// What one gradient method made of a model.
struct Fit {
  std::string gradient;
  adjoint::Report cost;                   // of the first gradient
  double disagreement = 0;                // of the first gradient, relative to the discrete one
  double milliseconds = 0;                // a training step
  double before = 0, after = 0;           // the loss
  adjoint::Certificate certificate = {};  // of the gradient at the fit, if it was asked for
  Vector<double> parameters;
  Series curve;  // at the fine times
};

/// All fits of one model.
struct Model {
  std::string name;
  std::vector<Fit> fits;
};

inline void print_heading(const Problem& p, const std::string& model, Index parameters,
                          const Options& o) {
  std::printf("\n%s, %s with %ld parameters\n", p.name.c_str(), model.c_str(),
              static_cast<long>(parameters));
  std::printf("%ld cell%s seen at %ld times, %.0f%% missing; mean squared noise %.4f\n\n",
              static_cast<long>(p.x0.cols()), p.x0.cols() == 1 ? "" : "s", o.observations,
              100 * o.missing, p.noise);
  std::printf("%-14s %28s %8s %7s %9s %17s %9s\n", "", "--- calls of the field ----", "bytes", "ms",
              "gradient", "mean squared error", "rms error");
  std::printf("%-14s %8s %9s %9s %8s %7s %9s %9s %8s %9s\n", "gradient", "forward", "backward",
              "pullback", "kept", "a step", "differs", "before", "after", "to truth");
}

inline void print(const Fit& f, const Problem& p) {
  char differs[16] = "0";
  if (f.disagreement > 0) std::snprintf(differs, sizeof differs, "%.0e", f.disagreement);
  std::printf("%-14s %8ld %9ld %9ld %8zu %7.2f %9s %9.4f %8.4f %9.3f\n", f.gradient.c_str(),
              f.cost.forward.evaluations, f.cost.backward.evaluations,
              f.cost.forward.pullbacks + f.cost.backward.pullbacks, f.cost.bytes, f.milliseconds,
              differs, f.before, f.after, distance(f.curve, p.truth));
  std::fflush(stdout);
}

inline void print_certificate(const Fit& f) {
  std::printf(
      "\ncertificate of the %s gradient at its fit: %.0e of its norm from dual numbers, the worst "
      "of "
      "%zu directions; %.2f evaluations backward to one forward\n",
      f.gradient.c_str(), f.certificate.worst(), f.certificate.lines.size(),
      f.certificate.report.ratio());
}

inline void print_parameters(const Vector<double>& start, const Fit& fit) {
  const Vector<double> truth = toggle_truth();
  std::printf("\n%-28s %8s %8s %8s\n", "", "start", "fit", "truth");
  for (Index i = 0; i < truth.size(); ++i) {
    std::printf("%-28s %8.2f %8.2f %8.2f\n", toggle_names[static_cast<std::size_t>(i)].c_str(),
                start[i], fit.parameters[i], truth[i]);
  }
}

/// A feature of a cell, or the time, along a series.
inline plot::Series along(const Series& states, Index feature, Index cell) {
  plot::Series out;
  for (const Matrix<double>& x : states) out.push_back(x(feature, cell));
  return out;
}

/// A row a model: both features against each other, then each over time; a colour a cell.
inline plot::Figure draw(const Problem& p, const std::vector<Model>& models) {
  plot::Figure figure({.title = "",
                       .description = "Noisy observations, truth and fit of the " + p.name,
                       .columns = 3,
                       .width = 300,
                       .height = 270,
                       .shared_key = true});
  for (const Model& model : models) {
    for (int view = 0; view < 3; ++view) {
      const bool plane = view == 0;
      const Index feature = view == 1 ? 0 : 1;
      const auto x = [&](const Series& s, const std::vector<double>& t, Index cell) {
        return plane ? along(s, 0, cell) : plot::Series(t);
      };
      const auto y = [&](const Series& s, Index cell) { return along(s, feature, cell); };
      auto& panel = figure.panel({.title = view == 0 ? model.name : "",
                                  .x = {.label = plane ? p.features[0] : "time" + p.unit},
                                  .y = {.label = p.features[std::size_t(feature)]}});
      for (Index c = 0; c < p.x0.cols(); ++c) {
        const auto color = plot::okabe_ito(static_cast<int>(c % 6));
        const auto named = [c](const char* name) { return c == 0 ? name : ""; };
        panel.add(plot::Points{.x = x(p.observed, p.times, c),
                               .y = y(p.observed, c),
                               .name = named("observed"),
                               .color = color,
                               .opacity = 0.5});
        panel.add(plot::Lines{.x = x(model.fits[0].curve, p.fine_times, c),
                              .y = y(model.fits[0].curve, c),
                              .name = named("fit"),
                              .color = color,
                              .width = 2});
        panel.add(plot::Lines{.x = x(p.truth, p.fine_times, c),
                              .y = y(p.truth, c),
                              .name = named("truth"),
                              .color = plot::ink,
                              .width = 1.1,
                              .dash = "4 3"});
      }
    }
  }
  return figure;
}

inline void write_figure(const std::string& path, const plot::Figure& figure) {
  data::AtomicFile file(path);
  file.write(figure.svg());
  file.commit();
  std::printf("\nfigure: %s\n", path.c_str());
}

}  // namespace program
