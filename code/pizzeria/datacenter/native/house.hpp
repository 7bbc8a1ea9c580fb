// What both Asio servers share: requests understood, responses made, counts, the listening door and the orderly end.
#pragma once
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstdio>
#include <map>
#include <set>

#include "credentials.hpp"
#include "journal.hpp"
#include "settings.hpp"

using Error = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t most_headers = 16 * 1024, most_body = 64 * 1024;

struct Order {
    std::vector<std::string> pizzas;
    double km = 1;
    std::string user, password, error;  // with an error, the rest means nothing
};

inline Order parse_order(const std::string& body) {
    const auto refused = [](const char* why) { Order order; order.error = why; return order; };
    Error error;
    const json::value parsed = json::parse(body, error);
    if (error) return refused("the body is not JSON");
    const json::object* fields = parsed.if_object();
    if (!fields) return refused("the body is not a JSON object");
    Order order;
    const json::value* pizzas = fields->if_contains("pizzas");
    if (!pizzas || !pizzas->is_array()) return refused("pizzas: a list of names was expected");
    for (const json::value& pizza : pizzas->as_array()) {
        if (!pizza.is_string() || pizza.as_string().empty() || pizza.as_string().size() > 320)
            return refused("pizzas: a list of names was expected");
        order.pizzas.emplace_back(pizza.as_string().c_str());
    }
    if (order.pizzas.empty() || order.pizzas.size() > 50) return refused("pizzas: between 1 and 50 of them");
    if (const json::value* km = fields->if_contains("km")) {
        if (!km->is_number()) return refused("km: a number from 0 to 100");
        order.km = km->to_number<double>();
        if (!(order.km >= 0 && order.km <= 100)) return refused("km: a number from 0 to 100");
    }
    const json::value* known = fields->if_contains("credentials");
    const json::object* names = known ? known->if_object() : nullptr;
    const json::value* user = names ? names->if_contains("user") : nullptr;
    const json::value* password = names ? names->if_contains("password") : nullptr;
    if (!user || !user->is_string() || !password || !password->is_string())
        return refused("credentials: an object with user and password");
    order.user = user->as_string().c_str();
    order.password = password->as_string().c_str();
    return order;
}

class House {
public:
    House(asio::io_context& io, const Settings& settings)
        : io(io), settings(settings), price(settings.compute_ms), journal(io, settings.store), credentials(io, settings) {}

    asio::io_context& io;
    const Settings settings;
    Pricer price;
    Journal journal;
    Credentials credentials;
    std::size_t inside = 0, connections = 0;
    bool draining = false;
    std::set<tcp::socket*> idle;

    // Make a response; every status is counted here.
    Response answer(int status, std::string body, const char* type = "application/json") {
        ++statuses_[status];
        Response response{static_cast<http::status>(status), 11};
        response.set(http::field::content_type, type);
        if (status == 503) response.set(http::field::retry_after, "1");
        response.body() = std::move(body);
        response.prepare_payload();
        return response;
    }
    Response refuse(int status, const std::string& why) {
        return answer(status, json::serialize(json::object{{"error", why}}) + "\n");
    }
    Response reserved(const Saved& saved) {
        if (!saved.error.empty()) return refuse(saved.status, saved.error);
        Response response = answer(saved.status, with_id(saved.id, saved.record));
        response.set(http::field::location, "/reservations/" + saved.id);
        return response;
    }

    // A record as it is kept: everything but the password.
    static std::string record(const Order& order, double euros) {
        return json::serialize(json::object{{"pizzas", json::value_from(order.pizzas)}, {"km", order.km},
                                            {"user", order.user}, {"euros", euros}});
    }
    static std::string key(const Order& order, const Request& request) {
        const auto given = request["Idempotency-Key"];
        return given.empty() ? "" : order.user + "\n" + std::string(given);
    }

    static bool is_reservation(const Request& request) { return path(request) == "/reservations"; }

