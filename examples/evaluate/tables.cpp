// SPDX-License-Identifier: MIT
#include "tables.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <cytode/plot/bars.hpp>
#include <cytode/plot/figure.hpp>

namespace program {
namespace {

std::string number(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// A field of a CSV line.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

struct Mean {
  double sum = 0, squares = 0;
  long count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  [[nodiscard]] double value() const {
    return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
  }
  /// Sample standard deviation; 0 for fewer than two.
  [[nodiscard]] double deviation() const {
    if (count < 2) return 0;
    const double n = static_cast<double>(count);
    return std::sqrt(std::max(0.0, (squares - sum * sum / n) / (n - 1)));
  }
};

/// One method by both variants of a protocol; null: there is none.
struct Pair {
  std::string method;
  const Summary *leak_free = nullptr, *as_published = nullptr;
};

/// "W1, leak-free", "±", "W1, as published", "±", … of every method; the best W1 in bold.
std::string side_by_side(const std::vector<Pair>& rows, bool mass) {
  using Column = const Summary* Pair::*;
  const std::pair<Column, Variant> columns[] = {{&Pair::leak_free, Variant::leak_free},
                                                {&Pair::as_published, Variant::as_published}};
  std::string head = "| method |", rule = "|---|";
  const auto name = [&](const std::string& what, bool deviation) {
    for (const auto& [column, variant] : columns) {
      head += " " + what + ", " + name_of(variant) + (deviation ? " | ± |" : " |");
      rule += deviation ? "---:|---:|" : "---:|";
    }
  };
  name("W1", true);
  name("W2", false);
  if (mass) name("mass error", false);
  name("seconds a model", false);
  double best[2];
  for (int v = 0; v < 2; ++v) {
    best[v] = std::numeric_limits<double>::infinity();
    for (const Pair& r : rows) {
      const Summary* s = r.*columns[v].first;
      if (s != nullptr && s->w1 < best[v]) best[v] = s->w1;
    }
  }
  std::string text = head + "\n" + rule + "\n";
  for (const Pair& r : rows) {
    text += "| " + r.method + " |";
    const auto cells = [&](const char* none, auto&& cell) {
      for (int v = 0; v < 2; ++v) {
        const Summary* s = r.*columns[v].first;
        text += " " + (s == nullptr ? none : std::string(cell(*s, best[v]))) + " |";
      }
    };
    cells("– | –", [](const Summary& s, double least) {
      std::string w1 = std::isnan(s.w1) ? "failed" : number("%.4f", s.w1);
      if (s.w1 == least) w1 = "**" + w1 + "**";
      if (s.failed > 0) w1 += " (" + std::to_string(s.failed) + " without a result)";
      return w1 + " | " + (s.learned && s.seeds > 1 ? number("%.4f", s.w1_deviation) : "–");
    });
    const auto plain = [](double x) { return std::isnan(x) ? "–" : number("%.4f", x); };
    cells("–", [&](const Summary& s, double) { return plain(s.w2); });
    if (mass) cells("–", [&](const Summary& s, double) { return plain(s.mass_error); });
    cells("–",
          [](const Summary& s, double) { return s.learned ? number("%.1f", s.seconds) : "–"; });
    text += "\n";
  }
  return text;
}

}  // namespace

std::vector<Summary> summarise(const std::vector<Result>& results) {
  std::vector<Summary> list;
  std::vector<std::map<std::uint64_t, std::pair<Mean, Mean>>> seeds;  // W1, W2 by seed
  std::vector<Mean> masses, seconds;
  for (const Result& r : results) {
    std::size_t at = 0;
    while (at < list.size() && (list[at].protocol != r.protocol || list[at].variant != r.variant ||
                                list[at].method != r.method)) {
      ++at;
    }
    if (at == list.size()) {
      list.push_back({r.protocol, r.variant, r.method, r.learned});
      seeds.emplace_back();
      masses.emplace_back();
      seconds.emplace_back();
    }
    if (!r.problem.empty()) {
      ++list[at].failed;
      continue;
    }
    seeds[at][r.seed].first.add(r.w1);
    seeds[at][r.seed].second.add(r.w2);
    masses[at].add(r.mass_error);
    seconds[at].add(r.seconds);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    Mean w1, w2;
    for (const auto& [seed, means] : seeds[i]) {
      w1.add(means.first.value());
      w2.add(means.second.value());
    }
    list[i].w1 = w1.value();
    list[i].w1_deviation = w1.deviation();
    list[i].w2 = w2.value();
    list[i].mass_error = masses[i].value();
    list[i].seconds = seconds[i].value();
    list[i].seeds = w1.count;
  }
  return list;
}

std::string results_csv(const std::vector<Result>& results) {
  std::string text =
      "protocol,variant,method,left_out,time,seed,w1,w2,relative_mass_error,train_seconds,"
      "evaluations,problem\n";
  for (const Result& r : results) {
    text += r.protocol + "," + r.variant + "," + quoted(r.method) + "," + quoted(r.left_out) + "," +
            quoted(r.time) + "," + (r.learned ? std::to_string(r.seed) : "") + ",";
    text += r.problem.empty() ? number("%.9g", r.w1) + "," + number("%.9g", r.w2) + "," +
                                    number("%.9g", r.mass_error) + ","
                              : std::string(",,,");
    text += r.learned ? number("%.3f", r.seconds) + "," + std::to_string(r.evaluations)
                      : std::string(",");
    text += "," + quoted(r.problem) + "\n";
  }
  return text;
}

std::string results_markdown(const std::vector<Summary>& summaries, const std::string& about) {
  struct Text {
    const char *title, *leak_free, *as_published;
  };
  const std::map<std::string, Text> texts = {
      {"A",
       {"one time left out, from the cells before, W1 in z-scores",
        "real times, z-scores of the cells kept",
        "times 0, 1, 2, …, z-scores of all cells, those left out included"}},
      {"B",
       {"one time left out, from the cells before, W1 in the coordinates as they are",
        "real times, scaled inside by the cells kept", "times 0, 1, 2, …, not scaled"}},
      {"E",
       {"from the first time with weights, W1 and relative mass error",
        "real times, each inner time left out in turn",
        "times 0, 1, 2, …, learned from all of them and scored at all but the first. At the last "
        "one transport interpolation goes straight on from the two before"}}};
  std::string text = "# Evaluation\n\n" + about;
  for (const auto& [p, words] : texts) {
    std::vector<Pair> rows;
    for (const Summary& s : summaries) {
      if (s.protocol != p) continue;
      const auto same = [&](const Pair& r) { return r.method == s.method; };
      auto row = std::find_if(rows.begin(), rows.end(), same);
      if (row == rows.end()) row = rows.insert(rows.end(), {.method = s.method});
      (s.variant == name_of(Variant::leak_free) ? row->leak_free : row->as_published) = &s;
    }
    if (rows.empty()) continue;
    text += "\n## Protocol " + p + ": " + words.title + "\n\n- leak-free: " + words.leak_free +
            ".\n- as published: " + words.as_published + ".\n\n" + side_by_side(rows, p == "E");
  }
  return text;
}

std::string results_svg(const std::vector<Summary>& summaries) {
  std::vector<std::pair<std::string, std::string>> panels;
  std::size_t widest = 1;
  for (const Summary& s : summaries) {
    const std::pair key{s.protocol, s.variant};
    if (std::find(panels.begin(), panels.end(), key) == panels.end()) panels.push_back(key);
  }
  for (const auto& [p, v] : panels) {
    widest = std::max(widest, static_cast<std::size_t>(std::count_if(
                                  summaries.begin(), summaries.end(), [&](const Summary& s) {
                                    return s.protocol == p && s.variant == v;
                                  })));
  }
  // The two variants of a protocol are compared by eye: one scale, with room for the numbers.
  std::map<std::string, double> top;
  for (const Summary& s : summaries) {
    const double spread = s.learned && std::isfinite(s.w1_deviation) ? s.w1_deviation : 0;
    const double reach = s.w1 + spread;
    if (std::isfinite(reach)) top[s.protocol] = std::max(top[s.protocol], 1.12 * reach);
  }
  plot::Figure figure({.description = "W1 of methods and baselines",
                       .columns = panels.size() > 1 ? 2 : 1,
                       .width = std::clamp(95.0 * static_cast<double>(widest), 320.0, 900.0),
                       .height = 260});
  for (const auto& [p, v] : panels) {
    // Two marks of one series each, so that every bar stands over its name.
    plot::Bars learned{.series = {{.name = "learned", .color = plot::okabe_ito(1)}}, .digits = 3};
    plot::Bars baseline{.series = {{.name = "baseline", .color = plot::grey}}, .digits = 3};
    const double none = std::numeric_limits<double>::quiet_NaN();
    for (const Summary& s : summaries) {
      if (s.protocol != p || s.variant != v) continue;
      for (plot::Bars* bars : {&learned, &baseline}) {
        const bool mine = s.learned == (bars == &learned);
        bars->groups.push_back(s.method);
        bars->series[0].values.push_back(mine ? s.w1 : none);
        bars->series[0].errors.push_back(mine && s.learned ? s.w1_deviation : 0);
      }
    }
    const std::string unit = p == "A" ? "W1 in z-scores" : "W1 in the coordinates";
    figure
        .panel({.title = "protocol " + p + ", " + v,
                .y = {.label = unit, .high = top[p] > 0 ? std::optional(top[p]) : std::nullopt}})
        .add(std::move(learned))
        .add(std::move(baseline));
  }
  return figure.draw().text;
}

}  // namespace program
