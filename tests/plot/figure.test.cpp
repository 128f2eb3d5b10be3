// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <cytode/plot/arrows.hpp>
#include <cytode/plot/band.hpp>
#include <cytode/plot/bars.hpp>
#include <cytode/plot/figure.hpp>
#include <cytode/plot/lines.hpp>
#include <cytode/plot/note.hpp>
#include <cytode/plot/points.hpp>
#include <cytode/plot/rule.hpp>

#include "catch.hpp"
#include "plot/xml.hpp"

using namespace cytode;
using namespace cytode::plot;

namespace {

const double missing = std::nan("");

struct Place {
  double x = 0, y = 0;
};

/// Pixel extent of every text, from the attributes, with a font narrower than the library assumes.
void check_texts_inside(const xml::Element& e, Place origin, double width, double height) {
  double dx = 0, dy = 0;
  const std::string transform = e.at("transform");
  const bool turned = transform.find("rotate(-90)") != std::string::npos;
  const bool slanted = transform.find("rotate(-38)") != std::string::npos;
  if (!transform.empty()) {
    REQUIRE(transform.rfind("translate(", 0) == 0);
    std::size_t used = 0;
    dx = std::stod(transform.substr(10), &used);
    dy = std::stod(transform.substr(10 + used));
  }
  const Place here = {origin.x + dx, origin.y + dy};
  if (e.name == "text") {
    std::size_t letters = 0;
    for (const char c : e.text) letters += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    const double size = e.at("font-size").empty() ? 12 : std::stod(e.at("font-size"));
    const double w = 0.5 * size * static_cast<double>(letters);
    const double share = e.at("text-anchor") == "end"      ? 1
                         : e.at("text-anchor") == "middle" ? 0.5
                                                           : 0;
    const double x = here.x + (e.at("x").empty() ? 0 : std::stod(e.at("x")));
    const double y = here.y + (e.at("y").empty() ? 0 : std::stod(e.at("y")));
    const double along_x = turned ? 0 : slanted ? std::cos(0.663) : 1;
    const double along_y = turned ? -1 : slanted ? -std::sin(0.663) : 0;
    CAPTURE(e.text, x, y, w);
    for (const double end : {-share * w, (1 - share) * w}) {
      CHECK(x + end * along_x >= 0);
      CHECK(x + end * along_x <= width);
      CHECK(y + end * along_y - (along_y == 0 ? 0.7 * size : 0) >= 0);
      CHECK(y + end * along_y + (along_y == 0 ? 0.2 * size : 0) <= height);
    }
  }
  for (const xml::Element& child : e.children) check_texts_inside(child, here, width, height);
}

std::size_t dots(const Figure::Svg& svg) {
  return xml::count(svg.text, "h0");
}

std::vector<double> range(int n) {
  std::vector<double> v;
  for (int i = 0; i < n; ++i) v.push_back(i);
  return v;
}

/// One of everything, with names that hurt.
Figure full() {
  Figure figure({.title = "All & everything, a title that is long enough to need two lines of it",
                 .description = "<desc> \"x\"",
                 .columns = 2,
                 .width = 220,
                 .height = 140});
  figure.panel({.title = "<b>&\"", .x = {.label = "PC1 基因"}, .y = {.label = "βIII 'y'"}})
      .add(Points{.x = {1, 2, 3e6}, .y = {-4, 5, 6}, .name = "<cells>", .hollow = true})
      .add(Points{.x = {1, 2},
                  .y = {1, 2},
                  .values = {0, 24},
                  .colors = ColorScale::of_stops({0, 24, 72}, "time (h)")})
      .add(Note{.x = 3e6, .y = 6, .text = "at the corner", .anchor = Anchor::middle})
      .add(Rule{.x = 2.0, .name = "left out"});
  figure.panel({.title = "trajectories", .x = {.label = "x"}, .y = {.label = "loss", .log = true}})
      .add(Lines{.x = {1, 2, 3, 4},
                 .y = {1e-9, 1, 2, 3e5},
                 .length = 2,
                 .values = {0, 1, 0, 1},
                 .colors = {.label = "time"},
                 .head = 5})
      .add(Band{.x = {1, 2}, .low = {1, 2}, .high = {2, 3}, .name = "± 1 s.d."});
  figure.panel({.y = {.label = "a label much longer than the axis is high, which shrinks"}})
      .add(Bars{
          .groups = {"hematopoietic_progenitor", "monocyte/macrophage", "n"},
          .series = {{"model", {1, -2, missing}, {0.1, 0.1, missing}}, {"baseline", {3, 4, 5}}}});
  figure.panel({.equal_aspect = true})
      .add(Arrows{.x = {0, 1}, .y = {0, 1}, .u = {1, 0}, .v = {0, 1}, .name = "velocity"});
  return figure;
}

struct WithoutKey {
  void measure(Limits&) const {}
  void draw(Canvas&) const {}
};
struct DrawsOnce : WithoutKey {
  void describe(Key&) const {}
  void draw(Canvas&) {}
};
static_assert(Mark<Points> && Mark<Lines> && !Mark<WithoutKey> && !Mark<DrawsOnce> && !Mark<int>);

}  // namespace

