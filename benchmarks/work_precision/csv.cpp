// SPDX-License-Identifier: MIT
// The table as a file.
#include <cytode/data/atomic_file.hpp>
#include <cytode/data/number.hpp>

#include "row.hpp"

namespace work_precision {

const std::vector<std::string>& rules() {
  static const std::vector<std::string> all = {
      "Every method gets the same tolerances; absolute = relative; root-mean-square norm.",
      "First steps are found by the same heuristic; the limit is 1e6 trials for solves, 1e5 "
      "for gradients.",
      "error: largest error of a component at any observation, over the larger of its size and a "
      "floor of the problem, against published or much tighter references.",
      "gradient_error: larger of the relative errors (2-norms) of dL/dx0 and dL/dtheta, rates "
      "counted by relative change; L = sum of <w_k, x(t_k)> with fixed random w_k; against the "
      "exact gradient of a solve at a much tighter tolerance.",
      "evaluations: calls of the field; cell_evaluations: each times its cells, as is "
      "backward_evaluations. A product with the transposed Jacobian counts as the one evaluation "
      "it begins with; Jacobians are counted apart.",
      "seconds: processor time of one thread, in double; medians of repeats, which go round all "
      "runs of a problem, so that a slow moment of the machine falls on all; a repeat lasts 1 ms "
      "or "
      "more.",
      "Solvers are warm: memory is allocated before, as in training. All fields are called through "
      "the same interface. Method switch is tsit5 to rodas4; its solver is made anew each time.",
      "seconds of a gradient are forward and backward pass together."};
  return all;
}

namespace {

// Names have neither commas nor quotes.
void add(std::string& line, const std::string& text) {
  line += text;
  line += ',';
}
void add(std::string& line, double value) {
  if (std::isfinite(value)) cytode::data::append_number(line, value);
  line += ',';
}
void add(std::string& line, long value) {
  add(line, std::to_string(value));
}

}  // namespace

void write_csv(const std::string& path, const std::vector<Row>& rows) {
  std::string text;
  for (const std::string& rule : rules()) text += "# " + rule + "\n";
  text +=
      "problem,method,controller,clock,gradient,tolerance,error,gradient_error,evaluations,"
      "cell_evaluations,backward_evaluations,jacobians,seconds,status\n";
  for (const Row& r : rows) {
    for (const std::string& s : {r.problem, r.method, r.controller, r.clock, r.gradient}) {
      add(text, s);
    }
    for (const double v : {r.tolerance, r.error, r.gradient_error}) add(text, v);
    for (const long v : {r.evaluations, r.cell_evaluations, r.backward_evaluations, r.jacobians}) {
      add(text, v);
    }
    add(text, r.seconds);
    text += r.status + "\n";
  }
  cytode::data::AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace work_precision
