// SPDX-License-Identifier: MIT
/// Our side of the comparison: does jobs on command, one line in, one line of JSON out.
///
///   prepare FAMILY KEY=VALUE…   makes a job and writes the inputs the peers read; calls it once
///   measure SECONDS             calls it for so long, once at least: medians and its figures
///   peak                        the most memory this process ever held, in bytes
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>
#include <sys/resource.h>
#include <time.h>
#include <utility>

#include <nlohmann/json.hpp>

#include <cytode/core/checks.hpp>

#include "job.hpp"

namespace {

using namespace compare;
using Json = nlohmann::ordered_json;

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

Job prepare(std::istringstream& words, const Families& families) {
  std::string family, word;
  words >> family;
  std::map<std::string, std::string> values;
  while (words >> word) {
    const auto equals = word.find('=');
    cytode::check(equals != std::string::npos, "compare", "'", word, "' is not key=value");
    values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  const auto found = families.find(family);
  cytode::check(found != families.end(), "compare", "there is no family '", family, "'");
  return found->second(Parameters(values));
}

/// Medians over calls in groups that take at least a hundredth of the time asked for.
Json measure(const Job& job, double least) {
  std::vector<double> processor, wall;
  long group = 1;
  const double start = seconds(CLOCK_MONOTONIC);
  while (processor.empty() || seconds(CLOCK_MONOTONIC) - start < least) {
    const double c = seconds(CLOCK_PROCESS_CPUTIME_ID), w = seconds(CLOCK_MONOTONIC);
    for (long k = 0; k < group; ++k) job.call();
    const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - c, took = seconds(CLOCK_MONOTONIC) - w;
    if (took < least / 100 && group < (1L << 20)) {  // too short to time: a larger group
      group *= 2;
      continue;
    }
    processor.push_back(cpu / static_cast<double>(group));
    wall.push_back(took / static_cast<double>(group));
  }
  Json out{{"cpu", median(processor)}, {"wall", median(wall)}};
  for (const auto& [name, value] : job.figures()) out["figures"][name] = value;
  return out;
}

Json answer(const std::string& line, Job& job, const Families& families) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "prepare") {
    const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    job = {};
    job = prepare(words, families);
    const double before = seconds(CLOCK_PROCESS_CPUTIME_ID);
    job.call();
    const double end = seconds(CLOCK_PROCESS_CPUTIME_ID);
    return {{"setup", before - start}, {"first", end - before}};
  }
  if (verb == "measure") {
    double least = 0;
    words >> least;
    cytode::check(static_cast<bool>(job.call), "compare", "measure before prepare");
    return measure(job, least);
  }
  if (verb == "peak") {
    rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return {{"bytes", 1024.0 * static_cast<double>(usage.ru_maxrss)}};
  }
  cytode::fail_check("compare", "there is no command '", verb, "'");
}

}  // namespace

int main() {
  Families families;
  add_training(families);
  add_solves(families);
  add_transport(families);
  add_noise(families);
  add_files(families);
  add_limits(families);
  Job job;
  for (std::string line; std::getline(std::cin, line);) {
    Json out;
    try {
      out = answer(line, job, families);
    } catch (const std::exception& e) {
      out = {{"error", e.what()}};
    }
    std::cout << out.dump() << std::endl;
  }
}
