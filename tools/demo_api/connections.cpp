// Walks the file descriptors. A descriptor may be closed by its own thread while it is looked at; a wrong one is never
// touched, because both its ports must fit.
#include "connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>

namespace lode::demo_api {
namespace {

int port_of(int fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (ask(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sin_family != AF_INET) return -1;
  return ntohs(address.sin_port);
}

template <class Visit>
void each_connection(int server_port, Visit visit) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65'536));
  for (int fd = 3; fd < end; ++fd) {
    if (port_of(fd, getsockname) != server_port) continue;
    const int client_port = port_of(fd, getpeername);  // -1 for the listening socket
    if (client_port >= 0) visit(fd, client_port);
  }
}

}  // namespace

bool reset_connection(int server_port, int client_port) {
  bool found = false;
  each_connection(server_port, [&](int fd, int port) {
    if (port != client_port) return;
    // With a linger time of zero, dissolving the association sends a reset. The descriptor stays open for its owner,
    // which a close() would not allow.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    found = connect(fd, &nobody, sizeof nobody) == 0;
  });
  return found;
}

void stop_reading(int server_port) {
  each_connection(server_port, [](int fd, int) { shutdown(fd, SHUT_RD); });
}

}  // namespace lode::demo_api
