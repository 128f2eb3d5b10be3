// SPDX-License-Identifier: MIT
/// What this machine can do: multiply-adds from registers, products of matrices, bytes of memory.
#include <algorithm>
#include <iterator>
#include <memory>

#include <Eigen/Core>

#include "inputs.hpp"
#include "job.hpp"

namespace compare {
namespace {

/// A place the optimizer must believe in.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Twelve chains of fused multiply-adds of float, more than latency × units.
Job multiply_adds(const Parameters&) {
  using namespace Eigen::internal;
  using Packet = packet_traits<float>::type;
  constexpr int rounds = 20000, size = packet_traits<float>::size;
  return {.call =
              [] {
                alignas(64) float start[12 * size];
                std::fill(std::begin(start), std::end(start), 1.0f);
                keep(start);  // none is known to equal another
                const auto from = [&](Index n) { return pload<Packet>(start + n * size); };
                const Packet x = pset1<Packet>(0.999f), y = pset1<Packet>(0.001f);
                Packet a = from(0), b = from(1), c = from(2), d = from(3), e = from(4), f = from(5);
                Packet g = from(6), h = from(7), i = from(8), j = from(9), k = from(10),
                       l = from(11);
                for (int n = 0; n < rounds; ++n) {
                  a = pmadd(a, x, y), b = pmadd(b, x, y), c = pmadd(c, x, y), d = pmadd(d, x, y);
                  e = pmadd(e, x, y), f = pmadd(f, x, y), g = pmadd(g, x, y), h = pmadd(h, x, y);
                  i = pmadd(i, x, y), j = pmadd(j, x, y), k = pmadd(k, x, y), l = pmadd(l, x, y);
                }
                const Packet sum =
                    padd(padd(padd(a, b), padd(c, d)),
                         padd(padd(padd(e, f), padd(g, h)), padd(padd(i, j), padd(k, l))));
                keep(predux(sum));
              },
          .figures =
              [] {
                return Figures{{"flops", 24.0 * rounds * size}};
              }};
}

/// Eigen's product of a width × width matrix and a width × cells one.
Job product(const Parameters& p) {
  const Index width = p.number("width"), cells = p.number("cells");
  const auto a = std::make_shared<Matrix<float>>(normals(width, width, 1));
  const auto b = std::make_shared<Matrix<float>>(normals(width, cells, 2));
  const auto c = std::make_shared<Matrix<float>>(width, cells);
  const double flops = 2.0 * static_cast<double>(width * width * cells);
  return {.call =
              [=] {
                c->noalias() = *a * *b;
                keep(*c);
              },
          .figures =
              [flops] {
                return Figures{{"flops", flops}};
              }};
}

/// c = a + s b on vectors of 64 MiB: two read, one written.
Job bandwidth(const Parameters&) {
  constexpr Index n = Index{1} << 24;
  const auto a = std::make_shared<Vector<float>>(Vector<float>::Ones(n));
  const auto b = std::make_shared<Vector<float>>(*a);
  const auto c = std::make_shared<Vector<float>>(*a);
  return {.call =
              [=] {
                c->noalias() = *a + 1.5f * *b;
                keep(*c);
              },
          .figures =
              [] {
                return Figures{{"bytes", 12.0 * static_cast<double>(n)}};
              }};
}

}  // namespace

void add_limits(Families& families) {
  families["fma"] = multiply_adds;
  families["gemm"] = product;
  families["bandwidth"] = bandwidth;
}

}  // namespace compare
