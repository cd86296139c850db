// SPDX-License-Identifier: Apache-2.0
// Built with exceptions, as Asio and Beast need; none leaves this file.
#include "ctl/server.h"

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace takt::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Local = asio::local::stream_protocol;
using HttpRequest = http::request_parser<http::string_body>;
using HttpResponse = http::response<http::string_body>;

constexpr std::size_t most_header = 4096;
constexpr std::size_t most_body = 4096;
constexpr std::chrono::seconds patience{10};
constexpr std::size_t most_clients = 16;
constexpr std::chrono::milliseconds breather{100};  // when the process is out of descriptors

std::string_view view(boost::string_view text) { return {text.data(), text.size()}; }

HttpResponse to_http(const Response& answer, unsigned version, bool keep_alive) {
  HttpResponse response{static_cast<http::status>(answer.status), version};
  if (!answer.body.empty())
    response.set(http::field::content_type, {answer.type.data(), answer.type.size()});
  if (!answer.allow.empty())
    response.set(http::field::allow, {answer.allow.data(), answer.allow.size()});
  response.body() = answer.body;
  response.keep_alive(keep_alive);
  response.prepare_payload();
  return response;
}

/// What a request that is none is told; 0: nothing, the client has gone or was too slow.
unsigned status_of(error_code error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  const error_code any_of_http = http::error::bad_method;
  return error.category() == any_of_http.category() ? 400 : 0;
}

/// One client. Lives as long as an operation of its is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Local::socket socket, ControlledVm& vm) : stream_{std::move(socket)}, vm_{vm} {}

  void read() {
    request_.emplace();
    request_->header_limit(most_header);
    request_->body_limit(most_body);
    stream_.expires_after(patience);
    http::async_read(
        stream_, buffer_, *request_,
        [self = shared_from_this()](error_code error, std::size_t) { self->have_read(error); });
  }
  void close() { stream_.close(); }

 private:
  void have_read(error_code error) {
    if (!error) return write(take_answer(), request_->get().keep_alive());
    if (const unsigned status = status_of(error); status != 0)
      write(error_response(status, "not a request that takt reads: " + error.message()), false);
  }
  Response take_answer() {
    const auto& request = request_->get();
    return answer(vm_, {.method = view(request.method_string()), .target = view(request.target())});
  }
  void write(Response answer, bool keep_alive) {
    response_ = to_http(answer, keep_alive ? request_->get().version() : 11, keep_alive);
    afterwards_ = std::move(answer.afterwards);
    stream_.expires_after(patience);
    http::async_write(stream_, response_,
                      [self = shared_from_this(), keep_alive](error_code error, std::size_t) {
                        self->have_written(error, keep_alive);
                      });
  }
  /// An order that was understood is carried out, whether or not the client stays to hear of it.
  void have_written(error_code error, bool keep_alive) {
    if (afterwards_) std::exchange(afterwards_, {})();
    if (!error && keep_alive) return read();
    error_code ignored;
    stream_.socket().shutdown(Local::socket::shutdown_both, ignored);
  }

  beast::basic_stream<Local> stream_;
  ControlledVm& vm_;
  beast::flat_buffer buffer_{most_header + most_body};
  std::optional<HttpRequest> request_;
  HttpResponse response_;
  std::function<void()> afterwards_;
};

class AsioServer final : public Server {
 public:
  AsioServer(ListeningSocket socket, int accepting, ControlledVm& vm)
      : socket_{std::move(socket)}, vm_{vm}, acceptor_{io_, Local{}, accepting}, timer_{io_} {
    accept();
  }

  void serve() override {
    while (!io_.stopped()) {
      try {
        io_.run();
        return;
      } catch (const std::exception&) {
        // Out of memory, in one client's request: that client is gone, the others stay.
      }
    }
  }
  void stop() override { io_.stop(); }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, Local::socket socket) {
      if (error) return wait_and_accept();
      accept();  // first: what fails below is one client's
      make_room();
      auto session = std::make_shared<Session>(std::move(socket), vm_);
      clients_.push_back(session);
      session->read();
    });
  }
  void wait_and_accept() {
    timer_.expires_after(breather);
    timer_.async_wait([this](error_code) { accept(); });
  }
  void make_room() {
    std::erase_if(clients_, [](const auto& client) { return client.expired(); });
    if (clients_.size() < most_clients) return;
    if (const auto oldest = clients_.front().lock()) oldest->close();
    clients_.pop_front();
  }

  ListeningSocket socket_;
  ControlledVm& vm_;
  asio::io_context io_{1};
  Local::acceptor acceptor_;
  asio::steady_timer timer_;
  std::deque<std::weak_ptr<Session>> clients_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::create(ListeningSocket socket, ControlledVm& vm) {
  const int accepting = ::fcntl(socket.fd().raw(), F_DUPFD_CLOEXEC, 0);
  if (accepting < 0) return sys_error("control: dup");
  try {
    return std::make_unique<AsioServer>(std::move(socket), accepting, vm);
  } catch (const std::exception& error) {
    return env_error(std::string{"control: "} + error.what());
  }
}

}  // namespace takt::ctl
