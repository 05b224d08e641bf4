// Whom a client acts as, and what he must see: one line of what identities.sql gives.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace bouncer {

struct Identity {
  std::string subject;
  std::string client;  // of the issuer: web-app, web-dashboard
  std::string account;
  std::string workspace;
  std::set<std::string> documents;
  std::string token;
  std::string expired_token;

  bool may_comment() const { return client == "web-app"; }
};

// Fields are separated by "|", documents by ",".
std::vector<Identity> read_identities(const std::string &file);

}  // namespace bouncer
