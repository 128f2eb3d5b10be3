// SPDX-License-Identifier: MIT
/// Network simplex for the transportation problem with integer masses.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <cytode/core/types.hpp>
#include <cytode/ot/greedy_start.hpp>
#include <cytode/ot/scan.hpp>

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

  /// Starts from a feasible plan for the n × m cost; its duals only help to join the parts that
  /// its arcs leave apart. The cost must outlive this object.
  NetworkSimplex(const ConstBatch<S>& cost, const GreedyStart& start)
      : cost_(cost),
        n_(cost.rows()),
        m_(cost.cols()),
        nodes_(at(n_ + m_)),
        potential_(Vector<double>::Zero(n_ + m_)) {
    plant(start.plan, start.u, start.v);
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
    std::int32_t size = 1;                                           // of the subtree
    Mass flow = 0;  // on the arc between this node and its parent
  };
  struct Arc {
    Index source = -1, sink = -1;
    double reduced = 0;
  };
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

  /// Calls f on every node of the subtree of `top`, parents first, but for the subtree of `skip`.
  template <class F>
  void walk(Index top, Index skip, F&& f) {
    const auto past = [&](Index x) { return x == skip && x >= 0 ? Index{nodes_[at(x)].next} : x; };
    for (Index x = top;;) {
      f(x);
      Index y = past(nodes_[at(x)].child);
      for (; y < 0; x = nodes_[at(x)].parent) {
        if (x == top) return;
        y = past(nodes_[at(x)].next);
        if (y >= 0) break;
      }
      x = y;
    }
  }

  void plant(const std::vector<Flow>& plan, const Vector<double>& u, const Vector<double>& v);

  /// Duals from the tree.
  void refresh() {
    potential_[n_] = 0;
    walk(n_, -1, [this](Index x) {
      const Index p = nodes_[at(x)].parent;
      if (p >= 0) potential_[x] = (x < n_ ? cost(x, p - n_) : cost(p, x - n_)) - potential_[p];
    });
  }

  /// The most negative reduced cost of column j, if below `best`; updates `enter`.
  void price_column(Index j, double& best, Arc& enter) const noexcept {
    const Smallest least = smallest(&cost_.coeffRef(0, j), potential_.data(), n_);
    const double reduced = least.value - potential_[n_ + j];
    if (reduced < best) best = reduced, enter = {least.row, j, reduced};
  }

  Arc price(double threshold) noexcept {
    Arc enter;
    double best = threshold;
    const Index block = std::max<Index>(1, 3000 / n_);  // columns; weighed against a pivot
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

  /// Takes an arc, which may carry `mass` already, into the tree and the blocking arc out of it.
  void pivot(const Arc& enter, Mass mass = 0) noexcept {
    const Index source = enter.source, sink = n_ + enter.sink;
    Index a = source, b = sink;  // climb to the apex of the cycle
    Index leave = -1;            // flow falls on sources below `source` and sinks below `sink`
    bool below_source = true;
    Mass delta = std::numeric_limits<Mass>::max();
    Index leave_b = -1;
    Mass delta_b = std::numeric_limits<Mass>::max();
    while (a != b) {
      if (nodes_[at(a)].size < nodes_[at(b)].size) {  // then a is no ancestor of b
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
    const std::int32_t moved = nodes_[at(leave)].size;
    for (Index x = nodes_[at(leave)].parent; x != apex; x = nodes_[at(x)].parent) {
      nodes_[at(x)].size -= moved;
    }
    for (Index x = parent; x != apex; x = nodes_[at(x)].parent) nodes_[at(x)].size += moved;
    Mass flow = delta + mass;
    std::int32_t behind = 0;  // nodes that stay below a node on the way
    for (Index x = branch;;) {
      Node& node = nodes_[at(x)];
      const Index above = node.parent;
      const Mass carried = node.flow;
      const std::int32_t size = node.size;
      detach(x);
      attach(x, parent, flow);
      node.size = moved - behind;
      if (x == leave) break;
      parent = x;
      flow = carried;
      behind = size;
      x = above;
    }
    // Only differences of duals matter: shift the smaller of the two parts.
    double to_source = below_source ? enter.reduced : -enter.reduced;
    const auto shift = [this, &to_source](Index x) {
      potential_[x] += x < n_ ? to_source : -to_source;
    };
    if (2 * moved <= n_ + m_) {
      walk(branch, -1, shift);
    } else {
      to_source = -to_source;
      walk(n_, branch, shift);
    }
  }

  Eigen::Ref<const Matrix<S>> cost_;
  Index n_, m_;
  std::vector<Node> nodes_;
  Vector<double> potential_;
  Index next_column_ = 0;
};

/// The first tree: a spanning forest of the plan's arcs from sink 0 and from one source in every
/// other part, each part tied by an arc without flow that points to what stands already. Arcs of
/// the plan that would close a cycle are pivoted in afterwards, with the mass they carry.
template <std::floating_point S>
void NetworkSimplex<S>::plant(const std::vector<Flow>& plan, const Vector<double>& u,
                              const Vector<double>& v) {
  std::vector<Index> first(at(n_ + m_ + 1), 0);  // arcs by vertex, in one array
  for (const Flow& f : plan) {
    ++first[at(f.source + 1)];
    ++first[at(n_ + f.sink + 1)];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<std::size_t> near(2 * plan.size());
  std::vector<Index> fill = first;
  for (std::size_t k = 0; k < plan.size(); ++k) {
    near[at(fill[at(plan[k].source)]++)] = k;
    near[at(fill[at(n_ + plan[k].sink)]++)] = k;
  }
  std::vector<bool> seen(at(n_ + m_), false), used(plan.size(), false);
  std::vector<Index> stack;
  const auto grow = [&](Index root) {
    seen[at(root)] = true;
    stack.push_back(root);
    while (!stack.empty()) {
      const Index x = stack.back();
      stack.pop_back();
      for (Index a = first[at(x)]; a < first[at(x + 1)]; ++a) {
        const std::size_t k = near[at(a)];
        const Index y = x < n_ ? n_ + plan[k].sink : plan[k].source;
        if (seen[at(y)]) continue;
        seen[at(y)] = used[k] = true;
        attach(y, x, plan[k].mass);
        stack.push_back(y);
      }
    }
  };
  grow(n_);
  for (Index i = 0; i < n_; ++i) {
    if (seen[at(i)]) continue;
    Index near_sink = 0;
    double least = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < m_; ++j) {
      const double slack = cost(i, j) - u[i] - v[j];
      if (seen[at(n_ + j)] && slack < least) least = slack, near_sink = j;
    }
    attach(i, n_ + near_sink, 0);
    grow(i);
  }
  std::vector<Index> order;
  order.reserve(nodes_.size());
  walk(n_, -1, [&order](Index x) { order.push_back(x); });
  for (std::size_t k = order.size() - 1; k > 0; --k) {
    const Node& node = nodes_[at(order[k])];
    nodes_[at(node.parent)].size += node.size;
  }
  refresh();
  for (std::size_t k = 0; k < plan.size(); ++k) {
    if (used[k]) continue;
    const Index i = plan[k].source, j = plan[k].sink;
    pivot({i, j, cost(i, j) - potential_[i] - potential_[n_ + j]}, plan[k].mass);
  }
}

}  // namespace cytode::ot
