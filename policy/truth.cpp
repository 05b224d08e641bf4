#include "policy/truth.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace tenancy::policy {

namespace {

// A condition without and, or, not; or its negation.
struct Atom {
  const Condition *condition;
  bool negated;
};
using Case = std::vector<Atom>;  // all of them hold

constexpr std::size_t max_cases = 64;

// The cases of which one holds where the condition is true (or, negated, false). Nothing if they
// are too many.
std::optional<std::vector<Case>> cases_of(const Condition &condition, bool negated) {
  using Kind = Condition::Kind;
  if (condition.kind == Kind::negation) return cases_of(condition.parts[0], !negated);
  if (condition.kind != Kind::conjunction && condition.kind != Kind::disjunction) {
    return std::vector<Case>{{{&condition, negated}}};
  }
  const bool all = (condition.kind == Kind::conjunction) != negated;
  std::vector<Case> result;
  if (all) result.emplace_back();
  for (const Condition &part : condition.parts) {
    const auto cases = cases_of(part, negated);
    if (!cases) return std::nullopt;
    if (!all) {
      result.insert(result.end(), cases->begin(), cases->end());
    } else {
      std::vector<Case> product;
      for (const Case &one : result) {
        for (const Case &other : *cases) {
          product.push_back(one);
          product.back().insert(product.back().end(), other.begin(), other.end());
        }
      }
      result = std::move(product);
    }
    if (result.size() > max_cases) return std::nullopt;
  }
  return result;
}

std::string key_of(const Operand &operand) {
  return std::to_string(static_cast<int>(operand.kind)) + operand.table + "." + operand.text;
}

// Numbers that are equal as one text; other constants as they are.
std::string value_of(const Operand &constant) {
  std::string text = constant.text;
  if (constant.kind == Operand::Kind::number) {
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
    }
    const bool minus = text.starts_with('-');
    std::string digits = text.substr(minus ? 1 : 0);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    text = (minus && digits != "0" ? "-" : "") + digits;
  }
  return std::to_string(static_cast<int>(constant.kind)) + text;
}

// What is known of one column or session value in one case.
struct Knowledge {
  bool null = false;
  bool not_null = false;
  std::optional<std::set<std::string>> among;  // of these constants, if it is of any
  std::set<std::string> excluded;
  bool several_kinds = false;  // '1' and 1 may be equal: then nothing is concluded
  std::optional<Operand::Kind> kind;
  std::optional<std::pair<double, bool>> above;  // a bound, and whether it is in
  std::optional<std::pair<double, bool>> below;
};

class CaseReader {
 public:
  // Whether no row can be in the case.
  bool is_impossible(const Case &all) {
    for (const Atom &atom : all) add(atom);
    return impossible_ || std::any_of(known_.begin(), known_.end(),
                                      [](const auto &each) { return contradicts(each.second); });
  }

 private:
  void add(const Atom &atom) {
    const Condition &c = *atom.condition;
    switch (c.kind) {
      case Condition::Kind::null_test: {
        Knowledge &k = known_[key_of(c.operands[0])];
        (c.negated != atom.negated ? k.not_null : k.null) = true;
        return;
      }
      case Condition::Kind::column: {
        Knowledge &k = known_[key_of(c.operands[0])];
        is_one_of(k, {{Operand::Kind::boolean, atom.negated ? "false" : "true", {}}});
        return;
      }
      case Condition::Kind::membership: {
        Knowledge &k = known_[key_of(c.operands[0])];
        const std::vector<Operand> list(c.operands.begin() + 1, c.operands.end());
        if (c.negated != atom.negated) {
          for (const Operand &each : list) is_not(k, each);
        } else {
          is_one_of(k, list);
        }
        return;
      }
      case Condition::Kind::comparison:
        return comparison(c.operands[0], inverted(c.comparator, atom.negated), c.operands[1]);
      default:
        // Of related rows and plain SQL only that the same is not both true and false.
        (atom.negated ? refuted_ : asserted_).insert(c.text);
        impossible_ = impossible_ || (asserted_.contains(c.text) && refuted_.contains(c.text));
    }
  }

  static std::string inverted(const std::string &comparator, bool negated) {
    static const std::map<std::string, std::string> opposite{{"=", "<>"}, {"<>", "="}, {"<", ">="},
                                                             {">=", "<"}, {">", "<="}, {"<=", ">"}};
    return negated ? opposite.at(comparator) : comparator;
  }

  static std::string mirrored(const std::string &comparator) {
    if (comparator == "<>") return comparator;
    std::string out = comparator;
    for (char &c : out) c = c == '<' ? '>' : c == '>' ? '<' : c;
    return out;
  }

