// The same reservation server with callbacks, C++14: every wait cuts the recipe in two.
#include <utility>

#include "house.hpp"

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(House& house, tcp::socket socket)
        : house(house), socket(std::move(socket)), seat(house, this->socket), disk(house.io) {}

    void begin() {
        parser = std::make_unique<Parser>();
        prepare(*parser);
        if (buffer.size() > 0) return read_header();
        buffer.shrink_to_fit();
        seat.rest(true);
        patience = std::make_unique<Patience>(house, socket, house.settings.idle);
        socket.async_wait(tcp::socket::wait_read, [self = shared_from_this()](Error error) {
            self->seat.rest(false);
            if (!error) self->read_header();
        });
    }

private:
    void read_header() {
        patience = std::make_unique<Patience>(house, socket, house.settings.client);
        http::async_read_header(socket, buffer, *parser, [self = shared_from_this()](Error error, std::size_t) {
            if (error) return self->on_unreadable(error);
            wants_to_be_asked(*self->parser) ? self->ask_for_body() : self->read_body();
        });
    }
    void ask_for_body() {
        asio::async_write(socket, asio::buffer(go_on, sizeof go_on - 1), [self = shared_from_this()](Error error, std::size_t) {
            if (!error) self->read_body();
        });
    }
    void read_body() {
        http::async_read(socket, buffer, *parser, [self = shared_from_this()](Error error, std::size_t) {
            if (error) return self->on_unreadable(error);
            self->on_request();
        });
    }
    void on_unreadable(Error error) {
        const int status = House::status_of(error);
        if (!status) return;
        last = true;
        send(house.refuse(status, error.message()));
    }
    void on_request() {
        request = parser->release();
        patience.reset();
        if (!House::is_reservation(request) || request.method() != http::verb::post) return send(house.at_once(request));
        if (house.inside >= house.settings.queue) return send(house.refuse(503, "the kitchen is full: come again"));
        ++house.inside;
        order = parse_order(request.body());
        if (!order.error.empty()) return reply(house.refuse(400, order.error));
        const Time due = Clock::now() + seconds(house.settings.deadline);
        house.credentials.ask(order.user, order.password, due,  // (1) credentials: let go
                              [self = shared_from_this()](Verdict verdict) { self->on_verdict(verdict); });
    }
    void on_verdict(const Verdict& verdict) {
        if (verdict.status != 200) return reply(house.refuse(verdict.status, verdict.error));
        if (!verdict.allowed) return reply(house.refuse(403, "wrong user or password"));
        const double euros = house.price(order.pizzas, order.km);   // (2) price: the only computation
        disk.expires_after(seconds(house.settings.disk_ms / 1000));  // the story's disk takes so long when ours is faster
        house.journal.save(House::key(order, request), House::record(order, euros), house.settings.queue,  // (3) disk: let go
                           [self = shared_from_this()](Saved saved) { self->on_saved(saved); });
    }
    void on_saved(const Saved& saved) {
        if (!saved.error.empty()) return reply(house.reserved(saved));
        disk.async_wait([self = shared_from_this(), saved](Error) { self->reply(self->house.reserved(saved)); });
    }
    void reply(Response answer) {
        --house.inside;
        send(std::move(answer));
    }
    void send(Response answer) {
        response = std::move(answer);
        response.keep_alive(!last && request.keep_alive() && !house.draining);
        patience = std::make_unique<Patience>(house, socket, house.settings.client);
        http::async_write(socket, response, [self = shared_from_this()](Error error, std::size_t) { self->on_sent(error); });
    }
    void on_sent(Error error) {
        patience.reset();
        if (last) return linger(std::move(socket), house.io);
        if (!error && response.keep_alive()) begin();
    }

    // What would be local variables, if any function lived as long as a reservation does.
    House& house;
    tcp::socket socket;
    Seat seat;
    asio::steady_timer disk;
    std::unique_ptr<Patience> patience;
    std::unique_ptr<Parser> parser;
    beast::flat_buffer buffer;
    Request request;
    Response response;
    Order order;
    bool last = false;
};

int main(int count, char** words) {
    return run_server(count, words, [](House& house) {
        return [&house](tcp::socket socket) { std::make_shared<Session>(house, std::move(socket))->begin(); };
    });
}
