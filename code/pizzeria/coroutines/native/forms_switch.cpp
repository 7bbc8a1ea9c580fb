// One order as a switch, step by step: a line of JSON after each, with the clock and the bytes of the order as numbers.
#include <cstring>
#include "order_switch.hpp"

static void tell(const Kitchen& kitchen, const Order& order) {
    int words[sizeof(Order) / sizeof(int)];
    std::memcpy(words, &order, sizeof words);
    std::printf("{\"now\": %d, \"bytes\": %zu, \"words\": [%d, %d]}\n", kitchen.now, sizeof(Order), words[0], words[1]);
}

int main() {
    Kitchen kitchen;
    kitchen.now = 7;
    Order order;
    tell(kitchen, order);
    while (const int minutes = order.go_on(kitchen)) {
        tell(kitchen, order);
        kitchen.now += minutes;
    }
    tell(kitchen, order);
}
