// What an attacker leaves in a server connection for the client who gets it next.
#pragma once

#include <string>
#include <vector>

namespace bouncer {

struct Residue {
  const char *name;
  // The attacker's statements, each in a message of its own; $token is his token.
  std::vector<std::string> statements;
  // Is it there? Asked on the same server connection, without an identity; null: cannot be asked.
  const char *trace;
  // Errors that the next client may get in place of his rows, by SQLSTATE; none but these.
  std::vector<std::string> errors = {};
  // A setting that PgBouncer gives each client his own value of, for every role.
  bool tracked = false;
  // The attacker drops his connection in this state.
  bool vanishes = false;
  // He prepares this in the protocol, under the name that the victim uses too.
  const char *prepared = nullptr;
};

const std::vector<Residue> &residues();

}  // namespace bouncer
