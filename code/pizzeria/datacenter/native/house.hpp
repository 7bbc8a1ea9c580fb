// What both Asio servers share: orders understood, responses made, counts.
#pragma once
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "credentials.hpp"
#include "head.hpp"
#include "journal.hpp"
#include "settings.hpp"

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct Order {
    std::vector<std::string> pizzas;
    double km = 1;
    std::string user, password, error;  // with an error, the rest means nothing
};

inline bool is_longer(json::string_view text, std::size_t most) {  // in characters: UTF-8's further bytes do not count
    return std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }) > static_cast<long>(most);
}

inline Order parse_order(const std::string& body, boost::string_view key, const Settings& settings) {
    const auto refused = [](std::string why) { Order order; order.error = std::move(why); return order; };
    Error error;
    const json::value parsed = json::parse(body, error);
    if (error) return refused("the body is not JSON");
    const json::object* fields = parsed.if_object();
    if (!fields) return refused("the body is not a JSON object");
    Order order;
    const json::value* pizzas = fields->if_contains("pizzas");
    if (!pizzas || !pizzas->is_array()) return refused("pizzas: a list of names was expected");
    for (const json::value& pizza : pizzas->as_array()) {
        if (!pizza.is_string() || pizza.as_string().empty() || is_longer(pizza.as_string(), settings.longest_name))
            return refused("pizzas: a list of names was expected");
        order.pizzas.emplace_back(pizza.as_string().c_str());
    }
    if (order.pizzas.empty() || order.pizzas.size() > settings.most_pizzas)
        return refused("pizzas: between 1 and " + std::to_string(settings.most_pizzas) + " of them");
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
    const bool readable = std::all_of(key.begin(), key.end(), [](char letter) { return letter >= ' ' && letter <= '~'; });
    if (key.size() > settings.longest_key || !readable)
        return refused("Idempotency-Key: at most " + std::to_string(settings.longest_key) + " printable ASCII characters");
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
    Order order(const Request& request) const { return parse_order(request.body(), request["Idempotency-Key"], settings); }
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

    // Make a response fit its request: one to HEAD says how long it would be, and is not.
    static void fit(Response& response, const Request& request, bool more) {
        response.keep_alive(more && request.keep_alive());
        if (request.method() == http::verb::head) response.body().clear();
    }

    // Whether a connection ends with the response that is being sent: not if another request has begun to arrive.
    bool must_close(std::size_t arrived) const { return draining && arrived == 0; }

    // What to say to a request that could not be read; -1 when there is nothing to say: the client is gone.
    static int status_of(const Error& error) {
        if (error == asio::error::not_found || error == http::error::header_limit) return 431;
        if (error == http::error::body_limit) return 413;
        if (error == asio::error::operation_aborted) return 408;
        if (error == http::error::end_of_stream) return -1;
        return error.category() == http::make_error_code(http::error::bad_value).category() ? 400 : -1;
    }
    static const char* why(int status) {
        return status == 408   ? "the request took too long to arrive"
               : status == 413 ? "the body is too large"
               : status == 431 ? "the head is too large"
               : status == 501 ? "chunked is the only Transfer-Encoding here"
                               : "not HTTP as we know it";
    }

private:
    std::map<int, long> statuses_;

    static std::string path(const Request& request) {
        std::string target(request.target());
        if (beast::iequals(target.substr(0, 7), "http://"))  // as a proxy is asked: we take ourselves for whoever is meant
            target = target.substr(std::min(target.find('/', 7), target.size()));
        return (target.empty() ? "/" : target).substr(0, target.find('?'));
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
