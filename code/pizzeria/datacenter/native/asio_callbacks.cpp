// The same reservation server with callbacks, C++14: every wait cuts the recipe in two.
#include <utility>

#include "door.hpp"
#include "inside.hpp"

class Session : public std::enable_shared_from_this<Session> {
public:
    Session(House& house, tcp::socket socket)
        : house(house), socket(std::move(socket)), seat(house, this->socket), disk(house.io), buffer(house.settings.header_bytes),
          left(house.settings.requests) {}

    void begin() {
        parser = std::make_unique<Parser>();
        head = Head();
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
        patience = std::make_unique<Patience>(house, socket, house.settings.header_time);
        asio::async_read_until(socket, beast::ref(buffer), UntilHeadEnds{&head}, [self = shared_from_this()](Error error, std::size_t) {
            error ? self->on_unreadable(House::status_of(error)) : self->on_header();
        });
    }
    void on_header() {
        if (const int status = parse_head(*parser, head, buffer, house.settings)) return on_unreadable(status);
        lines = lines_of(*parser);
        patience = std::make_unique<Patience>(house, socket, house.settings.body_time);
        wants_to_be_asked(*parser) ? ask_for_body() : read_body();
    }
    void ask_for_body() {
        asio::async_write(socket, asio::buffer(go_on, sizeof go_on - 1), [self = shared_from_this()](Error error, std::size_t) {
            if (!error) self->read_body();
        });
    }
    void read_body() {
        http::async_read(socket, buffer, *parser, [self = shared_from_this()](Error error, std::size_t) {
            if (error) return self->on_unreadable(House::status_of(error));
            if (lines_of(*self->parser) != self->lines) return self->on_unreadable(400);  // trailers: headers that nobody expects
            self->on_request();
        });
    }
    void on_unreadable(int status) {
        if (status < 0) return;
        last = true;
        request = Request();  // what it would have been, nobody knows
        send(house.refuse(status, House::why(status)));
    }
    void on_request() {
        request = parser->release();
        patience.reset();
        if (!House::is_reservation(request) || request.method() != http::verb::post) return send(house.at_once(request));
        if (house.inside >= house.settings.queue) return send(house.refuse(503, "the kitchen is full: come again"));
        counted = std::make_unique<Inside>(house.inside);
        order = house.order(request);
        if (!order.error.empty()) return reply(house.refuse(400, order.error));
        due = Clock::now() + seconds(house.settings.deadline);
        house.credentials.ask(order.user, order.password, due,  // (1) credentials: let go
                              [self = shared_from_this()](Verdict verdict) { self->on_verdict(verdict); });
    }
    void on_verdict(const Verdict& verdict) {
        if (verdict.status != 200) return reply(house.refuse(verdict.status, verdict.error));
        if (!verdict.allowed) return reply(house.refuse(403, "wrong user or password"));
        const double euros = house.price(order.pizzas, order.km);   // (2) price: the only computation
        done = Clock::now() + seconds(house.settings.disk_ms / 1000);  // the story's disk takes so long when ours is faster
        disk.expires_at(std::min(done, due));
        house.journal.save(House::key(order, request), House::record(order, euros), house.settings.queue, due,  // (3) disk: let go
                           [self = shared_from_this()](Saved saved) { self->on_saved(saved); });
    }
    void on_saved(const Saved& saved) {
        if (!saved.error.empty()) return reply(house.reserved(saved));
        disk.async_wait([self = shared_from_this(), saved](Error) { 
            self->reply(self->done > self->due ? self->house.refuse(504, not_in_time) : self->house.reserved(saved));
        });
    }
    void reply(Response answer) {
        counted.reset();
        send(std::move(answer));
    }
    void send(Response answer) {
        response = std::move(answer);
        House::fit(response, request, !last && --left > 0 && !house.must_close(buffer.size()));
        patience = std::make_unique<Patience>(house, socket, house.settings.reply_time);
        http::async_write(socket, response, [self = shared_from_this()](Error error, std::size_t) { self->on_sent(error); });
    }
    void on_sent(Error error) {
        patience.reset();
        if (error) return abort(socket);
        if (!last && response.keep_alive()) return begin();
        if (last || buffer.size() > 0) linger(std::move(socket), house.io);
    }

    // What would be local variables, if any function lived as long as a reservation does.
    House& house;
    tcp::socket socket;
    Seat seat;
    std::unique_ptr<Inside> counted;
    asio::steady_timer disk;
    std::unique_ptr<Patience> patience;
    std::unique_ptr<Parser> parser;
    beast::flat_buffer buffer;
    Request request;
    Response response;
    Order order;
    Head head;
    Time due, done;
    std::ptrdiff_t lines = 0;
    std::size_t left;
    bool last = false;
};

int main(int count, char** words) {
    return run_server(count, words, [](House& house) {
        return [&house](tcp::socket socket) { std::make_shared<Session>(house, std::move(socket))->begin(); };
    });
}
