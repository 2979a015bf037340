// exchange(): one request and its answer over a connection. Private to this folder; cpp-httplib inside.
#pragma once

#include <string>

#include "base/result.h"
#include "http/body_file.h"
#include "http/connection.h"
#include "http/message.h"
#include "http/patience.h"

namespace lode {

/// How an exchange went, beside the answer itself.
struct Exchange {
  Status status;
  bool answered = false;    ///< a byte of an answer arrived
  bool reusable = false;    ///< the connection can carry another request
  double keep_alive_s = 0;  ///< how long the server promised to keep it idle; 0 if it said nothing
};

struct RequestHead {
  std::string target;   ///< what the request line asks for
  HttpHeaders headers;  ///< sent as they are; only the body's length is added
};

/// Sends method and body of `request` under `head`, and reads the answer into `response`, without interim ones (100,
/// 103). Of an answer to CONNECT only the head is read. After an error `response` has what came until then. Errors:
/// kHttpConnect (hung up before answering), kHttpTimeout, kHttpBody, kHttpTooLarge, kCancelled.
/// `file` gets the body of a 2xx answer, but for its finish(); null: `response` gets it.
Exchange exchange(Connection& connection, const HttpRequest& request, const RequestHead& head, Patience& patience,
                  const StopEvent& stop, HttpResponse& response, BodyFile* file = nullptr);

}  // namespace lode
