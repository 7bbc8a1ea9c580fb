// A crowd of orders as a switch, each of them waiting; weighed from outside.
#include "stand_still.hpp"

struct Order {
    int line = 0;
    int rang = 0;
    int go_on(int now) {                                 // begins, then lets go for ever
        switch (line) { case 0:
            rang = now;
            for (;;) {
                line = __LINE__; return now - rang; case __LINE__:;
            }
        }
        return 0;
    }
};

struct Waiting : Order {
    Waiting() { go_on(7); }                              // it has begun, and waits
};

int main(int, char** words) {
    std::vector<Waiting> crowd;
    Order one;
    volatile int now = 7;                                // the compiler must not know
    return stand_still(words, crowd, [&] { now = one.go_on(now); });
}
