#pragma once
#include <coroutine>
#include <exception>
#include <utility>

class Task {                                         // what the caller gets
public:
    struct promise_type {                            // our answers to the compiler
        Task get_return_object() {                   // what does the caller get?
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }  // wait first
        std::suspend_always final_suspend() noexcept { return {}; }    // and last
        void return_void() {}                        // co_return: nothing to hand over
        void unhandled_exception() { std::terminate(); }
    };
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ~Task() { if (handle_) handle_.destroy(); }
    void start() { handle_.resume(); }
    bool done() const { return handle_.done(); }
private:
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};
