// SPDX-License-Identifier: MIT
#include "protocol.hpp"

#include <exception>
#include <utility>

#include <cytode/data/split.hpp>

#include "../dynamics/training.hpp"
#include "baselines.hpp"

namespace program {
namespace {

/// The data as one model of a comparison sees them: space of the scores, time, scaling inside.
struct Setting {
  Dataset data;
  Standardize inside = Standardize::none;
};

/// The same cells at times 0, 1, 2, …
Snapshots on_a_grid(const Snapshots& all) {
  std::vector<Snapshot> list(all.begin(), all.end());
  for (std::size_t k = 0; k < list.size(); ++k) list[k].time = static_cast<double>(k);
  return Snapshots(std::move(list), all.notes());
}

Setting setting_of(Protocol p, Variant v, const Dataset& data, const std::string& left_out) {
  Setting s{data};
  if (v == Variant::as_published) {
    const auto unit = static_cast<float>(Clock::of(data.snapshots).unit);
    s.data.snapshots = on_a_grid(data.snapshots);
    if (s.data.reference) s.data.reference->velocity *= unit;  // per step of the grid
  }
  const Snapshots& all = s.data.snapshots;
  if (p == Protocol::a) {
    const auto scaling = v == Variant::as_published
                             ? data::Standardizer::fit(all)
                             : data::Standardizer::fit(data::leave_out(all, {left_out}).train);
    s.data.rescale(scaling);
  } else if (v == Variant::leak_free) {
    s.inside = Standardize::train;
  }
  return s;
}

Result blank(Protocol p, Variant v, const std::string& method, const std::string& left_out,
             const Snapshot& at) {
  return {.protocol = name_of(protocol_names, p),
          .variant = name_of(v),
          .method = method,
          .left_out = left_out,
          .time = name_of(at)};
}

/// Trains on `kept` and predicts every time point of `wanted` from the cells of `from`.
std::vector<Result> predict(const Setting& setting, const Snapshots& kept, const Snapshot& from,
                            const std::vector<Snapshot>& wanted, std::vector<Result> results,
                            Options o, const std::string& name, Workers& workers) {
  if (setting.inside == Standardize::none || o.standardize != Standardize::one) {
    o.standardize = setting.inside;
  }
  try {
    const Clock clock = Clock::of(setting.data.snapshots);
    const Trained trained = learn(kept, setting.data, clock, o, name, "", workers);
    std::vector<double> times{from.time};
    for (const Snapshot& s : wanted) times.push_back(s.time);
    long evaluations = 0;
    const CarriedCells carried = trained.model.carry(from.cells, setting.data.conditions(from),
                                                     times, o.solver, workers, evaluations);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      const Vector<double> mass =
          carried.log_masses[k + 1].transpose().cast<double>().array().exp();
      fill(results[k], carried.states[k + 1], mass, wanted[k], from.cells.cols());
      results[k].seconds = trained.seconds;
      results[k].evaluations = evaluations;
    }
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& e) {  // the other methods and times are still worth having
    for (Result& r : results) r.problem = e.what();
  }
  return results;
}

/// The time points before and after a left-out one.
std::pair<Index, Index> neighbours(const Snapshots& kept, double time) {
  Index after = 0;
  while (kept[after].time < time) ++after;
  return {after - 1, after};
}

/// Protocols A and B, and E with a time left out.
void leave_one_out(Protocol p, Variant v, const Comparison& c, Workers& workers,
                   const std::function<void(const std::string&)>& begin,
                   const std::function<void(const std::vector<Result>&)>& each) {
  for (const std::string& label : c.hold_out) {
    const Setting setting = setting_of(p, v, c.data, label);
    const auto split = data::leave_out(setting.data.snapshots, {label});
    const Snapshot& at = split.held_out.front();
    const auto [before, after] = neighbours(split.train, at.time);
    const Snapshot& from = p == Protocol::e ? split.train.front() : split.train[before];
    const auto row = [&](const std::string& method) { return blank(p, v, method, label, at); };
    each({persistence(row("no change"), from, at),
          transport(row("transport interpolation"), split.train[before], split.train[after], at,
                    from.cells.cols())});
    for (const Contender& m : c.contenders) {
      for (const std::uint64_t seed : c.seeds) {
        Options o = m.options;
        o.seed = seed;
        const std::string name =
            m.name + ", without " + name_of(at) + ", seed " + std::to_string(seed);
        begin(name);
        Result r = row(m.name);
        r.seed = seed;
        each(predict(setting, split.train, from, {at}, {r}, o, name, workers));
      }
    }
  }
}

/// Protocol E as published: learned from all times, scored at all later ones.
void fit_everywhere(Variant v, const Comparison& c, Workers& workers,
                    const std::function<void(const std::string&)>& begin,
                    const std::function<void(const std::vector<Result>&)>& each) {
  const Setting setting = setting_of(Protocol::e, v, c.data, "");
  const Snapshots& all = setting.data.snapshots;
  const std::vector<Snapshot> wanted(all.begin() + 1, all.end());
  const auto rows = [&](const std::string& method) {
    std::vector<Result> list;
    for (const Snapshot& s : wanted) {
      list.push_back(blank(Protocol::e, v, method, "nothing", s));
    }
    return list;
  };
  std::vector<Result> still = rows("no change"), moved = rows("transport interpolation");
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    const auto at = static_cast<Index>(k) + 1;
    const Index to = at + 1 < all.size() ? at + 1 : at - 1;  // the last time has none after it
    const Index from = to > at ? at - 1 : at - 2;
    still[k] = persistence(still[k], all.front(), wanted[k]);
    moved[k] = transport(moved[k], all[from], all[to], wanted[k], all.front().cells.cols());
  }
  each(still);
  each(moved);
  for (const Contender& m : c.contenders) {
    for (const std::uint64_t seed : c.seeds) {
      Options o = m.options;
      o.seed = seed;
      const std::string name = m.name + ", all times, seed " + std::to_string(seed);
      begin(name);
      std::vector<Result> list = rows(m.name);
      for (Result& r : list) r.seed = seed;
      each(predict(setting, all, all.front(), wanted, std::move(list), o, name, workers));
    }
  }
}

}  // namespace

long models_of(Protocol p, Variant v, const Comparison& c) {
  const auto models = static_cast<long>(c.contenders.size() * c.seeds.size());
  return p == Protocol::e && v == Variant::as_published
             ? models
             : models * static_cast<long>(c.hold_out.size());
}

void compare(Protocol p, Variant v, const Comparison& c, Workers& workers,
             const std::function<void(const std::string&)>& begin,
             const std::function<void(const std::vector<Result>&)>& each) {
  if (p == Protocol::e && v == Variant::as_published) {
    fit_everywhere(v, c, workers, begin, each);
  } else {
    leave_one_out(p, v, c, workers, begin, each);
  }
}

}  // namespace program
