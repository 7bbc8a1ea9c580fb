#pragma once
#include <cstdio>

struct Kitchen {
    int now = 0;                                     // minutes since noon
    void compute(int minutes) { now += minutes; }    // hands on: nobody lets go
    void served(int minutes) {
        std::printf("12:00 + %2d min  served after %d minutes\n", now, minutes);
    }
};
