// SPDX-License-Identifier: MIT
#include <cytode/cytode.hpp>

double other() {
  return cytode::Stream(1).uniform(0);
}
