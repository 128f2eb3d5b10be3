// SPDX-License-Identifier: MIT
/// What exceptions say, checked in a way that Catch2 2 and 3 both have.
#pragma once

#include <concepts>
#include <exception>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace cytode::laws {

/// The message of the exception that f must throw, "" if it throws none.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

/// True if the text has the part in it.
inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

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
