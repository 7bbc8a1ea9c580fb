// Two threads hand a turn to and fro, through the kernel (futex): the price of one such round in nanoseconds.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

int main(int, char** words) {
    const long rounds = std::strtol(words[1], nullptr, 10);
    std::atomic<long> to{0}, fro{0};
    std::thread other([&] {
        for (long n = 1; n <= rounds; ++n) {
            to.wait(n - 1);                          // sleeps until it is another number
            fro = n;
            fro.notify_one();
        }
    });
    const auto start = std::chrono::steady_clock::now();
    for (long n = 1; n <= rounds; ++n) {
        to = n;
        to.notify_one();
        fro.wait(n - 1);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    other.join();
    std::printf("%.0f\n", took.count() / static_cast<double>(rounds));
}
