#include <fmt/format.h>

#include <algorithm>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

class HierarchyChecker {
 public:
  HierarchyChecker(const ast::File &file, const Schema *schema, Diagnostics &diagnostics)
      : file_(file), schema_(schema), diagnostics_(diagnostics) {}

  void fill(Model &model) {
    const std::string function = file_.application.text + "_directory";
    if (file_.directory && file_.directory->text == "extension") {
      extension_directory(model);
      // Not among the extension's own objects: pg_dump would leave it out with them.
      const std::string schema =
          file_.tables.empty() ? "public" : resolve_table(file_.tables.front().name).schema;
      model.directory_function = {schema, function};
      return;
    }
    if (file_.account) model.account = level(*file_.account, "account_id");
    if (file_.workspace) {
      model.workspace = level(*file_.workspace, "workspace_id");
      model.workspace.account =
          file_.workspace->account ? file_.workspace->account->text : model.account.column;
    }
    if (file_.user) model.user = user(*file_.user);
    check_distinct(model);
    if (file_.account_membership) {
      model.account_membership = membership(*file_.account_membership, "account", model);
    }
    if (file_.workspace_membership) {
      model.workspace_membership = membership(*file_.workspace_membership, "workspace", model);
    }
    model.directory_function = {model.account.table.schema, function};
  }

 private:
  // sql/pg_tenancy--*.sql has these tables.
  void extension_directory(Model &model) {
    const std::size_t at = file_.directory->span.begin;
    const Condition active{Condition::Kind::column,
                           "",
                           false,
                           {{Operand::Kind::column, "active", file_.directory->span}},
                           {},
                           file_.directory->span};
    const auto column = [](const std::optional<ast::Name> &name, const char *otherwise) {
      return name ? name->text : otherwise;
    };
    model.directory = Directory::extension;
    model.account = {
        {"tenancy", "account"}, "id", KeyType::uuid, column(file_.account_column, "account_id"),
        "external_id",          {},   active,        at};
    model.workspace = {{"tenancy", "workspace"},
                       "id",
                       KeyType::uuid,
                       column(file_.workspace_column, "workspace_id"),
                       "external_id",
                       "account_id",
                       active,
                       at};
    model.user = {{"tenancy", "app_user"}, "id", KeyType::uuid, "subject", "issuer", active, at};
    const TableName table{"tenancy", "membership"};
    model.account_membership = {table, "user_id", "account_id", "role", {}, active, at};
    model.workspace_membership = {table, "user_id", "workspace_id", "role", {}, active, at};
    for (const Role &role : model.roles) {
      Membership &membership =
          is_account_role(role.name) ? model.account_membership : model.workspace_membership;
      membership.values.emplace_back(role.name, role.name);  // stored with their level
    }
    for (const char *level : {"account", "workspace"}) {
      const bool none = level == std::string("account") ? model.account_membership.values.empty()
                                                        : model.workspace_membership.values.empty();
      if (none && !diagnostics_.failed()) no_role(level, file_.directory->span.begin);
    }
    if (model.account.column == model.workspace.column) {
      same_column(model, file_.workspace_column ? file_.workspace_column->span
                                                : file_.account_column->span);
    }
  }

  void no_role(const std::string &level, std::size_t at) {
    diagnostics_.error("no-role", fmt::format("membership.{} gives no role", level), {at, at + 1},
                       fmt::format("declare a role {}.something under roles", level));
  }

  void same_column(const Model &model, Span span) {
    diagnostics_.error(
        "same-column",
        fmt::format("accounts and workspaces are both called \"{}\"", model.account.column), span,
        "give each its own \"column:\"");
  }

  Level level(const ast::Level &written, std::string_view default_column) {
    check_active(written.active);
    return {resolve_table(written.table),
            written.key.text,
            type(written),
            written.column ? written.column->text : std::string(default_column),
            written.claim ? written.claim->text : written.key.text,
            {},
            written.active,
            written.span.begin};
  }

  User user(const ast::Level &written) {
    check_active(written.active);
    return {resolve_table(written.table),
            written.key.text,
            type(written),
            written.subject ? written.subject->text : "",
            written.issuer && written.issuer->text != "any_of_account" ? written.issuer->text : "",
            written.active,
            written.span.begin};
  }

