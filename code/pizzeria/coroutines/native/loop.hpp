#pragma once
#include <algorithm>
#include <climits>
#include <coroutine>
#include <map>
#include "kitchen.hpp"

using Handle = std::coroutine_handle<>;              // a suspended function

class Loop : public Kitchen {                        // of the first post, for handles
public:
    void wake(Handle who, int minutes) { waiting_.emplace(now + minutes, who); }
    void forget(Handle who) {
        std::erase_if(waiting_, [=](const auto& entry) { return entry.second == who; });
    }
    void run(int until = INT_MAX) {
        while (!waiting_.empty() && waiting_.begin()->first <= until) {
            const auto next = waiting_.extract(waiting_.begin());
            now = std::max(now, next.key());
            next.mapped().resume();                  // go on behind the co_await
        }
    }
private:
    std::multimap<int, Handle> waiting_;             // by the minute at which they wake
};

struct Wait {                                        // an awaiter: what co_await asks
    Loop& loop;
    int minutes;
    Handle me = nullptr;

    bool await_ready() const { return minutes <= 0; }                  // must I wait?
    void await_suspend(Handle who) { loop.wake(me = who, minutes); }    // who wakes me?
    void await_resume() { me = nullptr; }            // awake: what is the result?
    ~Wait() { if (me) loop.forget(me); }             // destroyed while it waited
};
