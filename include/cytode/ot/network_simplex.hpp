// SPDX-License-Identifier: MIT
/// Network simplex for the transportation problem with integer masses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ot/plan.hpp>

namespace cytode::ot {

/// Primal simplex on the spanning trees of the complete bipartite graph, n sources and m sinks.
///
/// Masses are integers, so flows are exact and degeneracy is decided by comparison: the tree stays
/// strongly feasible (a basic arc without flow points to the root), and the last blocking arc
/// leaves, which rules out cycling [Cunningham 1976]. Entering arcs come from a cyclic search that
/// prices whole columns of the cost. Memory: O(n + m) beside the cost, which is not copied.
template <std::floating_point S>
class NetworkSimplex {
 public:
  using Mass = std::int64_t;

  /// Cost n × m; supply and demand are positive with equal sums. The cost must outlive this object.
  NetworkSimplex(const ConstBatch<S>& cost, std::vector<Mass> supply, std::vector<Mass> demand)
      : cost_(cost),
        n_(cost.rows()),
        m_(cost.cols()),
        nodes_(at(n_ + m_)),
        potential_(Vector<double>::Zero(n_ + m_)) {
    plant(std::move(supply), std::move(demand));
    refresh();
  }

  /// Pivots until no reduced cost is below −tolerance or the limit is reached; true if optimal.
  bool run(double tolerance, Index max_pivots) {
    Index pivots = 0;
    Index next_refresh = 0;
    for (;;) {
      if (pivots >= next_refresh) {
        refresh();
        next_refresh = pivots + 4 * (n_ + m_);
      }
      Arc enter = price(-tolerance);
      if (enter.source < 0) {  // no candidate: again with fresh duals
        refresh();
        enter = price(-tolerance);
        if (enter.source < 0) return true;
      }
      if (pivots++ >= max_pivots) return false;
      pivot(enter);
    }
  }

  [[nodiscard]] auto u() const { return potential_.head(n_); }
  [[nodiscard]] auto v() const { return potential_.tail(m_); }

  /// Calls f(i, j, mass) for every basic arc that moves mass.
  template <class F>
  void for_each_flow(F&& f) const {
    for (Index x = 0; x < n_ + m_; ++x) {
      const Node& node = nodes_[at(x)];
      if (node.parent < 0 || node.flow == 0) continue;
      if (x < n_) {
        f(x, Index{node.parent} - n_, node.flow);
      } else {
        f(Index{node.parent}, x - n_, node.flow);
      }
    }
  }

 private:
  /// A vertex of the tree: sources are 0 … n − 1, sinks n … n + m − 1.
  struct Node {
    std::int32_t parent = -1, child = -1, next = -1, previous = -1;  // next, previous: siblings
    std::int32_t depth = 0;
    Mass flow = 0;  // on the arc between this node and its parent
  };
  struct Arc {
    Index source = -1, sink = -1;
    double reduced = 0;
  };
  static constexpr Index lanes = 8;
  using Lanes = double __attribute__((vector_size(64)));
  using FloatLanes = float __attribute__((vector_size(32)));
  using Costs = std::conditional_t<sizeof(S) == 4, FloatLanes, Lanes>;

  static std::size_t at(Index i) noexcept { return static_cast<std::size_t>(i); }
  double cost(Index i, Index j) const noexcept { return static_cast<double>(cost_(i, j)); }

  void attach(Index x, Index parent, Mass flow) noexcept {
    Node& node = nodes_[at(x)];
    Node& above = nodes_[at(parent)];
    node.parent = static_cast<std::int32_t>(parent);
    node.flow = flow;
    node.previous = -1;
    node.next = above.child;
    if (above.child >= 0) nodes_[at(above.child)].previous = static_cast<std::int32_t>(x);
    above.child = static_cast<std::int32_t>(x);
  }
  void detach(Index x) noexcept {
    const Node& node = nodes_[at(x)];
    if (node.previous >= 0) {
      nodes_[at(node.previous)].next = node.next;
    } else {
      nodes_[at(node.parent)].child = node.next;
    }
    if (node.next >= 0) nodes_[at(node.next)].previous = node.previous;
  }

  /// Calls f on every node of the subtree of x, parents first.
  template <class F>
  void walk(Index top, F&& f) {
    Index x = top;
    for (;;) {
      f(x);
      if (nodes_[at(x)].child >= 0) {
        x = nodes_[at(x)].child;
        continue;
      }
      while (x != top && nodes_[at(x)].next < 0) x = nodes_[at(x)].parent;
      if (x == top) return;
      x = nodes_[at(x)].next;
    }
  }

  /// First tree: sources in turn fill the cheapest sinks left by reduced cost; what that leaves
  /// apart is tied to the first sink by arcs without flow that point to it.
  void plant(std::vector<Mass> supply, std::vector<Mass> demand);

  /// Duals and depths from the tree.
  void refresh() {
    potential_[n_] = 0;
    nodes_[at(n_)].depth = 0;
    walk(n_, [this](Index x) {
      const Index p = nodes_[at(x)].parent;
      if (p < 0) return;
      nodes_[at(x)].depth = nodes_[at(p)].depth + 1;
      potential_[x] = (x < n_ ? cost(x, p - n_) : cost(p, x - n_)) - potential_[p];
    });
  }