  // As the schema has it; as written where there is none.
  KeyType type(const ast::Level &level) {
    const std::optional<KeyType> written = written_type(level.type);
    const SchemaTable *table =
        schema_ == nullptr ? nullptr : schema_->find_table(resolve_table(level.table));
    const SchemaColumn *key = table == nullptr ? nullptr : table->find_column(level.key.text);
    if (key == nullptr) return written.value_or(KeyType::uuid);
    const SchemaType *type = schema_->find_type(key->type);
    const TypeClass is = type == nullptr ? TypeClass::other : type->type_class;
    const std::optional<KeyType> there = is == TypeClass::uuid      ? std::optional(KeyType::uuid)
                                         : is == TypeClass::integer ? std::optional(KeyType::bigint)
                                         : is == TypeClass::text    ? std::optional(KeyType::text)
                                                                    : std::nullopt;
    if (!there) {
      diagnostics_.error(
          "key-type",
          fmt::format("\"{}\" is of type {}, which no key can be", level.key.text, key->type),
          level.key.span, "a key is a uuid, an integer or a text");
    } else if (written && written != there) {
      diagnostics_.error("key-type", fmt::format("\"{}\" is of type {}", level.key.text, key->type),
                         level.type->span, "leave \"type:\" out: the schema says it");
    }
    return there.value_or(KeyType::uuid);
  }

  std::optional<KeyType> written_type(const std::optional<ast::Name> &name) {
    if (!name) return std::nullopt;
    if (name->text == "uuid") return KeyType::uuid;
    if (name->text == "bigint") return KeyType::bigint;
    if (name->text == "text") return KeyType::text;
    diagnostics_.error("unknown-type", fmt::format("a key cannot be \"{}\"", name->text),
                       name->span, suggest(name->text, {"uuid", "bigint", "text"}));
    return std::nullopt;
  }

  void check_active(const std::optional<Condition> &active) {
    if (!active) return;
    for_each_part(*active, [&](const Condition &part) {
      if (part.kind != Condition::Kind::exists) return;
      diagnostics_.error("condition", "a relation belongs to rows of \"tables:\"", part.span,
                         "compare columns with constants only");
    });
    for_each_operand(*active, [&](const Operand &operand) {
      if (operand.kind != Operand::Kind::session) return;
      diagnostics_.error("condition", "there is no session yet when \"active\" is asked",
                         operand.span, "compare columns with constants only");
    });
  }

  void check_distinct(const Model &model) {
    const auto same = [&](const ast::Level &one, std::string_view other) {
      diagnostics_.error(
          "same-table",
          fmt::format("\"{}\" is the table of hierarchy.{} too", one.table.text, other),
          one.table.span, "each level has a table of its own");
    };
    const auto &account = file_.account;
    const auto &workspace = file_.workspace;
    const auto &user = file_.user;
    if (account && workspace && model.account.table == model.workspace.table) {
      same(*workspace, "account");
    }
    if (account && user && model.account.table == model.user.table) same(*user, "account");
    if (workspace && user && model.workspace.table == model.user.table) same(*user, "workspace");
    if (account && workspace && model.account.column == model.workspace.column) {
      same_column(model, workspace->column ? workspace->column->span : workspace->key.span);
    }
  }

  Membership membership(const ast::Membership &written, const std::string &level,
                        const Model &model) {
    check_active(written.active);
    Membership result{resolve_table(written.table),
                      written.user.text,
                      written.of.text,
                      written.role.text,
                      {},
                      written.active,
                      written.span.begin};
    std::vector<std::string> names;  // of this level, without it
    for (const Role &role : model.roles) {
      if (role.name.starts_with(level + ".")) names.push_back(role.name.substr(level.size() + 1));
    }
    if (!written.values) {
      for (const std::string &name : names) result.values.emplace_back(name, level + "." + name);
    } else {
      for (const auto &[stored, role] : *written.values) {
        if (std::find(names.begin(), names.end(), role.text) == names.end()) {
          diagnostics_.error("unknown-role",
                             fmt::format("there is no role \"{}.{}\"", level, role.text), role.span,
                             suggest(role.text, names));
        }
        result.values.emplace_back(stored.text, level + "." + role.text);
      }
    }
    if (result.values.empty() && !diagnostics_.failed()) {
      no_role(level, written.span.begin);
    }
    return result;
  }

  const ast::File &file_;
  const Schema *schema_;
  Diagnostics &diagnostics_;
};

}  // namespace

void check_hierarchy(const ast::File &file, const Schema *schema, Model &model,
                     Diagnostics &diagnostics) {
  HierarchyChecker(file, schema, diagnostics).fill(model);
}

}  // namespace tenancy::policy
