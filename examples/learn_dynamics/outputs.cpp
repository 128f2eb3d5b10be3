// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include <cytode/data/csv_writer.hpp>
#include <cytode/train/state_dict.hpp>

#include "../dynamics/recipe.hpp"

namespace program {

Paths follow_all(const Model& model, const Dataset& data, Solver solver, Workers& workers) {
  const auto& all = data.snapshots;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Matrix<float> empty = Matrix<float>::Constant(all.features(), data.source.cells(), nan);
  Paths paths{std::vector<Matrix<float>>(static_cast<std::size_t>(all.size()), empty), empty,
              Row<float>::Constant(data.source.cells(), nan),
              Row<float>::Constant(data.source.cells(), nan)};
  long unused = 0;
  for (Index k = 0; k < all.size(); ++k) {
    const auto& s = all[k];
    const auto place = [&](const Matrix<float>& from, Matrix<float>& to) {
      for (std::size_t i = 0; i < s.rows.size(); ++i) {
        to.col(s.rows[i]) = from.col(static_cast<Index>(i));
      }
    };
    const Matrix<float> conditions = data.conditions(s);
    place(model.velocity(s.cells, conditions, s.time, workers), paths.velocity);
    const Row<float> growth = model.growth(s.cells, conditions, s.time, workers);
    for (std::size_t i = 0; i < s.rows.size(); ++i) {
      paths.growth[s.rows[i]] = growth[static_cast<Index>(i)];
    }
    place(s.cells, paths.states[static_cast<std::size_t>(k)]);  // as measured, to the last bit
    for (const Index step : {Index{1}, Index{-1}}) {
      std::vector<double> times;
      for (Index j = k; j >= 0 && j < all.size(); j += step) times.push_back(all[j].time);
      const auto carried = model.carry(s.cells, conditions, times, solver, workers, unused);
      if (step > 0 && times.size() > 1) {
        for (std::size_t i = 0; i < s.rows.size(); ++i) {
          paths.next_mass[s.rows[i]] = std::exp(carried.log_masses[1][static_cast<Index>(i)]);
        }
      }
      for (std::size_t j = 1; j < carried.states.size(); ++j) {
        place(carried.states[j],
              paths.states[static_cast<std::size_t>(k + step * static_cast<Index>(j))]);
      }
    }
  }
  return paths;
}

namespace {

/// Names of cells for output: those of obs, or row numbers where the export has none.
std::vector<std::string> cell_names(const Dataset& data) {
  if (!data.names().empty()) return data.names();
  std::vector<std::string> names;
  for (Index i = 0; i < data.source.cells(); ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

void write_velocity(const std::string& path, const Dataset& data, const Options& o,
                    const Paths& paths) {
  data::write_matrix(path, cell_names(data),
                     data::numbered("velocity_" + suffix(o.basis), paths.velocity.rows()),
                     data.scaling ? data.scaling->invert_velocity(paths.velocity) : paths.velocity,
                     data.source.obs.index_name);
}

void write_trajectories(const std::string& path, const Dataset& data, const Options& o,
                        const Paths& paths) {
  const Index d = paths.velocity.rows();
  Matrix<float> wide(d * data.snapshots.size(), data.source.cells());
  std::vector<std::string> columns;
  for (Index k = 0; k < data.snapshots.size(); ++k) {
    std::string time;
    data::append_number(time, data.snapshots[k].time);
    if (time.ends_with(".0")) time.resize(time.size() - 2);
    const std::string key = (o.basis == "X" ? "X" : "X_" + suffix(o.basis)) + "_at_" + time + "_";
    for (std::string& name : data::numbered(key, d)) columns.push_back(std::move(name));
    const Matrix<float>& states = paths.states[static_cast<std::size_t>(k)];
    wide.middleRows(k * d, d) = data.scaling ? data.scaling->invert(states) : states;
  }
  data::write_matrix(path, cell_names(data), columns, wide, data.source.obs.index_name);
}

void write_futures(const std::string& path, const Model& model, const Dataset& data,
                   const Options& o, Workers& workers) {
  const std::vector<std::string> names = cell_names(data);
  data::CsvWriter out(path);
  for (const char* name : {"cell", "time", "next_time", "draw"}) out.text(name);
  const std::string key = o.basis == "X" ? "X" : "X_" + suffix(o.basis);
  for (const std::string& name : data::numbered(key, data.snapshots.features())) out.text(name);
  out.end_record();
  for (const auto& s : data.snapshots) {
    const Future drawn = model.future(s.cells, data.conditions(s), s.time, o.futures, workers);
    const Matrix<float> places = data.scaling ? data.scaling->invert(drawn.places) : drawn.places;
    for (Index column = 0; column < places.cols(); ++column) {
      const Index cell = column % s.cells.cols();
      out.text(names[static_cast<std::size_t>(s.rows[static_cast<std::size_t>(cell)])]);
      out.number(s.time);
      out.number(drawn.time);
      out.number(static_cast<double>(column / s.cells.cols() + 1));
      for (Index f = 0; f < places.rows(); ++f) out.number(places(f, column));
      out.end_record();
    }
  }
  out.commit();
}

std::optional<Agreement> compare_velocity(const Dataset& data, const Options& o,
                                          const Paths& paths) {
  if (!data.reference) return std::nullopt;
  std::vector<Index> rows;
  for (const auto& s : data.snapshots) rows.insert(rows.end(), s.rows.begin(), s.rows.end());
  Matrix<float> learned(paths.velocity.rows(), static_cast<Index>(rows.size())), truth = learned;
  Index used = 0;
  for (const Index row : rows) {
    if (!data.reference->velocity.col(row).allFinite() || !paths.velocity.col(row).allFinite()) {
      continue;
    }
    learned.col(used) = paths.velocity.col(row);
    truth.col(used++) = data.reference->velocity.col(row);
  }
  if (used == 0) return std::nullopt;
  return Agreement{data.reference->key, data.reference->truth(), recipe_of(o).drifts(),
                   metrics::velocity_agreement(learned.leftCols(used), truth.leftCols(used))};
}

std::string metrics_json(const Options& o, const Dataset& data, const Findings& f) {
  const std::vector<Score>& scores = f.scores;
  nlohmann::ordered_json j;
  j["program"] = "learn_dynamics";
  j["method"] = name_of(method_names, o.method);
  j["seed"] = o.seed;
  j["steps"] = o.steps;
  j["threads"] = o.threads;
  std::vector<Index> cells;
  for (const auto& s : data.snapshots) cells.push_back(s.cells.cols());
  j["times"] = data.snapshots.times();
  j["cells"] = cells;
  j["train_seconds"] = f.seconds;
  j["hold_out"] = nlohmann::ordered_json::array();
  for (const Score& s : scores) {
    j["hold_out"].push_back({{"time", s.time},
                             {"w1", s.w1},
                             {"w2", s.w2},
                             {"previous_w1", s.previous_w1},
                             {"ot_interpolate_w1", s.ot_interpolate_w1},
                             {"halves_w1", s.halves_w1},
                             {"mass", s.mass},
                             {"observed_mass", s.observed_mass},
                             {"relative_mass_error", s.mass_error},
                             {"label", s.label},
                             {"predicted_from", s.from},
                             {"interpolated_to", s.to},
                             {"nfe", s.evaluations}});
  }
  const Score m = mean(scores);
  j["mean"] = nullptr;
  if (!scores.empty()) {
    j["mean"] = {{"w1", m.w1},
                 {"w2", m.w2},
                 {"previous_w1", m.previous_w1},
                 {"ot_interpolate_w1", m.ot_interpolate_w1},
                 {"halves_w1", m.halves_w1},
                 {"relative_mass_error", m.mass_error}};
  }
  j["nfe"] = m.evaluations;
  j["paths"] = {{"of_cells_of_the_first_time", f.course.paths()},
                {"leaving_the_data", f.course.strayed()}};
  if (f.agreement) {
    const metrics::VelocityAgreement& all = f.agreement->all;
    j["velocity"] = {{"reference", f.agreement->key}, {"mean_cosine", all.mean_cosine}};
    if (f.agreement->truth) j["velocity"]["mean_relative_error"] = all.mean_relative_error;
    j["velocity"]["cells_compared"] = all.compared;
    j["velocity"]["cells_at_rest"] = all.skipped;
  }
  j["settings"] = {{"basis", o.basis},
                   {"dims", data.snapshots.features()},
                   {"standardize", name_of(standardize_names, o.standardize)},
                   {"coupling", name_of(coupling_names, o.coupling)},
                   {"growth", o.growth},
                   {"growth_from", data.growth ? data.growth->source : "counts"},
                   {"energy", o.energy},
                   {"noise", o.noise},
                   {"metric", name_of(metric_names, o.metric)},
                   {"condition", o.condition},
                   {"guidance", o.guidance},
                   {"velocity", data.reference ? data.reference->key : ""},
                   {"sigma", o.sigma},
                   {"hidden", o.hidden},
                   {"batch", o.batch},
                   {"lr", o.learning_rate},
                   {"solver", name_of(solver_names, o.solver)}};
  j["outputs_from"] = f.outputs_from;
  j["notes"] = data.notes;
  return j.dump(2) + "\n";
}

void write_model(const std::string& path, const Model& model, const Dataset& data,
                 const Options& o) {
  Vector<double> mean = model.scaling.mean(), scale = model.scaling.scale();
  if (data.scaling) {  // one step from the data as given to what the network sees
    mean = data.scaling->mean() + data.scaling->scale().cwiseProduct(mean);
    scale = data.scaling->scale().cwiseProduct(scale);
  }
  const auto list = [](const Vector<double>& v) {
    return nlohmann::json(std::vector<double>(v.data(), v.data() + v.size())).dump();
  };
  std::string hidden;
  for (const long h : o.hidden) hidden += (hidden.empty() ? "" : ",") + std::to_string(h);
  train::save_state_dict(path, model.dynamics->layout(), model.dynamics->parameters(),
                         {{"program", "learn_dynamics"},
                          {"architecture", model.dynamics->architecture()},
                          {"hidden", hidden},
                          {"basis", o.basis},
                          {"dims", std::to_string(data.snapshots.features())},
                          {"velocity", model.dynamics->velocity_formula()},
                          {"mean", list(mean)},
                          {"scale", list(scale)},
                          {"time_origin", nlohmann::json(model.clock.origin).dump()},
                          {"time_unit", nlohmann::json(model.clock.unit).dump()}});
}

}  // namespace program