  /// The most negative reduced cost of column j, if below `best`; updates `enter`.
  void price_column(Index j, double& best, Arc& enter) const noexcept {
    const S* c = &cost_.coeffRef(0, j);
    const double* u = potential_.data();
    const double v = potential_[n_ + j];
    Lanes low = Lanes{} + std::numeric_limits<double>::infinity();
    Index i = 0;
    for (; i + lanes <= n_; i += lanes) {
      Costs raw;
      Lanes ui;
      std::memcpy(&raw, c + i, sizeof raw);
      std::memcpy(&ui, u + i, sizeof ui);
      const Lanes t = __builtin_convertvector(raw, Lanes) - ui;
      low = t < low ? t : low;
    }
    double least = low[0];
    for (Index l = 1; l < lanes; ++l) least = std::min(least, low[l]);
    for (; i < n_; ++i) least = std::min(least, static_cast<double>(c[i]) - u[i]);
    if (!(least - v < best)) return;
    best = least - v;
    i = 0;
    while (static_cast<double>(c[i]) - u[i] != least) ++i;
    enter = {i, j, best};
  }

  Arc price(double threshold) noexcept {
    Arc enter;
    double best = threshold;
    const Index block = std::max<Index>(4, 2048 / n_);
    for (Index done = 0; done < m_;) {
      const Index stop = std::min(done + block, m_);
      for (; done < stop; ++done) {
        price_column(next_column_, best, enter);
        if (++next_column_ == m_) next_column_ = 0;
      }
      if (enter.source >= 0) break;
    }
    return enter;
  }

  void pivot(const Arc& enter) noexcept {
    const Index source = enter.source, sink = n_ + enter.sink;
    Index a = source, b = sink;  // climb to the apex of the cycle
    Index leave = -1;            // flow falls on sources below `source` and sinks below `sink`
    bool below_source = true;
    Mass delta = std::numeric_limits<Mass>::max();
    Index leave_b = -1;
    Mass delta_b = std::numeric_limits<Mass>::max();
    while (a != b) {
      if (nodes_[at(a)].depth >= nodes_[at(b)].depth) {
        const Node& node = nodes_[at(a)];
        if (a < n_ && node.flow < delta) delta = node.flow, leave = a;
        a = node.parent;
      } else {
        const Node& node = nodes_[at(b)];
        if (b >= n_ && node.flow <= delta_b) delta_b = node.flow, leave_b = b;
        b = node.parent;
      }
    }
    if (delta_b <= delta) delta = delta_b, leave = leave_b, below_source = false;
    const Index apex = a;
    if (delta > 0) {
      for (Index x = source; x != apex; x = nodes_[at(x)].parent) {
        nodes_[at(x)].flow += x < n_ ? -delta : delta;
      }
      for (Index x = sink; x != apex; x = nodes_[at(x)].parent) {
        nodes_[at(x)].flow += x < n_ ? delta : -delta;
      }
    }
    // The branch under the leaving arc is turned round and hung on the entering arc.
    const Index branch = below_source ? source : sink;
    Index parent = below_source ? sink : source;
    Mass flow = delta;
    for (Index x = branch;;) {
      const Index above = nodes_[at(x)].parent;
      const Mass carried = nodes_[at(x)].flow;
      detach(x);
      attach(x, parent, flow);
      if (x == leave) break;
      parent = x;
      flow = carried;
      x = above;
    }
    const double to_source = below_source ? enter.reduced : -enter.reduced;
    walk(branch, [this, to_source](Index x) {
      potential_[x] += x < n_ ? to_source : -to_source;
      nodes_[at(x)].depth = nodes_[at(nodes_[at(x)].parent)].depth + 1;
    });
  }

  Eigen::Ref<const Matrix<S>> cost_;
  Index n_, m_;
  std::vector<Node> nodes_;
  Vector<double> potential_;
  Index next_column_ = 0;
};

template <std::floating_point S>
void NetworkSimplex<S>::plant(std::vector<Mass> supply, std::vector<Mass> demand) {
  // Column minima, then row minima of the rest: a first guess of the duals to rank the arcs by.
  Vector<double> v = cost_.colwise().minCoeff().transpose().template cast<double>();
  struct Edge {
    Index source, sink;
    Mass flow;
  };
  std::vector<Edge> edges;
  std::vector<Index> open(at(m_));
  std::iota(open.begin(), open.end(), Index{0});
  for (Index i = 0; i < n_; ++i) {
    while (supply[at(i)] > 0) {
      std::size_t best = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < open.size(); ++k) {
        const double reduced = cost(i, open[k]) - v[open[k]];
        if (reduced < least) least = reduced, best = k;
      }
      const Index j = open[best];
      const Mass flow = std::min(supply[at(i)], demand[at(j)]);
      supply[at(i)] -= flow;
      demand[at(j)] -= flow;
      edges.push_back({i, j, flow});
      if (demand[at(j)] == 0) {
        open[best] = open.back();
        open.pop_back();
      }
    }
  }
  // The edges form a forest. Adjacency lists, then a search from sink 0 and from one source each
  // of the other parts.
  std::vector<std::vector<std::size_t>> near(at(n_ + m_));
  for (std::size_t k = 0; k < edges.size(); ++k) {
    near[at(edges[k].source)].push_back(k);
    near[at(n_ + edges[k].sink)].push_back(k);
  }
  std::vector<bool> seen(at(n_ + m_), false);
  std::vector<Index> stack;
  const auto grow = [&](Index root) {
    seen[at(root)] = true;
    stack.push_back(root);
    while (!stack.empty()) {
      const Index x = stack.back();
      stack.pop_back();
      for (const std::size_t k : near[at(x)]) {
        const Index y = x < n_ ? n_ + edges[k].sink : edges[k].source;
        if (seen[at(y)]) continue;
        seen[at(y)] = true;
        attach(y, x, edges[k].flow);
        stack.push_back(y);
      }
    }
  };
  grow(n_);
  for (Index i = 0; i < n_; ++i) {
    if (seen[at(i)]) continue;
    attach(i, n_, 0);
    grow(i);
  }
}

}  // namespace cytode::ot
