// The names of all diagnostics: the one table of them.
//
// A name is stable: users write it into the rules of their own tools. docs/diagnostics.md lists the
// same rows; tests/cli/diagnostics.sh holds both to what the compiler can say.
#pragma once

#include <array>
#include <string_view>

namespace tenancy::policy {

struct DiagnosticName {
  std::string_view name;
  std::string_view meaning;
};

// Sorted by name.
inline constexpr auto diagnostic_names = std::to_array<DiagnosticName>({
    {"all-of-what", "\"all\" where nothing says which columns that are"},
    {"always-true", "a condition that is true of every row"},
    {"ambiguous-word", "an unquoted word that some readers of YAML take for a value"},
    {"anchor", "an anchor or an alias of YAML"},
    {"blind-write", "a role writes rows that it cannot read, which WHERE and RETURNING need"},
    {"cascade", "a deletion that changes rows of another table past its policies"},
    {"collation", "a text whose collation takes different bytes for equal"},
    {"columns-differ", "two roles have different columns in one API context"},
    {"condition", "a row condition that is not in the closed language of conditions"},
    {"condition-of-the-base", "a relation with a condition on the table whose rules ask for it"},
    {"control-character", "a control character, or one that changes how text reads"},
    {"covered-rule", "a rule that gives nothing beside another one"},
    {"definer-function", "a function with its owner's rights, and no reason why that is safe"},
    {"definer-view", "a view that shows its owner's rows, not the caller's"},
    {"depth", "YAML that is nested too deeply"},
    {"directive", "a directive of YAML"},
    {"duplicate", "a name that is declared or listed twice"},
    {"duplicate-include", "a file that is included twice"},
    {"duplicate-key", "a key that stands twice in one mapping"},
    {"empty", "a file without a policy"},
    {"encoding", "a byte that is not part of UTF-8 text"},
    {"extension-directory", "a membership beside the extension's own directory"},
    {"extension-object", "an object of the schema tenancy, which is not for tenants"},
    {"first-file-only", "a key of the first file in an included one"},
    {"foreign-table", "a foreign table, which row level security does not reach"},
    {"frozen-column", "a column that is updated and must go on to satisfy the rule's rows"},
    {"global-foreign-key", "a foreign key without the tenant: rows may refer to another tenant's"},
    {"global-key", "a unique key over all tenants, which tells one what the others have"},
    {"global-write", "tenants write rows that every tenant sees"},
    {"identity-column", "a rule by which users write who they are"},
    {"idle-role", "a role that can do nothing"},
    {"immutable", "a column that never changes among those to update"},
    {"include-cycle", "a file that includes itself"},
    {"include-limit", "too many included files, too deep or too large ones"},
    {"include-path", "an included file outside of the first one's folder"},
    {"include-unreadable", "an included file that cannot be read"},
    {"insert-of-a-tenant", "an insert into the table whose rows are the tenants"},
    {"joined-rules", "rules of which one lets a row become what another one goes on from"},
    {"key", "a key of YAML that is not a word"},
    {"key-not-unique", "a key that two rows may have"},
    {"key-type", "a key of a type that no key can have, or not of the type that is written"},
    {"membership-scope", "memberships that can be written, but whose tenant nothing pins"},
    {"merge-key", "a merge key of YAML"},
    {"missing-key", "a key that is needed and not there"},
    {"missing-role", "a rule without a role where not everybody may"},
    {"mixed-and-or", "\"and\" beside \"or\" without parentheses"},
    {"name", "a name that PostgreSQL or the language cannot hold"},
    {"never-true", "a condition that is true of no row"},
    {"new-row", "new_row where nothing is written, or beside rows of an insert"},
    {"no-active", "a table of tenants or users that says who is gone, and no \"active:\""},
    {"no-link", "a relation without a column that links its two tables"},
    {"no-role", "a level that no role belongs to"},
    {"no-table", "a policy without tables"},
    {"not-leakproof",
     "an operator that is not leakproof, so that no index helps behind the policy"},
    {"nullable", "a column that may be null where null is not what the author means"},
    {"nullable-tenant", "a tenant column that may be null"},
    {"outside-context", "a context role of the policy under \"outside\""},
    {"parent-cycle", "a table that is its own ancestor"},
    {"parent-key", "a child whose columns are not as many as its parent's key has"},
    {"partition", "a partition, whose rules are those of the partitioned table"},
    {"relation-of-all-tenants", "a relation that reaches the rows of all tenants"},
    {"relation-of-another-table", "a relation in the rules of a table that it does not speak of"},
    {"role-cycle", "a role that includes itself"},
    {"role-level", "a role of the wrong level"},
    {"role-name", "a role whose name does not begin with its level"},
    {"role-nobody-gives", "a role that nobody who writes memberships can give"},
    {"rows-of-several-verbs", "one row condition for several verbs that write"},
    {"same-column", "account and workspace by the same column"},
    {"same-table", "two levels in the same table"},
    {"schema", "a schema file that is damaged or of another version"},
    {"scope", "a scope that the table cannot have"},
    {"second-document", "a second YAML document in the file"},
    {"self-activation", "a rule by which a tenant's users write what decides whether it is open"},
    {"signature", "a function that is not named by its signature"},
    {"structure", "a value of the wrong kind: a list, a mapping or a word in another's place"},
    {"tab", "a tab"},
    {"tag", "a tag of YAML"},
    {"third-table", "a relation over more than two tables"},
    {"unknown-column", "a column that the table does not have"},
    {"unknown-context", "an API context that there is not"},
    {"unknown-fixture", "a row that is not among the fixtures of the table"},
    {"unknown-function", "a function that is not there"},
    {"unknown-key", "a key that there is not at this place"},
    {"unknown-relation", "a relation that is not declared"},
    {"unknown-role", "a role that is not declared"},
    {"unknown-scope", "a scope that there is not"},
    {"unknown-sequence", "a sequence that is not there"},
    {"unknown-table", "a table that the policy does not list"},
    {"unknown-type", "a type that a key cannot have"},
    {"unknown-view", "a view that is not there"},
    {"unknown-word", "a value that is none of the words for this key"},
    {"unsupported", "what a later version of the language will have"},
    {"unused-relation", "a relation that no rule asks for"},
    {"unverified", "a condition in plain SQL, which nothing here understands"},
    {"value", "a value that a key of this type cannot have"},
    {"version", "a version of the language that this compiler does not know"},
    {"wrong-type", "a constant or a column of another type than what it is compared with"},
    {"yaml", "text that is not YAML"},
});

// Empty for a name that is not in the table.
constexpr std::string_view meaning_of(std::string_view name) {
  for (const DiagnosticName &each : diagnostic_names) {
    if (each.name == name) return each.meaning;
  }
  return {};
}

}  // namespace tenancy::policy
