// SPDX-License-Identifier: MIT
/// The progress of a training run on standard error: a bar in a terminal, plain lines elsewhere.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <unistd.h>

#include <cytode/train/trainer.hpp>

namespace program {

/// Shows one model's training. In a terminal a line that rewrites itself ten times a second;
/// elsewhere a line at every tenth of the way, or, if `brief`, none.
class Progress {
 public:
  Progress(std::string name, bool brief)
      : name_(std::move(name)), terminal_(isatty(2) == 1), brief_(brief) {}

  void operator()(const cytode::train::Progress& p) {
    if (first_ < 0) first_ = p.step - 1;
    smooth_ = smooth_ < 0 ? p.loss : smooth_ + 0.02 * (p.loss - smooth_);
    const bool last = p.step == p.total;
    if (terminal_) {
      if (!last && p.seconds - shown_ < 0.1) return;
      shown_ = p.seconds;
      std::fprintf(stderr, "\r\033[K%s", line(p).c_str());
      if (last) std::fputc('\n', stderr);
    } else if (!brief_ && (last || p.step * 10 / p.total != (p.step - 1) * 10 / p.total)) {
      std::fprintf(stderr, "%s\n", line(p).c_str());
    }
    std::fflush(stderr);
  }
  /// Takes the line of an unfinished run away, to make room for a message.
  void clear() const {
    if (terminal_ && first_ >= 0) std::fputs("\r\033[K", stderr);
  }

 private:
  [[nodiscard]] std::string line(const cytode::train::Progress& p) const {
    const double done = static_cast<double>(p.step) / static_cast<double>(p.total);
    const double rate = static_cast<double>(p.step - first_) / std::max(p.seconds, 1e-9);
    const double left = static_cast<double>(p.total - p.step) / std::max(rate, 1e-9);
    const auto full = static_cast<std::size_t>(std::floor(20 * done));
    std::string bar;
    if (terminal_) {
      for (std::size_t i = 0; i < 20; ++i) bar += i < full ? "█" : "░";
      bar = " " + bar;
    }
    char text[160];
    std::snprintf(text, sizeof text, " %3.0f %%  step %ld/%ld  %.0f steps/s  loss %.4f  %s",
                  100 * done, p.step, p.total, rate, smooth_,
                  p.step == p.total ? ("done in " + clock(p.seconds)).c_str()
                                    : (clock(left) + " left").c_str());
    return name_ + bar + text;
  }
  static std::string clock(double seconds) {
    char text[32];
    if (seconds < 60) {
      std::snprintf(text, sizeof text, "%.1f s", seconds);
    } else {
      std::snprintf(text, sizeof text, "%.0f min %02.0f s", std::floor(seconds / 60),
                    std::fmod(seconds, 60));
    }
    return text;
  }

  std::string name_;
  bool terminal_, brief_;
  long first_ = -1;
  double smooth_ = -1;
  double shown_ = -1;
};

}  // namespace program
