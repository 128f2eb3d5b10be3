// SPDX-License-Identifier: MIT
#include "condition.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include <cytode/data/number.hpp>

#include "../shared/program.hpp"

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
  std::map<std::string, Index> categories;
  bool numbers = true;
  Index missing = 0;
  double sum = 0, squares = 0;
  for (const std::string& text : texts) {
    double value = 0;
    if (text.empty()) {
      ++missing;
      continue;
    }
    categories.emplace(text, 0);
    numbers = numbers && data::parse_number(text, value) && std::isfinite(value);
    sum += value;
    squares += value * value;
  }
  if (missing > 0) {
    notes.push_back(std::to_string(missing) + " cells without a value in '" + o.condition +
                    "' are learned from without a condition");
  }
  if (categories.size() < 2) {
    throw std::invalid_argument("--condition: '" + o.condition + "' has " +
                                (categories.empty() ? "no value" : "the same value in every cell"));
  }
  if (numbers && categories.size() > 2) {
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
  for (auto& [name, row] : categories) {
    row = static_cast<Index>(c.names.size());
    c.names.push_back(name);
  }
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

}  // namespace program
