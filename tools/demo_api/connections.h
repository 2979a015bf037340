// The server's accepted connections, found among the open files of the process: cpp-httplib does not show them.
#pragma once

namespace lode::demo_api {

/// Breaks off the connection from the client's port with a TCP reset, at once; bytes already sent may still arrive.
/// False when there is no such connection. Call it only while answering on that connection.
bool reset_connection(int server_port, int client_port);

/// Lets every connection look closed by its client, so that idle ones end. Replies still being written are cut off:
/// cpp-httplib sends nothing to a client that it takes to be gone.
void stop_reading(int server_port);

}  // namespace lode::demo_api
