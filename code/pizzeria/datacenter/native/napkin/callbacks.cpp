// The small Asio server of the post with callbacks, in C++14: three steps, six functions.
#include "napkin.hpp"
using asio::buffer;
using asio::dynamic_buffer;

struct Reservation : std::enable_shared_from_this<Reservation> {
    Reservation(Kitchen& kitchen, tcp::socket socket)
        : kitchen(kitchen), client(std::move(socket)), link(kitchen.loop), patience(kitchen.loop), end(kitchen.loop) {}

    void begin() {
        auto self = shared_from_this();              // somebody must keep us alive
        patience.expires_after(kitchen.patience);
        patience.async_wait([self](Error stopped) { if (!stopped) self->client.cancel(); });
        end.expires_after(10 * kitchen.patience);
        end.async_wait([this](Error stopped) { if (!stopped) client.close(), link.close(); });
        auto request = dynamic_buffer(line, Kitchen::longest);
        asio::async_read_until(client, request, '\n', [self](Error error, size_t) {
            self->patience.cancel();
            if (!error) self->on_order();
        });
    }
    void on_order() {
        auto self = shared_from_this();
        order = Order(line);
        link.async_connect(kitchen.credentials, [self](Error error) {   // (1) credentials
            if (!error) self->on_connected();                           // (1) credentials
        });
    }
    void on_connected() {
        auto self = shared_from_this();
        line = order.who + "\n";
        asio::async_write(link, buffer(line), [self](Error error, size_t) {  // (1) credentials
            if (!error) self->on_asked();                               // (1) credentials
        });
    }
    void on_asked() {
        auto self = shared_from_this();
        auto verdict = dynamic_buffer(said, Kitchen::longest);          // (1) credentials
        asio::async_read_until(link, verdict, '\n',                     // (1) credentials
            [self](Error error, size_t) {                               // (1) credentials
                if (!error) self->on_verdict();                         // (1) credentials
            });
    }
    void on_verdict() {
        if (said != "yes\n") return answer("sorry: wrong password\n");
        answer_to_be = order.pizza + ", " + price(order.pizza) + " euros\n";  // (2) price
        auto self = shared_from_this();
        asio::post(kitchen.disk, [self] {                               // (3) disk
            const bool kept = self->kitchen.write(self->answer_to_be);  // (3) disk
            asio::post(self->kitchen.loop, [self, kept] {               // (3) disk
                self->answer(kept ? self->answer_to_be : no_book);      // (3) disk
            });
        });
    }
    void answer(std::string text) {
        auto self = shared_from_this();
        answer_to_be = std::move(text);
        asio::async_write(client, buffer(answer_to_be), [self](Error, size_t) {});
    }

    Kitchen& kitchen;          // what would be local variables, if any function lived as long
    tcp::socket client, link;
    asio::steady_timer patience, end;                // of the last one's handler: it is ours, and ends with us
    Order order{""};
    std::string line, said, answer_to_be;
};

int main(int, char** words) {
    Kitchen kitchen(words);
    return kitchen.serve([&](tcp::socket client) {
        std::make_shared<Reservation>(kitchen, std::move(client))->begin();
    });
}
