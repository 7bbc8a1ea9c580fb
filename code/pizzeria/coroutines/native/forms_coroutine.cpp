// One order as a coroutine, step by step: a line of JSON after each, with the clock and the frame's words as numbers.
// Where the frame is, and how long, is heard from `operator new`: the compiler alone knows what is in it.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include "order_coroutine.hpp"

static void* newest;
static std::size_t newest_size;

// Not inlined: the compiler would look through both, and doubt that they belong together.
__attribute__((noinline)) void* operator new(std::size_t size) {
    if (void* place = std::calloc(1, size)) {
        newest = place;
        newest_size = size;
        return place;
    }
    throw std::bad_alloc();
}
__attribute__((noinline)) void operator delete(void* place) noexcept { std::free(place); }
__attribute__((noinline)) void operator delete(void* place, std::size_t) noexcept { std::free(place); }

static void tell(const Loop& kitchen, const void* frame, std::size_t size) {
    std::printf("{\"now\": %d, \"bytes\": %zu, \"words\": [", kitchen.now, size);
    for (std::size_t at = 0; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, static_cast<const char*>(frame) + at, sizeof word);
        std::printf("%s%llu", at ? ", " : "", static_cast<unsigned long long>(word));
    }
    std::puts("]}");
}

int main() {
    Loop kitchen;
    kitchen.now = 7;
    Task (*const volatile begin)(Loop&) = order;          // not to be looked through: the frame is on the heap
    Task program = begin(kitchen);
    const void* const frame = newest;
    const std::size_t size = newest_size;
    tell(kitchen, frame, size);
    program.start();
    tell(kitchen, frame, size);
    for (int minute = kitchen.now; !program.done(); ++minute) {
        const int before = kitchen.now;
        kitchen.run(minute);
        if (kitchen.now != before) tell(kitchen, frame, size);
    }
}
