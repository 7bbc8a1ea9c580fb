// What the post's small server with coroutines has beside its recipe: the disk, and a bound for all of it. C++20.
#pragma once
#include "napkin.hpp"
#include <boost/asio/experimental/awaitable_operators.hpp>

using asio::awaitable, asio::buffer, asio::dynamic_buffer, asio::use_awaitable;
using namespace asio::experimental::awaitable_operators;

inline awaitable<bool> store(Kitchen& kitchen, const std::string& record) { co_return kitchen.write(record); }

inline awaitable<void> quietly(awaitable<void> what) {
    try {
        co_await std::move(what);
    } catch (const std::exception&) {                // they hung up: nobody is left to be told
    }
}

inline awaitable<void> at_most(Kitchen& kitchen, awaitable<void> all_of_it) {
    asio::steady_timer end(kitchen.loop, 10 * kitchen.patience);
    co_await (quietly(std::move(all_of_it)) || end.async_wait(use_awaitable));
}
