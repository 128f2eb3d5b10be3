// SPDX-License-Identifier: MIT
#include "condition.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include <cytode/data/number.hpp>

#include "../shared/program.hpp"
#include "model.hpp"

namespace program {

Condition read_condition(const data::AnnData<float>& a, const Options& o,
                         std::vector<std::string>& notes) {
  const auto& texts = about("--condition", [&]() -> const std::vector<std::string>& {
    return a.obs.column(o.condition);
  });
  if (o.condition == o.time) {
    throw std::invalid_argument("--condition: '" + o.condition +
                                "' is the time, which the model knows already");
  }
  Condition c{o.condition, {}, {}, {}};
  const auto n = static_cast<Index>(texts.size());
  std::map<std::string, Index> categories;  // and how many cells each has
  std::string odd;                          // what is no number
  Index missing = 0, measured = 0;
  double sum = 0, squares = 0;
  for (const std::string& text : texts) {
    double value = 0;
    if (text.empty()) {
      ++missing;
      continue;
    }
    ++categories[text];
    if (data::parse_number(text, value) && std::isfinite(value)) {
      ++measured;
      sum += value;
      squares += value * value;
    } else if (odd.empty()) {
      odd = text;
    }
  }
  if (missing > 0) {
    notes.push_back(std::to_string(missing) + " cells without a value in '" + o.condition +
                    "' are learned from without a condition");
  }
  if (categories.size() < 2) {
    throw std::invalid_argument("--condition: '" + o.condition + "' has " +
                                (categories.empty() ? "no value" : "the same value in every cell"));
  }
  const bool all_numbers = odd.empty();
  const bool nearly = 10 * (n - missing - measured) < n - missing;
  if (o.condition_as == ConditionAs::number && !all_numbers) {
    throw std::invalid_argument("--condition-as number: '" + o.condition + "' is '" + odd +
                                "' for some cells");
  }
  if (o.condition_as == ConditionAs::automatic && !all_numbers && nearly) {
    throw std::invalid_argument("--condition: '" + o.condition + "' is '" + odd +
                                "' for some cells and a number for most: leave those cells out, or "
                                "say --condition-as class");
  }
  const bool number =
      o.condition_as == ConditionAs::number ||
      (o.condition_as == ConditionAs::automatic && all_numbers && categories.size() > 2);
  if (number) {
    notes.push_back("condition '" + o.condition + "': a number" +
                    (o.condition_as == ConditionAs::automatic
                         ? "; if it names classes, say --condition-as class"
                         : ""));
    const double count = static_cast<double>(n - missing), mean = sum / count;
    const double scale = std::sqrt(std::max(squares / count - mean * mean, 1e-300));
    c.names = {o.condition};
    c.values.setZero(1, n);
    for (Index i = 0; i < n; ++i) {
      double value = 0;
      if (data::parse_number(texts[static_cast<std::size_t>(i)], value)) {
        c.values(0, i) = static_cast<float>((value - mean) / scale);
      }
    }
    return c;
  }
  constexpr std::size_t most = 64;
  if (categories.size() > most) {
    throw std::invalid_argument("--condition: '" + o.condition + "' has " +
                                std::to_string(categories.size()) + " categories, more than the " +
                                std::to_string(most) + " a model takes");
  }
  std::string classes;
  for (auto& [name, cells] : categories) {
    classes += (classes.empty() ? "" : ", ") + name + " (" + std::to_string(cells) + ")";
    cells = static_cast<Index>(c.names.size());  // its row from now on
    c.names.push_back(name);
  }
  notes.push_back("condition '" + o.condition + "': a class, " + classes);
  c.values.setZero(static_cast<Index>(c.names.size()), n);
  c.category.assign(texts.size(), -1);
  for (Index i = 0; i < n; ++i) {
    const auto found = categories.find(texts[static_cast<std::size_t>(i)]);
    if (found == categories.end()) continue;
    c.values(found->second, i) = 1;
    c.category[static_cast<std::size_t>(i)] = found->second;
  }
  return c;
}

void note_late_classes(const Condition& condition, const data::Snapshots<float>& all,
                       std::vector<std::string>& notes) {
  std::set<Index> seen;
  for (const auto& s : all) {
    std::string late;
    for (const Index row : s.rows) {
      if (condition.category.empty()) return;
      const Index g = condition.category[static_cast<std::size_t>(row)];
      if (!seen.insert(g).second || g < 0 || &s == &all.front()) continue;
      late += (late.empty() ? "'" : ", '") + condition.names[static_cast<std::size_t>(g)] + "'";
    }
    if (late.empty()) continue;
    notes.push_back("condition '" + condition.column + "': " + late + " are first seen at time " +
                    name_of(s) + ", and no cell leads there, as cells are joined within their " +
                    "class: is it what becomes of cells, not what was done to them?");
  }
}

}  // namespace program
