// SPDX-License-Identifier: MIT
/// Writes the folder that AnnData's write_csvs writes, byte for byte.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/data/anndata.hpp>
#include <cytode/data/csv_writer.hpp>
#include <cytode/data/folder.hpp>

namespace cytode::data {

namespace writing {

/// Embeddings side by side without names of rows; without any, an empty line a row and one more.
template <std::floating_point S>
void write_embeddings(const std::string& path, const std::map<std::string, Matrix<S>>& all,
                      Index rows) {
  CsvWriter out(path);
  for (const auto& [key, m] : all) {
    check(m.cols() == rows, "write_anndata", "'", key, "' has ", m.cols(), " columns, wanted ",
          rows);
    for (const std::string& name : numbered(key, m.rows())) out.text(name);
  }
  out.end_record();
  for (Index r = 0; r < rows; ++r) {
    for (const auto& [key, m] : all) {
      for (Index f = 0; f < m.rows(); ++f) out.number(m(f, r));
    }
    out.end_record();
  }
  out.commit();
}

}  // namespace writing

/// Entries for the folder uns: records of texts by key.
using UnsRecords = std::map<std::string, std::vector<std::vector<std::string>>>;

/// Writes X.csv (unless x is empty), obs.csv, var.csv, obsm.csv, varm.csv and uns/ into a folder,
/// made if need be; keys of obsm and varm in alphabetical order.
///
/// x is genes × cells. Each file appears whole or not at all. Throws std::invalid_argument for
/// sizes that disagree and for tables without names, std::runtime_error with path and reason for
/// what cannot be written.
template <std::floating_point S>
void write_anndata(const std::string& folder, const AnnData<S>& a, const Matrix<S>& x,
                   const UnsRecords& uns = {}) {
  constexpr const char* me = "write_anndata";
  check(a.obs.has_names() && a.var.has_names(), me, "obs and var need names of rows");
  check(x.size() == 0 || (x.rows() == a.genes() && x.cols() == a.cells()), me, "x is ", x.rows(),
        " x ", x.cols(), ", obs has ", a.cells(), " cells and var ", a.genes(), " genes");
  for (const auto& [key, records] : uns) {
    check(!key.empty() && key.find('/') == key.npos, me, "the key '", key,
          "' of uns cannot be a file name");
  }
  make_folder(folder + "/uns");
  write_table(folder + "/obs.csv", a.obs);
  write_table(folder + "/var.csv", a.var);
  writing::write_embeddings(folder + "/obsm.csv", a.obsm, a.cells());
  writing::write_embeddings(folder + "/varm.csv", a.varm, a.genes());
  if (x.size() > 0) {
    CsvWriter out(folder + "/X.csv");
    for (Index c = 0; c < x.cols(); ++c) {
      for (Index g = 0; g < x.rows(); ++g) out.number(x(g, c));
      out.end_record();
    }
    out.commit();
  }
  for (const auto& [key, records] : uns) {
    CsvWriter out(folder + "/uns/" + key + ".csv");
    for (const auto& record : records) {
      for (const std::string& field : record) out.text(field);
      out.end_record();
    }
    out.commit();
  }
}

}  // namespace cytode::data
