// What the two small Asio servers of the post share: an order of one line, its price, the file, and the door.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;
using std::size_t;

struct Order {
    std::string who, pizza;  // "ada:basil margherita\n": who says so, and what they want
    explicit Order(const std::string& line) { std::istringstream(line) >> who >> pizza; }
};

const std::string no_book = "sorry: nothing could be written down\n";

inline std::string price(const std::string& pizza) { return std::to_string(8 + pizza.size() % 5); }

class Kitchen {  // what the house is told on its command line, and what it has
public:
    Kitchen(char** words)
        : credentials(asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(words[1]))),
          patience(std::chrono::milliseconds(std::atoi(words[2]))),
          file_(::open(words[3], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
        if (file_ < 0) throw std::system_error(errno, std::generic_category(), words[3]);
    }
    ~Kitchen() { ::close(file_); }

    asio::io_context loop;
    asio::thread_pool disk{1};  // a file is never "not ready": somebody has to wait for it
    const tcp::endpoint credentials;
    const std::chrono::milliseconds patience;  // for a request; ten times that for all of it
    static constexpr std::size_t longest = 1024;  // bytes of a line: nobody fills our memory

    bool write(const std::string& record) {  // true: the disk has all of it; until then, nothing is confirmed
        const auto end = ::lseek(file_, 0, SEEK_END);
        const auto wrote = ::write(file_, record.data(), record.size());
        if (wrote == static_cast<ssize_t>(record.size()) && ::fdatasync(file_) == 0) return true;
        std::perror("the file");
        if (::ftruncate(file_, end) != 0) std::perror("half a line stays");
        return false;
    }

    template <class Serve>
    int serve(Serve serve) {  // accept for ever, or until whoever started us closes our standard input
        tcp::acceptor door(loop, {asio::ip::address_v4::loopback(), 0});
        asio::posix::stream_descriptor leash(loop, ::dup(0));
        leash.async_wait(asio::posix::descriptor_base::wait_read, [this](Error) { loop.stop(); });
        std::printf("%u\n", door.local_endpoint().port());
        std::fflush(stdout);
        accept(door, serve);
        loop.run();
        disk.join();
        return 0;
    }

private:
    int file_;

    template <class Serve>
    void accept(tcp::acceptor& door, Serve serve) {
        door.async_accept([this, &door, serve](Error error, tcp::socket client) {
            if (error == asio::error::operation_aborted) return;
            if (!error) {
                serve(std::move(client));
                return accept(door, serve);
            }
            breath_.expires_after(std::chrono::milliseconds(50));  // no descriptor is left: others will hang up
            breath_.async_wait([this, &door, serve](Error stopped) { if (!stopped) accept(door, serve); });
        });
    }

    asio::steady_timer breath_{loop};
};
