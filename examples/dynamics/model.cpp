// SPDX-License-Identifier: MIT
#include "model.hpp"

namespace program {

CarriedCells Model::carry(const Matrix<float>& cells, const Matrix<float>& conditions,
                          const std::vector<double>& times, Solver solver, Workers& workers,
                          long& evaluations) const {
  std::vector<double> inside;
  for (const double t : times) inside.push_back(clock(t));
  CarriedCells out =
      dynamics->carry(scaling.apply(cells), conditions, inside, solver, workers, evaluations);
  for (Matrix<float>& s : out.states) s = scaling.invert(s);
  return out;
}

Matrix<float> Model::velocity(const Matrix<float>& cells, const Matrix<float>& conditions,
                              double time, Workers& workers) const {
  const Matrix<float> rates =
      dynamics->rates(scaling.apply(cells), conditions, clock(time), workers);
  return scaling.invert_velocity(Matrix<float>(rates.topRows(cells.rows()))) /
         static_cast<float>(clock.unit);
}

Future Model::future(const Matrix<float>& cells, const Matrix<float>& conditions, double time,
                     Index samples, Workers& workers) const {
  Future out = dynamics->futures(scaling.apply(cells), conditions, clock(time), samples, workers);
  return {clock.origin + clock.unit * out.time, scaling.invert(out.places)};
}

Row<float> Model::growth(const Matrix<float>& cells, const Matrix<float>& conditions, double time,
                         Workers& workers) const {
  if (!grows()) return Row<float>::Zero(cells.cols());
  const Matrix<float> rates =
      dynamics->rates(scaling.apply(cells), conditions, clock(time), workers);
  return rates.row(cells.rows()) / static_cast<float>(clock.unit);
}

}  // namespace program
