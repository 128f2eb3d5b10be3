// SPDX-License-Identifier: MIT
/// What every program does the same way: numbers on the command line, one clear line for every
/// error, exit codes.
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include <cytode/data/nearest.hpp>

#include "interrupted.hpp"

namespace program {

/// A validator without a description of its own; CLI11's print a limit of 309 digits.
template <class Complaint>
CLI::Validator validator(Complaint complaint) {
  return CLI::Validator(complaint, "");
}

/// True if the whole text is one number of that kind.
template <class Number>
bool parse_whole(const std::string& text, Number& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

/// Accepts whole numbers from `least` on that `Number` can hold.
template <class Number = long>
CLI::Validator whole_number(Number least, Number most = std::numeric_limits<Number>::max()) {
  return validator([least, most](const std::string& text) {
    Number value = 0;
    if (parse_whole(text, value) && value >= least && value <= most) return std::string();
    const bool open = most == std::numeric_limits<Number>::max();
    return "'" + text + "', wanted a whole number " +
           (open ? "from " + std::to_string(least) + " on"
                 : "between " + std::to_string(least) + " and " + std::to_string(most));
  });
}

/// Accepts finite numbers above zero, or zero as well.
inline CLI::Validator number(bool zero_too) {
  return validator([zero_too](const std::string& text) {
    double value = 0;
    const bool good =
        parse_whole(text, value) && std::isfinite(value) && (zero_too ? value >= 0 : value > 0);
    return good ? std::string()
                : "'" + text + "', wanted a number" + (zero_too ? ", zero or more" : " above zero");
  });
}
inline CLI::Validator positive() {
  return number(false);
}
inline CLI::Validator not_negative() {
  return number(true);
}

/// Accepts any finite number.
inline CLI::Validator finite() {
  return validator([](const std::string& text) {
    double value = 0;
    return parse_whole(text, value) && std::isfinite(value) ? std::string()
                                                            : "'" + text + "', wanted a number";
  });
}
/// Accepts numbers above zero and below one.
inline CLI::Validator share() {
  return validator([](const std::string& text) {
    double value = 0;
    return parse_whole(text, value) && value > 0 && value < 1
               ? std::string()
               : "'" + text + "', wanted a share between 0 and 1";
  });
}

/// Turns the name of a choice, in upper or lower case, into its number, which CLI11 reads.
template <class Choice>
CLI::Validator one_of(std::map<std::string, Choice> names) {
  return validator([names = std::move(names)](std::string& text) {
    std::string lower = text, known;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const auto& [name, value] : names) {
      if (name == lower) {
        text = std::to_string(static_cast<int>(value));
        return std::string();
      }
      known += (known.empty() ? "" : ", ") + name;
    }
    return "'" + text + "', wanted one of " + known;
  });
}

/// Reads the command line. Returns false if there is nothing left to do (--help); throws
/// std::invalid_argument with one clear sentence for everything that CLI11 refuses.
inline bool parse(CLI::App& app, int argc, char** argv) {
  app.allow_extras();  // to say what was meant, instead of a required option missing
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {
      app.exit(e);
      return false;
    }
    std::string text = e.what();
    if (e.get_name() == "ArgumentMismatch")
      text = text.substr(0, text.find(':')) + " needs a value, and one only";
    throw std::invalid_argument(text + " (see --help)");
  }
  const std::vector<std::string> unknown = app.remaining();
  if (unknown.empty()) return true;
  std::vector<std::string> names;
  for (const CLI::Option* o : app.get_options()) names.push_back("--" + o->get_single_name());
  const std::string given = unknown[0].substr(0, unknown[0].find('='));
  if (!given.starts_with("-")) {
    throw std::invalid_argument("'" + given + "' belongs to no option (see --help)");
  }
  throw std::invalid_argument("no option '" + given + "'" + cytode::data::suggest(given, names));
}

/// A message of the library without the name of the function that threw it.
inline std::string without_function(const std::string& text) {
  const std::size_t end = text.find(": ");
  if (end == std::string::npos) return text;
  const bool name =
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                  [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == ':'; });
  return name ? text.substr(end + 2) : text;
}

/// Runs f; a misuse it finds is said to be one of that option.
template <class F>
auto about(const std::string& option, F&& f) {
  try {
    return f();
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(option + ": " + without_function(e.what()));
  }
}

/// One line on standard error.
inline int fail(const std::string& program, const std::string& reason, int code) {
  std::string text = without_function(reason);
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  std::fprintf(stderr, "%s: %s\n", program.c_str(), text.c_str());
  return code;
}

/// Runs a program; exit codes 0: done, 1: failed, 2: something asked for cannot be, 130:
/// interrupted.
template <class Body>
int guarded(const std::string& program, Body&& body) {
  try {
    body();
    // What was printed counts as output, too: a full disk behind a redirection is a failure.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return fail(program, "cannot write to standard output", 1);
    }
    return 0;
  } catch (const Interrupted& e) {
    return fail(program, e.what(), 130);
  } catch (const std::invalid_argument& e) {
    return fail(program, e.what(), 2);
  } catch (const std::bad_alloc&) {
    return fail(program, "out of memory: ask for less (cells, coordinates, width)", 1);
  } catch (const std::exception& e) {
    return fail(program, e.what(), 1);
  }
}

}  // namespace program
