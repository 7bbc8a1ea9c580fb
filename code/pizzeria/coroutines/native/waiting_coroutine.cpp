// A crowd of coroutines, each of them waiting; weighed from outside.
#include "stand_still.hpp"
#include "task.hpp"

__attribute__((noinline)) static Task order(volatile int& now) {
    const int rang = now;
    for (;;) {
        co_await std::suspend_always{};                  // lets go for ever
        now = now - rang;
    }
}

static volatile int minutes = 7;

struct Waiting {
    Task task = order(minutes);
    Waiting() { task.start(); }                          // it has begun, and waits
};

int main(int, char** words) {
    std::vector<Waiting> crowd;
    Task one = order(minutes);
    return stand_still(words, crowd, [&] { one.start(); });
}
