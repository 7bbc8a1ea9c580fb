#pragma once
#include "kitchen.hpp"

struct Order {
    int line = 0;                                        // where it let go
    int rang = 0;                                        // when the client rang

    int go_on(Kitchen& kitchen) {                        // minutes to wait; 0: served
        switch (line) { case 0:
            rang = kitchen.now;
            line = __LINE__; return 5; case __LINE__:    // on the phone
            kitchen.compute(15);                         // prepare it
            line = __LINE__; return 30; case __LINE__:   // in the oven
            line = __LINE__; return 20; case __LINE__:   // on the road
            kitchen.served(kitchen.now - rang);
        }
        return 0;
    }
};
