// What the two programs share that are weighed: how they stand still, and how they tell the time of one letting go.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// Argument words: few, many, rounds. With so few, then with so many in the crowd: print the number, wait for a line.
template <class Crowd, class Turn>
int stand_still(char** words, Crowd& crowd, Turn turn) {
    const std::size_t few = std::strtoul(words[1], nullptr, 10), many = std::strtoul(words[2], nullptr, 10);
    const long rounds = std::strtol(words[3], nullptr, 10);
    crowd.reserve(many);
    for (const std::size_t wanted : {few, many}) {
        while (crowd.size() < wanted) crowd.emplace_back();
        std::printf("%zu\n", wanted);
        std::fflush(stdout);
        for (int sign = 0; sign != '\n' && sign != EOF;) sign = std::getchar();
    }
    double quickest = 1e18;                              // of five tries, a fifth of the rounds each
    for (int tries = 0; tries < 5; ++tries) {
        const auto start = std::chrono::steady_clock::now();
        for (long n = 0; n < rounds / 5; ++n) turn();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
        quickest = std::min(quickest, took.count() / static_cast<double>(rounds / 5));
    }
    std::printf("%.3f\n", quickest);
    return 0;
}
