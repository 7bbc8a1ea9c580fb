#pragma once
#include "loop.hpp"
#include "task.hpp"

inline Task order(Loop& kitchen) {
    const int rang = kitchen.now;
    co_await Wait{kitchen, 5};                           // on the phone
    kitchen.compute(15);                                 // prepare it
    co_await Wait{kitchen, 30};                          // in the oven
    co_await Wait{kitchen, 20};                          // on the road
    kitchen.served(kitchen.now - rang);
}
