// SPDX-License-Identifier: MIT
/// A differentiable field of any type behind one type, so that solvers are compiled once for all
/// problems.
#pragma once

#include <memory>
#include <utility>

#include <cytode/core/concepts.hpp>

namespace work_precision {

using namespace cytode;

/// A DifferentiableField over double that holds any other. A call costs one virtual call a batch on
/// top, the same for every method. Copies share the field.
class AnyField {
  struct Memory {
    virtual ~Memory() = default;
  };

 public:
  using Scalar = double;
  /// A copy begins empty: what a cache remembers never outlives the operations after a forward.
  struct Cache {
    Cache() = default;
    Cache(const Cache&) {}
    Cache(Cache&&) = default;
    std::unique_ptr<Memory> memory = {};
  };

  template <DifferentiableField F>
  explicit AnyField(F field) : held_(std::make_shared<Held<F>>(std::move(field))) {}

  [[nodiscard]] Index dims() const { return held_->dims(); }
  [[nodiscard]] Vector<double>& parameters() { return held_->parameters(); }
  [[nodiscard]] const Vector<double>& parameters() const { return held_->parameters(); }
  [[nodiscard]] ParameterLayout layout() const { return held_->layout(); }

  void forward(Times<double> t, const ConstBatch<double>& x, Batch<double> dx, Cache& c) const {
    held_->forward(t, x, dx, c);
  }
  void vjp(Times<double> t, const ConstBatch<double>& x, const ConstBatch<double>& a,
           VectorView<double> atheta, Cache& c) const {
    held_->vjp(t, x, a, atheta, c);
  }
  void vjp(Times<double> t, const ConstBatch<double>& x, const ConstBatch<double>& a,
           RowView<double> at, Batch<double> ax, VectorView<double> atheta, Cache& c) const {
    held_->vjp(t, x, a, at, ax, atheta, c);
  }
  void jvp(Times<double> t, const ConstBatch<double>& x, Times<double> tdot,
           const ConstBatch<double>& xdot, Batch<double> out, Cache& c) const {
    held_->jvp(t, x, tdot, xdot, out, c);
  }
  void jvp_vjp(Times<double> t, const ConstBatch<double>& x, Times<double> tdot,
               const ConstBatch<double>& xdot, const ConstBatch<double>& a,
               const ConstBatch<double>& b, RowView<double> at, Batch<double> ax,
               Batch<double> axdot, VectorView<double> atheta, Cache& c) const {
    held_->jvp_vjp(t, x, tdot, xdot, a, b, at, ax, axdot, atheta, c);
  }

 private:
  using Tm = Times<double>;
  using In = const ConstBatch<double>&;
  using Out = Batch<double>;
  using Line = RowView<double>;
  using Theta = VectorView<double>;

  struct Interface {
    virtual ~Interface() = default;
    virtual Index dims() const = 0;
    virtual Vector<double>& parameters() = 0;
    virtual ParameterLayout layout() const = 0;
    virtual void forward(Tm, In x, Out dx, Cache&) const = 0;
    virtual void vjp(Tm, In x, In a, Theta atheta, Cache&) const = 0;
    virtual void vjp(Tm, In x, In a, Line at, Out ax, Theta atheta, Cache&) const = 0;
    virtual void jvp(Tm, In x, Tm tdot, In xdot, Out out, Cache&) const = 0;
    virtual void jvp_vjp(Tm, In x, Tm tdot, In xdot, In a, In b, Line at, Out ax, Out axdot,
                         Theta atheta, Cache&) const = 0;
  };
  template <class F>
  struct Held final : Interface {
    struct Kept final : Memory {
      typename F::Cache cache;
    };
    explicit Held(F f) : field(std::move(f)) {}
    static typename F::Cache& of(Cache& c) {
      if (!c.memory) c.memory = std::make_unique<Kept>();
      return static_cast<Kept&>(*c.memory).cache;
    }
    Index dims() const override { return field.dims(); }
    Vector<double>& parameters() override { return field.parameters(); }
    ParameterLayout layout() const override { return field.layout(); }
    void forward(Tm t, In x, Out dx, Cache& c) const override { field.forward(t, x, dx, of(c)); }
    void vjp(Tm t, In x, In a, Theta atheta, Cache& c) const override {
      field.vjp(t, x, a, atheta, of(c));
    }
    void vjp(Tm t, In x, In a, Line at, Out ax, Theta atheta, Cache& c) const override {
      field.vjp(t, x, a, at, ax, atheta, of(c));
    }
    void jvp(Tm t, In x, Tm tdot, In xdot, Out out, Cache& c) const override {
      field.jvp(t, x, tdot, xdot, out, of(c));
    }
    void jvp_vjp(Tm t, In x, Tm tdot, In xdot, In a, In b, Line at, Out ax, Out axdot, Theta atheta,
                 Cache& c) const override {
      field.jvp_vjp(t, x, tdot, xdot, a, b, at, ax, axdot, atheta, of(c));
    }
    F field;
  };

  std::shared_ptr<Interface> held_;
};

}  // namespace work_precision
