// A coroutine that awaits another, very often; it prints how deep the stack was at the deepest.
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

using Handle = std::coroutine_handle<>;

static const char* bottom;
static long deepest;
static void look() {
    const char here = 0;
    if (bottom - &here > deepest) deepest = bottom - &here;
}

#ifdef SYMMETRIC
Handle go(Handle next) { return next; }                  // "resume this one in my place"
using Turn = Handle;
#else
void go(Handle next) { next.resume(); }                  // a call, on top of mine
using Turn = void;
#endif

class Step {
public:
    struct promise_type {
        Handle caller = std::noop_coroutine();
        struct Back {
            bool await_ready() const noexcept { return false; }
            Turn await_suspend(std::coroutine_handle<promise_type> me) const noexcept {
                return go(me.promise().caller);          // done: on with whoever awaits me
            }
            void await_resume() const noexcept {}
        };
        Step get_return_object() { return Step(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        Back final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    Step(Step&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    ~Step() { if (handle_) handle_.destroy(); }
    bool await_ready() const noexcept { return false; }
    Turn await_suspend(Handle me) {                      // let go of the caller, begin with the step
        handle_.promise().caller = me;
        return go(handle_);
    }
    void await_resume() const noexcept {}
    void start() { handle_.resume(); }
private:
    explicit Step(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

Step topping() { look(); co_return; }

Step pizza(long toppings) {
    for (long n = 0; n < toppings; ++n) co_await topping();
}

int main(int, char** words) {
    const char here = 0;
    bottom = &here;
    Step all = pizza(std::strtol(words[1], nullptr, 10));
    all.start();
    std::printf("%ld\n", deepest);
}
