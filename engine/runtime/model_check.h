// Model check: rows against the model that their resource declares, before they are normalized.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "json/document.h"
#include "normalize/arena.h"
#include "normalize/coerce.h"
#include "schema/contract.h"
#include "schema/model.h"

namespace lode {

/// A place where a row is not what its model says.
struct Misfit {
  std::size_t row = 0;      ///< in the page
  std::string path;         ///< "$[3].address.zip"
  std::string what;         ///< "zip is a list, the model says text"
  std::string_view entity;  ///< "columns" or "data_type": what of the contract it is about
  ContractMode mode = ContractMode::kFreeze;
  std::string field;
  json::Value value;  ///< null: there is none
};

struct CheckedRows {
  json::Rows rows;                  ///< that remain, without what may not be there
  std::vector<std::size_t> places;  ///< of the rows in the page that was checked
  std::vector<Misfit> misfits;      ///< one a row at most for rows that are left out; all of the others
};

/// Fields that the model does not name follow the contract's mode for columns, values that do not fit and fields that
/// are missing that for data types. A value fits if a column of the type can hold it. One thread.
class ModelCheck {
 public:
  ModelCheck(std::shared_ptr<const Model> model, const Contract& contract)
      : model_(std::move(model)), contract_(contract) {}
  /// With kFreeze a row that does not fit is left out as with kDiscardRow: the caller makes an error of the misfit.
  CheckedRows check(const json::Rows& rows);

 private:
  struct Replaced {
    const json::Cell* cell;
    json::Cell by;
  };
  struct Step {
    std::string_view key;  ///< "": an item of a list
    std::size_t index;
  };
  // Each: false if the row is left out.
  bool check_model(const Model& model, json::Ref value);
  bool check_value(const ModelType& type, json::Ref value, const json::Cell* removable);
  bool check_list(const ModelType& item, json::Ref list);
  bool misfit(std::string_view entity, const std::string& what, json::Ref value, const json::Cell* removable);
  std::string place(bool with_row) const;
  void write(json::Ref value, json::DocumentBuilder& out) const;
  bool has_edits(json::Ref value) const;

  std::shared_ptr<const Model> model_;
  Contract contract_;
  Arena arena_;
  Coercer coercer_{arena_};
  std::vector<Step> path_;                  // from the row to the value that is looked at
  std::vector<Misfit> misfits_;             // of the row
  std::vector<const json::Cell*> removed_;  // keys and items of the row
  std::vector<Replaced> replaced_;
};

}  // namespace lode