TEST_CASE("a figure is well-formed, named for screen readers, and always the same", "[plot]") {
  const Figure::Svg svg = full().draw();
  const xml::Element root = xml::parse(svg.text);
  CHECK(root.name == "svg");
  CHECK(root.at("role") == "img");
  CHECK(root.children.at(0).name == "title");
  CHECK(root.children.at(0).text.rfind("All & everything", 0) == 0);
  CHECK(root.children.at(1).text == "<desc> \"x\"");
  std::vector<std::string> texts;
  for (const xml::Element* t : root.all("text")) texts.push_back(t->text);
  for (const char* wanted : {"<b>&\"", "PC1 基因", "βIII 'y'", "<cells>", "24", "time (h)",
                             "left out", "hematopoietic_progenitor", "velocity", "−2.00"}) {
    CAPTURE(wanted);
    CHECK(std::find(texts.begin(), texts.end(), wanted) != texts.end());
  }
  CHECK(svg.skipped == 1);  // the NaN bar
  CHECK(full().svg() == svg.text);
  CHECK(full().svg() == full().svg());
}

TEST_CASE("no text leaves the picture", "[plot]") {
  const Figure::Svg svg = full().draw();
  check_texts_inside(xml::parse(svg.text), {}, svg.width, svg.height);
  Figure edge({.width = 200, .height = 100});  // labels at the very ends of both axes
  edge.panel({.x = {.low = -1e6, .high = 3.25e6, .ticks = {-1e6, 3.25e6}},
              .y = {.low = -1, .high = 1, .ticks = {-1, 1}}});
  const Figure::Svg ends = edge.draw();
  check_texts_inside(xml::parse(ends.text), {}, ends.width, ends.height);
}

TEST_CASE("a figure without data has axes and nothing else", "[plot]") {
  Figure none, empty, bars, blank;
  CHECK_NOTHROW(xml::parse(none.svg()));
  empty.panel({.y = {.log = true}}).add(Points{}).add(Lines{}).add(Arrows{}).add(Band{});
  bars.panel().add(Bars{});
  CHECK_NOTHROW(xml::parse(bars.svg()));
  const Figure::Svg svg = empty.draw();
  CHECK(dots(svg) == 0);
  CHECK(svg.skipped == 0);
  CHECK_NOTHROW(xml::parse(svg.text));
  blank.panel().add(Points{.x = {missing, 1}, .y = {1, missing}});
  CHECK(blank.draw().skipped == 2);
}

TEST_CASE("every dot is drawn once; the rest is counted", "[plot]") {
  Figure figure;
  const double inf = std::numeric_limits<double>::infinity();
  figure.panel({.x = {.high = 10}})
      .add(Points{.x = {1, 2, missing, 4, 5, 99}, .y = {1, missing, 1, inf, 5, 6}});
  CHECK(dots(figure.draw()) == 2);
  CHECK(figure.draw().skipped == 4);

  Figure one;
  one.panel().add(Points{.x = {3}, .y = {7}});
  CHECK(dots(one.draw()) == 1);
  CHECK(one.draw().skipped == 0);

  for (const int n : {0, 1, 99, 100, 101, 1000, 1234}) {
    const Points points{.x = range(n),
                        .y = range(n),
                        .values = range(n),
                        .colors = {.low = 0, .high = 1234},
                        .most = 100};
    Figure many;
    many.panel().add(points);
    CAPTURE(n);
    CHECK(static_cast<Index>(dots(many.draw())) == points.thinning().drawn);
    CHECK(points.thinning().drawn <= 100);
    CHECK(points.thinning().every == std::max(1, (n + 99) / 100));
  }
  CHECK_THROWS_AS(thin(3, 0), std::invalid_argument);
}