  void comparison(const Operand &left, const std::string &comparator, const Operand &right) {
    if (is_constant(left)) return comparison(right, mirrored(comparator), left);
    Knowledge &k = known_[key_of(left)];
    k.not_null = true;
    if (!is_constant(right)) {
      known_[key_of(right)].not_null = true;
      const bool swapped = key_of(right) < key_of(left);
      return pair(swapped ? key_of(right) : key_of(left), swapped ? key_of(left) : key_of(right),
                  swapped ? mirrored(comparator) : comparator);
    }
    if (comparator == "=") return is_one_of(k, {right});
    if (comparator == "<>") return is_not(k, right);
    note_kind(k, right);
    if (right.kind != Operand::Kind::number) return;  // the order of texts is a collation's
    const double bound = std::strtod(right.text.c_str(), nullptr);
    const bool in = comparator.size() == 2;
    if (comparator[0] == '>') {
      if (!k.above || bound > k.above->first || (bound == k.above->first && !in))
        k.above = {bound, in};
    } else if (!k.below || bound < k.below->first || (bound == k.below->first && !in)) {
      k.below = {bound, in};
    }
  }

  // Two columns are in one of three orders.
  void pair(const std::string &left, const std::string &right, const std::string &comparator) {
    std::set<char> allowed;
    if (comparator.find('<') != std::string::npos) allowed.insert('<');
    if (comparator.find('>') != std::string::npos) allowed.insert('>');
    if (comparator.find('=') != std::string::npos) allowed.insert('=');
    std::set<char> &left_over =
        pairs_.try_emplace({left, right}, std::set<char>{'<', '=', '>'}).first->second;
    if (left == right) left_over = left_over.contains('=') ? std::set<char>{'='} : std::set<char>{};
    std::erase_if(left_over, [&](char order) { return !allowed.contains(order); });
    impossible_ = impossible_ || left_over.empty();
  }

  static void note_kind(Knowledge &k, const Operand &constant) {
    k.not_null = true;
    if (k.kind && *k.kind != constant.kind) k.several_kinds = true;
    k.kind = constant.kind;
  }

  static void is_one_of(Knowledge &k, const std::vector<Operand> &constants) {
    std::set<std::string> values;
    for (const Operand &each : constants) {
      note_kind(k, each);
      values.insert(value_of(each));
    }
    if (k.among) {
      std::erase_if(values, [&](const std::string &value) { return !k.among->contains(value); });
    }
    k.among = std::move(values);
  }

  static void is_not(Knowledge &k, const Operand &constant) {
    note_kind(k, constant);
    k.excluded.insert(value_of(constant));
  }

  static bool contradicts(const Knowledge &k) {
    if (k.null && k.not_null) return true;
    if (k.several_kinds) return false;
    if (k.among) {
      const auto possible = [&](const std::string &value) {
        if (k.excluded.contains(value)) return false;
        if (k.kind != Operand::Kind::number) return true;
        const double number = std::strtod(value.c_str() + 1, nullptr);
        return (!k.above || number > k.above->first ||
                (number == k.above->first && k.above->second)) &&
               (!k.below || number < k.below->first ||
                (number == k.below->first && k.below->second));
      };
      if (std::none_of(k.among->begin(), k.among->end(), possible)) return true;
    }
    if (k.kind == Operand::Kind::boolean && k.excluded.size() == 2) return true;
    return k.above && k.below &&
           (k.above->first > k.below->first ||
            (k.above->first == k.below->first && !(k.above->second && k.below->second)));
  }

  std::map<std::string, Knowledge> known_;
  std::map<std::pair<std::string, std::string>, std::set<char>> pairs_;
  std::set<std::string> asserted_;
  std::set<std::string> refuted_;
  bool impossible_ = false;
};

bool is_never(const Condition &condition, bool negated) {
  const auto cases = cases_of(condition, negated);
  return cases && std::all_of(cases->begin(), cases->end(),
                              [](const Case &each) { return CaseReader().is_impossible(each); });
}

}  // namespace

Truth truth_of(const Condition &condition) {
  if (is_never(condition, false)) return Truth::never;
  if (is_never(condition, true)) return Truth::always;
  return Truth::open;
}

bool implies(const Condition &narrow, const Condition &wide) {
  using Kind = Condition::Kind;
  if (narrow == wide) return true;
  const auto all = [](const Condition &c, auto test) {
    return std::all_of(c.parts.begin(), c.parts.end(), test);
  };
  const auto any = [](const Condition &c, auto test) {
    return std::any_of(c.parts.begin(), c.parts.end(), test);
  };
  if (narrow.kind == Kind::disjunction) {
    return all(narrow, [&](const Condition &part) { return implies(part, wide); });
  }
  if (wide.kind == Kind::conjunction) {
    return all(wide, [&](const Condition &part) { return implies(narrow, part); });
  }
  if (narrow.kind == Kind::conjunction &&
      any(narrow, [&](const Condition &part) { return implies(part, wide); })) {
    return true;
  }
  return wide.kind == Kind::disjunction &&
         any(wide, [&](const Condition &part) { return implies(narrow, part); });
}

}  // namespace tenancy::policy