    // Whatever does not wait: look-ups, health, metrics, and what is not there.
    Response at_once(const Request& request) {
        const std::string where = path(request);
        const bool book = where.compare(0, 14, "/reservations/") == 0;
        if (is_reservation(request)) return refuse(405, "this takes POST only");
        if (!book && where != "/healthz" && where != "/metrics")
            return refuse(404, "nothing here: POST /reservations, GET /reservations/{id}, /healthz, /metrics");
        if (request.method() != http::verb::get) return refuse(405, "this takes GET only");
        if (where == "/healthz")
            return answer(200, draining ? "{\"status\": \"draining\"}\n" : "{\"status\": \"open\"}\n");
        if (where == "/metrics") return answer(200, metrics(), "text/plain; version=0.0.4; charset=utf-8");
        const std::string id = where.substr(14), found = journal.find(id);
        return found.empty() ? refuse(404, "no such reservation") : answer(200, with_id(id, found));
    }

    // What to say to a request that could not be read; 0 when there is nothing to say: the client is gone.
    static int status_of(const Error& error) {
        if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
        if (error == http::error::body_limit) return 413;
        if (error == asio::error::operation_aborted) return 408;
        if (error == http::error::end_of_stream) return 0;
        return error.category() == http::make_error_code(http::error::bad_value).category() ? 400 : 0;
    }

private:
    std::map<int, long> statuses_;

    static std::string path(const Request& request) {
        const std::string target(request.target());
        return target.substr(0, target.find('?'));
    }
    static std::string with_id(const std::string& id, const std::string& record) {
        return "{\"id\":\"" + id + "\"," + record.substr(1) + "\n";
    }
    std::string metrics() const {
        std::string page = "# HELP http_responses_total Responses sent.\n# TYPE http_responses_total counter\n";
        for (const auto& row : statuses_)
            page += "http_responses_total{server=\"" + settings.server + "\",status=\"" + std::to_string(row.first) + "\"} " +
                    std::to_string(row.second) + "\n";
        const auto gauge = [&page](const std::string& name, const char* help, double value) {
            char number[32];
            std::snprintf(number, sizeof number, "%.12g", value);
            page += "# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n" + name + " " + number + "\n";
        };
        gauge("reservations_in_flight", "Reservations being made.", static_cast<double>(inside));
        gauge("connections_open", "Open connections.", static_cast<double>(connections));
        gauge("store_commits", "Appends, each with one sync of the disk.", static_cast<double>(journal.commits));
        gauge("store_records", "Records written in them.", static_cast<double>(journal.written));
        gauge("store_padding_ms", "A write takes at least so long: the story's disk.", settings.disk_ms);
        return page;
    }
};

// Cancel what waits on a socket when time is up; the socket stays open, so that we can still say so.
class Patience {
public:
    Patience(House& house, tcp::socket& socket, double limit) : timer_(house.io, seconds(limit)) {
        const auto over = over_;
        timer_.async_wait([over, &socket](Error error) {
            Error ignored;
            if (!error && !*over) socket.cancel(ignored);
        });
    }
    ~Patience() { *over_ = true; }
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

private:
    std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
    asio::steady_timer timer_;
};

// A client's place in the house, for as long as the connection lasts.
class Seat {
public:
    Seat(House& house, tcp::socket& socket) : house_(house), socket_(socket) { ++house_.connections; }
    ~Seat() { rest(false); --house_.connections; }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    void rest(bool idle) { idle ? (void)house_.idle.insert(&socket_) : (void)house_.idle.erase(&socket_); }

private:
    House& house_;
    tcp::socket& socket_;
};

inline void prepare(Parser& parser) {
    parser.header_limit(most_headers);
    parser.body_limit(most_body);
}

inline bool wants_to_be_asked(const Parser& parser) {
    return beast::iequals(parser.get()[http::field::expect], "100-continue");
}

constexpr char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

// Say that nothing more will be sent, and read on for a moment: closing over unread bytes would reset the connection.
inline void linger(tcp::socket socket, asio::io_context& io) {
    struct Farewell : std::enable_shared_from_this<Farewell> {
        Farewell(tcp::socket s, asio::io_context& io) : socket(std::move(s)), alarm(io) {}
        void begin() {
            Error ignored;
            socket.shutdown(tcp::socket::shutdown_send, ignored);
            auto self = shared_from_this();
            alarm.expires_after(std::chrono::seconds(1));
            alarm.async_wait([self](Error error) { Error none; if (!error) self->socket.close(none); });
            read();
        }
        void read() {
            auto self = shared_from_this();
            socket.async_read_some(asio::buffer(scrap), [self](Error error, std::size_t) {
                if (error || ++self->reads > 64) self->alarm.cancel();
                else self->read();
            });
        }
        tcp::socket socket;
        asio::steady_timer alarm;
        char scrap[4096];
        int reads = 0;
    };
    std::make_shared<Farewell>(std::move(socket), io)->begin();
}

