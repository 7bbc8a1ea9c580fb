// Asking the credentials service, over connections that are kept: an asynchronous operation like Asio's own.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "boost.hpp"
#include "settings.hpp"

struct Verdict {
    int status = 200;  // 200: `allowed` is the answer. 502 no answer at all, 503 the service is down, 504 too slow
    bool allowed = false;
    std::string error;
};

class Credentials {
public:
    Credentials(asio::io_context& io, const Settings& settings)
        : io_(io), largest_answer_(settings.largest_answer),
          address_(asio::ip::make_address(settings.credentials_host), settings.credentials_port) {}

    // Ask; completes with a Verdict, at `due` at the latest.
    template <class Token>
    auto ask(std::string user, std::string password, Time due, Token&& token) {
        return asio::async_initiate<Token, void(Verdict)>(
            [this](auto handler, std::string user, std::string password, Time due) {
                auto kept = std::make_shared<decltype(handler)>(std::move(handler));
                auto asking = std::make_shared<Asking>(*this, due, [kept](Verdict v) { (*kept)(std::move(v)); });
                asking->begin(json::serialize(json::object{{"user", user}, {"password", password}}));
            },
            token, std::move(user), std::move(password), due);
    }

private:
    struct Asking : std::enable_shared_from_this<Asking> {
        Asking(Credentials& all, Time due, std::function<void(Verdict)> done)
            : all(all), socket(all.io_), alarm(all.io_), due(due), done(std::move(done)) {}

        void begin(std::string body) {
            request = {http::verb::post, "/check", 11};
            request.set(http::field::host, "credentials");
            request.set(http::field::content_type, "application/json");
            request.body() = std::move(body);
            request.prepare_payload();
            auto self = shared_from_this();
            alarm.expires_at(due);
            alarm.async_wait([self](boost::system::error_code error) {
                if (error || !self->done) return;
                self->late = true;
                boost::system::error_code ignored;
                self->socket.close(ignored);
            });
            connect();
        }
        void connect() {
            auto self = shared_from_this();
            kept = !all.idle_.empty();
            if (kept) {
                socket = std::move(all.idle_.back());
                all.idle_.pop_back();
                return write();
            }
            socket = tcp::socket(all.io_);
            socket.async_connect(all.address_, [self](boost::system::error_code error) {
                if (error) return self->failed();
                self->socket.set_option(tcp::no_delay(true), error);
                self->write();
            });
        }
        void write() {
            auto self = shared_from_this();
            http::async_write(socket, request, [self](boost::system::error_code error, std::size_t) {
                if (error) return self->failed();
                self->read();
            });
        }
        void read() {
            auto self = shared_from_this();
            buffer.clear();
            parser = std::make_unique<http::response_parser<http::string_body>>();
            parser->body_limit(all.largest_answer_);
            http::async_read(socket, buffer, *parser, [self](boost::system::error_code error, std::size_t) {
                if (!error) return self->heard();
                const bool gone = error == http::error::end_of_stream || error.category() == asio::error::get_system_category();
                if (gone) return self->failed();
                self->finish({502, false, "the credentials service does not speak HTTP"});
            });
        }
        void failed() {
            if (late) return finish({504, false, not_in_time});
            if (kept) return connect();  // an old link may have died of boredom; a new one has no excuse
            finish({503, false, "the credentials service is down: come again"});
        }
        void heard() {
            boost::system::error_code error;
            const auto response = parser->release();
            const json::value said = json::parse(response.body(), error);
            const json::object* answer = error ? nullptr : said.if_object();
            const json::value* allowed = answer ? answer->if_contains("allowed") : nullptr;
            // Who says more than was asked would be heard by whoever asks next on this link.
            if (response.keep_alive() && buffer.size() == 0) all.idle_.push_back(std::move(socket));
            if (response.result_int() == 200 && allowed && allowed->is_bool())
                return finish({200, allowed->as_bool(), ""});
            finish({502, false, "the credentials service gave no verdict"});
        }
        void finish(Verdict verdict) {
            alarm.cancel();
            const auto tell = std::move(done);
            done = nullptr;
            tell(std::move(verdict));
        }

        Credentials& all;
        tcp::socket socket;
        asio::steady_timer alarm;
        Time due;
        std::function<void(Verdict)> done;
        bool kept = false, late = false;
        beast::flat_buffer buffer;
        http::request<http::string_body> request;
        std::unique_ptr<http::response_parser<http::string_body>> parser;
    };

    asio::io_context& io_;
    const std::size_t largest_answer_;
    tcp::endpoint address_;
    std::vector<tcp::socket> idle_;
};
