// SPDX-License-Identifier: MIT
#include "known_growth.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <cytode/data/nearest.hpp>
#include <cytode/data/number.hpp>
#include <cytode/data/read_x.hpp>
#include <cytode/flow/group_plans.hpp>
#include <cytode/ot/growth_marginals.hpp>

#include "../shared/program.hpp"
#include "model.hpp"

namespace program {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string cell_name(const data::AnnData<float>& a, std::size_t row) {
  return row < a.obs.row_names.size() ? a.obs.row_names[row] : std::to_string(row);
}

/// Rates of the column named; NaN where it has none, which only cells of the last time may.
Vector<double> read_column(const data::AnnData<float>& a, const data::Snapshots<float>& all,
                           const Options& o) {
  const auto& texts = about("--growth-column", [&]() -> const std::vector<std::string>& {
    return a.obs.column(o.growth_column);
  });
  Vector<double> rates = Vector<double>::Constant(static_cast<Index>(texts.size()), nan);
  for (const auto& s : all) {
    if (&s == &all.back()) break;  // nothing comes after it
    for (const Index row : s.rows) {
      const auto at = static_cast<std::size_t>(row);
      double value = 0;
      const bool number = data::parse_number(texts[at], value) && std::isfinite(value);
      const bool factor = o.growth_unit == GrowthUnit::factor;
      if (!number || (factor && !(value > 0))) {
        throw std::invalid_argument("--growth-column: '" + o.growth_column + "' is '" + texts[at] +
                                    "' for cell '" + cell_name(a, at) + "' of time " + name_of(s) +
                                    ", wanted a number" + (factor ? " above zero" : "") +
                                    " for every cell before the last time");
      }
      rates[row] = factor ? std::log(value) : value;
    }
  }
  return rates;
}

/// The genes a list names, or a file that has one a line; '#' begins a comment.
struct GeneList {
  std::vector<std::string> names;
  std::string file;  // empty: no file
};
GeneList genes_of(const std::string& option, const std::vector<std::string>& given) {
  if (given.size() != 1) return {given, ""};
  const std::string& name = given.front();
  const bool path = name.find('/') != std::string::npos || name.ends_with(".txt");
  std::error_code ignored;
  if (!path && !std::filesystem::is_regular_file(name, ignored)) return {given, ""};
  std::ifstream in(name);
  if (!in || !std::filesystem::is_regular_file(name, ignored)) {
    throw std::invalid_argument(option + ": cannot read the file '" + name + "'");
  }
  GeneList list{{}, name};
  for (std::string line; std::getline(in, line);) {
    line = line.substr(0, line.find('#'));
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
    std::size_t begin = 0;
    while (begin < line.size() && std::isspace(static_cast<unsigned char>(line[begin]))) ++begin;
    if (begin < line.size()) list.names.push_back(line.substr(begin));
  }
  if (list.names.empty()) throw std::invalid_argument(option + ": no gene in '" + name + "'");
  return list;
}

/// Expression of the genes of a set that the data have, genes × cells.
Matrix<float> read_set(const data::AnnData<float>& a, const Matrix<float>& x,
                       const std::string& option, const std::vector<std::string>& given,
                       std::vector<std::string>& notes) {
  if (given.empty()) return {};
  const GeneList list = genes_of(option, given);
  const std::vector<std::string>& names = a.var.row_names;
  std::vector<Index> rows;
  for (const std::string& gene : list.names) {
    const auto found = std::find(names.begin(), names.end(), gene);
    if (found != names.end()) {
      rows.push_back(found - names.begin());
    } else if (list.file.empty()) {  // lists of others have genes that were not measured
      throw std::invalid_argument(option + ": no gene '" + gene + "'" + data::suggest(gene, names));
    }
  }
  if (rows.empty()) {
    throw std::invalid_argument(option + ": none of the " + std::to_string(list.names.size()) +
                                " genes of '" + list.file + "' is in the data, whose genes are " +
                                "named as '" + names.front() + "'");
  }
  if (!list.file.empty()) {
    notes.push_back(option + ": " + std::to_string(rows.size()) + " of the " +
                    std::to_string(list.names.size()) + " genes of " + list.file +
                    " are in the data");
  }
  return x(rows, Eigen::all);
}

/// Counts become log(1 + 10⁴ count/total): without it the deepest cells seem to proliferate.
void normalise_counts(Matrix<float>& x, std::vector<std::string>& notes) {
  const bool counts =
      x.minCoeff() >= 0 && x.maxCoeff() > 1 && (x.array() == x.array().round()).all();
  if (!counts) return;
  for (Index i = 0; i < x.cols(); ++i) {
    const float total = x.col(i).sum();
    if (total > 0) x.col(i) = (x.col(i).array() * (1e4f / total)).log1p();
  }
  notes.push_back("X holds counts: growth is that of log(1 + 10000 count / total of the cell)");
}

/// Units of the time in a day.
double units_per_day(const Options& o) {
  if (o.units_per_day > 0) return o.units_per_day;
  std::string name = o.time;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name == "day" || name == "days") return 1;
  if (name == "hour" || name == "hours") return 24;
  throw std::invalid_argument(
      "--units-per-day is missing: growth from genes is per day, so say how many units of '" +
      o.time + "' a day has (24 if it counts hours)");
}

