// SPDX-License-Identifier: MIT
/// check_says: an exception and what its message must contain, for Catch2 2 and 3 alike.
#pragma once

#include <concepts>
#include <exception>
#include <string>

#include "catch.hpp"

namespace cytode::laws {

/// Calls f, which must throw an E whose message contains every one of the texts.
template <class E, class F, class... Texts>
void check_says(F&& f, const Texts&... texts) {
  std::string said = "(nothing thrown)";
  bool right = false;
  try {
    f();
  } catch (const E& e) {
    said = e.what();
    right = true;
  } catch (const std::exception& e) {
    said = std::string("(another exception) ") + e.what();
  }
  for (const std::string& text : {std::string(texts)...}) {
    INFO("wanted: " << text << "\nsaid:   " << said);
    CHECK((right && said.find(text) != std::string::npos));
  }
}

}  // namespace cytode::laws