TEST_CASE("dots lie where their numbers say", "[plot]") {
  Figure figure({.width = 200, .height = 100});
  figure.panel({.x = {.low = 0, .high = 10}, .y = {.log = true, .low = 0.01, .high = 100}})
      .add(Points{.x = {2.5}, .y = {1}});
  CHECK(figure.svg().find("M50 50h0") != std::string::npos);
  Figure equal({.width = 200, .height = 100});  // y rules: 0..10 over 100 px, so x spans 20
  equal.panel({.x = {.low = 0, .high = 10}, .y = {.low = 0, .high = 10}, .equal_aspect = true})
      .add(Points{.x = {0, 10}, .y = {0, 10}});
  CHECK(equal.svg().find("M50 100h0M150 0h0") != std::string::npos);
}

TEST_CASE("a NaN interrupts a line, and a line that leaves is clipped", "[plot]") {
  const auto line_paths = [](const Figure& f) {
    std::string d;
    const xml::Element root = xml::parse(f.svg());
    for (const xml::Element* p : root.all("path")) {
      if (p->at("stroke") == okabe_ito(0).hex()) d += p->at("d");
    }
    return d;
  };
  Figure gap;
  gap.panel().add(Lines{.x = range(7), .y = {0, 5, 1, missing, 3, 0, 4}});
  CHECK(xml::count(line_paths(gap), "M") == 2);
  CHECK(gap.draw().skipped == 1);
  Figure three;
  three.panel().add(Lines{.x = range(6), .y = {0, 5, 1, 2, 3, 0}, .length = 2});
  CHECK(xml::count(line_paths(three), "M") == 3);
  CHECK(three.svg().find("overflow=\"hidden\"") == std::string::npos);
  Figure cut;
  cut.panel({.y = {.low = 0, .high = 1}}).add(Lines{.x = range(3), .y = {0, 1e300, 0}});
  CHECK(cut.svg().find("overflow=\"hidden\"") != std::string::npos);
  Figure noisy({.width = 100});
  std::vector<double> y;
  for (int i = 0; i < 100000; ++i) y.push_back(i % 7 == 0 ? 1 : i % 5);
  noisy.panel().add(Lines{.x = range(100000), .y = y});
  CHECK(noisy.svg().size() < 12000);  // at most four points a pixel column
}

TEST_CASE("misuse is told apart", "[plot]") {
  Panel panel({.y = {.label = "loss", .log = true}});
  CHECK_THROWS_WITH(panel.add(Lines{.x = {1, 2}, .y = {1, -0.5}}),
                    "Panel::add: the y axis is logarithmic but the data reach -0.5, wanted "
                    "positive numbers");
  CHECK_THROWS_WITH(panel.add(Points{.x = {1, 2}, .y = {1}}), "Points: x has 2 numbers, y has 1");
  CHECK_THROWS_WITH(panel.add(Lines{.x = {1, 2, 3}, .y = {1, 2, 3}, .length = 2}),
                    "Lines: x has 3 numbers, wanted a multiple of length 2");
  CHECK_THROWS_AS(Panel().add(Bars{.groups = {"a"}, .series = {{"m", {1, 2}}}}),
                  std::invalid_argument);
  CHECK_NOTHROW(panel.add(Lines{.x = {1, 2}, .y = {1, 2}}));  // a refused mark leaves no trace
  Figure figure;
  figure.panel({.x = {.low = 2, .high = 1}});
  CHECK_THROWS_WITH(figure.svg(), "Axis: low is 2, high is 1");
  CHECK_THROWS_AS(Figure({.columns = 0}), std::invalid_argument);
}

TEST_CASE("a shared key names each thing once", "[plot]") {
  Figure figure({.columns = 2, .shared_key = true});
  for (int i = 0; i < 4; ++i) {
    figure.panel().add(Lines{.x = {0, 1}, .y = {0, 1}, .name = "mean"});
  }
  CHECK(xml::count(figure.svg(), ">mean<") == 1);
}
