// The reservation server with stackless coroutines, C++20: the recipe from top to bottom, on one thread.
#include "door.hpp"
#include "inside.hpp"

using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;

awaitable<Response> reserve(House& house, const Request& request, Time due) {
    const Order order = house.order(request);
    if (!order.error.empty()) co_return house.refuse(400, order.error);
    const Verdict verdict = co_await house.credentials.ask(order.user, order.password, due, use_awaitable);  // (1) credentials
    if (verdict.status != 200) co_return house.refuse(verdict.status, verdict.error);
    if (!verdict.allowed) co_return house.refuse(403, "wrong user or password");
    const std::string record = House::record(order, house.price(order.pizzas, order.km));  // (2) price: the only computation
    const Time done = Clock::now() + seconds(house.settings.disk_ms / 1000);  // the story's disk, when ours is faster
    asio::steady_timer disk(house.io, std::min(done, due));
    const auto saved = co_await house.journal.save(House::key(order, request), record, house.settings.queue, due, use_awaitable);  // (3) disk
    if (saved.error.empty()) co_await disk.async_wait(use_awaitable);
    if (saved.error.empty() && done > due) co_return house.refuse(504, not_in_time);
    co_return house.reserved(saved);
}

// Read a request; return the status to refuse it with, 0 when it is there, or -1 when nobody is.
awaitable<int> read(House& house, Seat& seat, tcp::socket& socket, beast::flat_buffer& buffer, Parser& parser) {
    Error error;
    if (buffer.size() == 0) {
        buffer.shrink_to_fit();  // an idle client costs a socket and this coroutine
        seat.rest(true);
        const Patience patience(house, socket, house.settings.idle);
        co_await socket.async_wait(tcp::socket::wait_read, redirect_error(use_awaitable, error));
        seat.rest(false);
        if (error) co_return -1;
    }
    {
        Head head;
        const Patience patience(house, socket, house.settings.header_time);
        co_await asio::async_read_until(socket, beast::ref(buffer), UntilHeadEnds{&head}, redirect_error(use_awaitable, error));
        if (error) co_return House::status_of(error);
        if (const int status = parse_head(parser, head, buffer, house.settings)) co_return status;
    }
    const auto lines = lines_of(parser);
    const Patience patience(house, socket, house.settings.body_time);
    if (wants_to_be_asked(parser))
        co_await asio::async_write(socket, asio::buffer(go_on, sizeof go_on - 1), redirect_error(use_awaitable, error));
    if (!error) co_await http::async_read(socket, buffer, parser, redirect_error(use_awaitable, error));
    if (error) co_return House::status_of(error);
    co_return lines_of(parser) == lines ? 0 : 400;  // trailers are headers that nobody expects
}

awaitable<bool> write(House& house, tcp::socket& socket, Response& response) {
    Error error;
    const Patience patience(house, socket, house.settings.reply_time);
    co_await http::async_write(socket, response, redirect_error(use_awaitable, error));
    if (error) abort(socket);
    co_return !error && response.keep_alive();
}

awaitable<Response> answer(House& house, const Request& request) {
    if (!House::is_reservation(request) || request.method() != http::verb::post) co_return house.at_once(request);
    if (house.inside >= house.settings.queue) co_return house.refuse(503, "the kitchen is full: come again");
    const Inside counted(house.inside);
    co_return co_await reserve(house, request, Clock::now() + seconds(house.settings.deadline));
}

awaitable<void> serve(House& house, tcp::socket socket) {
    Seat seat(house, socket);
    beast::flat_buffer buffer(house.settings.header_bytes);
    bool more = true;
    for (std::size_t left = house.settings.requests; more && left-- > 0;) {
        Parser parser;
        if (const int status = co_await read(house, seat, socket, buffer, parser)) {
            if (status < 0) co_return;
            Response refusal = house.refuse(status, House::why(status));
            refusal.keep_alive(false);
            co_await write(house, socket, refusal);
            co_return linger(std::move(socket), house.io);
        }
        const Request request = parser.release();
        Response response = co_await answer(house, request);
        House::fit(response, request, left > 0 && !house.must_close(buffer.size()));
        more = co_await write(house, socket, response);
    }
    if (buffer.size() > 0 && socket.is_open()) linger(std::move(socket), house.io);
}

int main(int count, char** words) {
    return run_server(count, words, [](House& house) {
        return [&house](tcp::socket socket) {
            co_spawn(house.io, serve(house, std::move(socket)), [](std::exception_ptr error) {
                if (error) std::rethrow_exception(error);
            });
        };
    });
}