// Accept until told to stop, then what the backlog still holds; then wait for the accepted, and end.
template <class Serve>
class Door {
public:
    Door(House& house, Serve serve)
        : house_(house), serve_(std::move(serve)), acceptor_(house.io), signals_(house.io, SIGTERM, SIGINT),
          leash_(house.io), pause_(house.io) {
        const tcp::endpoint here(asio::ip::make_address(house.settings.host), house.settings.port);
        acceptor_.open(here.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(here);
        acceptor_.listen(house.settings.backlog);
        std::printf("{\"listening\": \"http://%s:%u\", \"pid\": %d, \"server\": \"%s\"}\n", house.settings.host.c_str(),
                    acceptor_.local_endpoint().port(), static_cast<int>(::getpid()), house.settings.server.c_str());
        std::fflush(stdout);
        signals_.async_wait([this](Error error, int) { if (!error) drain(); });
        leash_.assign(::dup(0));  // whoever started us holds the other end
        leash_.async_wait(asio::posix::descriptor_base::wait_read, [this](Error error) { if (!error) drain(); });
        accept();
    }

private:
    House& house_;
    Serve serve_;
    tcp::acceptor acceptor_;
    asio::signal_set signals_;
    asio::posix::stream_descriptor leash_;
    asio::steady_timer pause_;
    Time due_;

    void accept() {
        acceptor_.async_accept([this](Error error, tcp::socket socket) {
            if (house_.draining || error == asio::error::operation_aborted) return;
            if (!error) {
                welcome(std::move(socket));
                return accept();
            }
            pause_.expires_after(std::chrono::milliseconds(100));  // out of descriptors: look again in a moment
            pause_.async_wait([this](Error) { if (!house_.draining) accept(); });
        });
    }
    void welcome(tcp::socket socket) {
        Error ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        if (house_.connections >= house_.settings.connections) {
            Response full = house_.refuse(503, "the house is full: come again");
            full.keep_alive(false);
            socket.non_blocking(true, ignored);
            http::write(socket, full, ignored);
            return linger(std::move(socket), house_.io);
        }
        serve_(std::move(socket));
    }
    void drain() {
        if (house_.draining) return;
        Error error;
        acceptor_.non_blocking(true, error);
        for (;;) {
            tcp::socket socket(house_.io);
            acceptor_.accept(socket, error);
            if (error) break;
            welcome(std::move(socket));
        }
        house_.draining = true;
        acceptor_.close(error);
        due_ = Clock::now() + seconds(house_.settings.drain);
        look();
    }
    void look() {
        Error ignored;
        for (tcp::socket* socket : house_.idle) socket->shutdown(tcp::socket::shutdown_receive, ignored);
        if (house_.connections == 0 || Clock::now() > due_) {
            if (house_.connections > 0)
                std::fprintf(stderr, "datacenter: the drain's %g s are over (--drain): connections cut: %zu\n",
                             house_.settings.drain, house_.connections);
            house_.journal.close();
            return house_.io.stop();
        }
        pause_.expires_after(std::chrono::milliseconds(20));
        pause_.async_wait([this](Error) { look(); });
    }
};

// Run a server: read the settings, open the door, and let the loop go round.
template <class MakeServe>
int run_server(int count, char** words, MakeServe make_serve) {
    try {
        std::signal(SIGPIPE, SIG_IGN);
        std::signal(SIGXFSZ, SIG_IGN);
        const Settings settings(count, words);
        asio::io_context io(1);
        House house(io, settings);
        auto serve = make_serve(house);
        Door<decltype(serve)> door(house, serve);
        io.run();
        // All is written, and nobody is connected. The set of signals goes with the process, not before it: without
        // it a late SIGTERM would kill.
        std::fflush(stdout);
        std::_Exit(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", words[0], error.what());
        return 1;
    }
}
