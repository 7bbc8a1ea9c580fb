// Whoever comes to the house: patience with them, a seat, a farewell, the door they come in by, and the orderly end.
#pragma once
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "house.hpp"

#include <boost/beast/core/buffer_ref.hpp>

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

// Close at once, and have the system forget what it still holds for a peer who does not take it.
inline void abort(tcp::socket& socket) {
    Error ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

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
                accept();  // first: whatever this one comes to, the door stays open
                return welcome(std::move(socket));
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
        for (int left = house_.settings.backlog; left > 0; --left) {
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
        for (bool more = true; more;) {
            try {
                io.run();
                more = false;
            } catch (const std::exception& error) {  // of one connection, which is closed: the others go on
                std::fprintf(stderr, "datacenter: %s\n", error.what());
            }
        }
        // All is written, and nobody is connected. The set of signals goes with the process, not before it: without
        // it a late SIGTERM would kill.
        std::fflush(stdout);
        std::_Exit(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", words[0], error.what());
        return 1;
    }
}