void read_genes(const data::AnnData<float>& a, const Options& o, KnownGrowth& growth,
                std::vector<std::string>& notes) {
  const std::string me = "--proliferation, --apoptosis";
  growth.units_per_day = units_per_day(o);
  if (a.var.row_names.empty()) throw std::invalid_argument(me + ": the data name no genes");
  Matrix<float> x = a.x.size() > 0 ? a.x : about(me, [&] { return data::read_x(a, &notes); });
  normalise_counts(x, notes);
  growth.proliferation = read_set(a, x, "--proliferation", o.proliferation, notes);
  growth.apoptosis = read_set(a, x, "--apoptosis", o.apoptosis, notes);
  char day[32];
  std::snprintf(day, sizeof day, "%.4g", growth.units_per_day);
  notes.push_back("growth from genes is per day, and a day has " + std::string(day) + " units of " +
                  o.time);
}

/// Rates of the cells kept, per unit of the data's time, in the order of `kept`.
Vector<double> rates_of(const KnownGrowth& growth, const std::vector<Index>& rows) {
  if (growth.rates.size() > 0) return growth.rates(rows);
  const auto score = [&](const Matrix<float>& set) -> Vector<double> {
    if (set.rows() == 0) return Vector<double>::Zero(static_cast<Index>(rows.size()));
    std::vector<Index> genes(static_cast<std::size_t>(set.rows()));
    std::iota(genes.begin(), genes.end(), Index{0});
    return ot::gene_set_score<float>(set(Eigen::all, rows), genes);
  };
  return ot::growth_rates(score(growth.proliferation), score(growth.apoptosis)) /
         growth.units_per_day;
}

/// Logarithms of what each cell becomes by the next time of `kept`, interval by interval.
std::vector<Vector<double>> log_factors(const KnownGrowth& growth,
                                        const data::Snapshots<float>& kept) {
  constexpr double most = 18.5;  // a cell turns into 10⁸, or into that share of one
  std::vector<Index> rows;
  for (const auto& s : kept) rows.insert(rows.end(), s.rows.begin(), s.rows.end());
  const Vector<double> rates = rates_of(growth, rows);
  std::vector<Vector<double>> list;
  Index first = 0;
  for (Index k = 0; k + 1 < kept.size(); ++k) {
    const auto &now = kept[k], &next = kept[k + 1];
    const double length = growth.times.at(next.label) - growth.times.at(now.label);
    list.emplace_back(length * rates.segment(first, now.cells.cols()));
    first += now.cells.cols();
    Index worst = 0;
    if (list.back().cwiseAbs().maxCoeff(&worst) <= most) continue;
    throw std::invalid_argument(
        "--growth: that of " + growth.source + " is " + short_number(list.back()[worst] / length) +
        " for a cell of time " + name_of(now) + ", which would be " +
        (list.back()[worst] > 0 ? "more than 100 million cells" : "fewer than one in 100 million") +
        " by time " + name_of(next) + ": wanted births minus deaths per unit of the time");
  }
  return list;
}

/// Shifts the logarithms of what cells become so that there are as many by the next time as were
/// counted: in each class of --condition, which no cell leaves.
void calibrate(TrainingCells& now, const TrainingCells& next) {
  if (now.groups.empty()) {
    now.rates = ot::calibrated_rates(now.rates, 1, next.mass / now.mass);
    return;
  }
  const auto members = flow::group_members(now.groups), later = flow::group_members(next.groups);
  for (std::size_t g = 0; g < members.size() && g < later.size(); ++g) {
    if (members[g].empty() || later[g].empty()) continue;  // the plan says which class is missing
    const double ratio =
        static_cast<double>(later[g].size()) / static_cast<double>(members[g].size());
    now.rates(members[g]) = ot::calibrated_rates(Vector<double>(now.rates(members[g])), 1, ratio);
  }
}

}  // namespace

KnownGrowth read_known_growth(const data::AnnData<float>& a, const data::Snapshots<float>& all,
                              const Options& o, std::vector<std::string>& notes) {
  KnownGrowth growth;
  for (const auto& s : all) growth.times[s.label] = s.time;
  if (o.growth_column.empty()) {
    growth.source = "genes";
    read_genes(a, o, growth, notes);
  } else {
    growth.source = "'" + o.growth_column + "'";
    growth.rates = read_column(a, all, o);
  }
  return growth;
}

void check_known_growth(const KnownGrowth& growth, const data::Snapshots<float>& all) {
  (void)log_factors(growth, all);
}

void add_known_growth(const KnownGrowth& growth, const data::Snapshots<float>& kept,
                      const Options& o, std::vector<TrainingCells>& cells) {
  std::vector<Vector<double>> factors = log_factors(growth, kept);
  for (std::size_t k = 0; k < factors.size(); ++k) {
    TrainingCells &now = cells[k], &next = cells[k + 1];
    now.rates = std::move(factors[k]);
    if (o.mass == MassFrom::counts) {
      calibrate(now, next);
    } else {
      next.mass = now.mass * ot::growth_marginal(now.rates, 1).mass_ratio;
    }
    now.rates /= next.time - now.time;
  }
}

}  // namespace program
