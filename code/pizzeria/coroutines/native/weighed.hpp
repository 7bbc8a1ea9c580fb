// A task that lets go as often as its author likes and tells how large its frame is; 0 if there was none on the heap.
#pragma once
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

inline constexpr std::suspend_always pause{};

struct Weighed {
    static inline std::size_t heaped;
    struct promise_type {
        void* operator new(std::size_t size) {
            heaped = size;
            if (void* place = std::malloc(size)) return place;
            throw std::bad_alloc();
        }
        void operator delete(void* place) { std::free(place); }
        Weighed get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};

// Run one to its end, where the compiler sees all of it; then tell what its frame took.
template <class Coroutine>
void weigh(const char* name, Coroutine coroutine) {
    Weighed::heaped = 0;
    const Weighed weighed = coroutine();
    while (!weighed.handle.done()) weighed.handle.resume();
    weighed.handle.destroy();
    std::printf("%s: %zu\n", name, Weighed::heaped);
}
