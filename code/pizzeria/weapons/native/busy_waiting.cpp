// One thread rings, another waits for the ring: resting in the kernel, or watching all the time.
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

using Clock = std::chrono::steady_clock;

const int rings = 100;

struct Cost {
    double microseconds, cpu_share;
    long looks;
};

double cpu_seconds() { // of this thread only
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

Cost wait_for_rings(int time_out_ms) { // 0: look, and look again; -1: rest until it rings
    int bell[2];
    if (pipe(bell) < 0) return {0, 0, 0};
    std::atomic<Clock::rep> rung_at{0};
    std::atomic<int> heard{0};
    std::thread ringer([&] {
        for (int n = 0; n < rings; n++) {
            while (heard < n) poll(nullptr, 0, 1);
            poll(nullptr, 0, 1); // a millisecond in which there is nothing to do
            rung_at = Clock::now().time_since_epoch().count();
            if (write(bell[1], "!", 1) != 1) return;
        }
    });
    std::vector<double> latencies;
    long looks = 0;
    const double cpu = cpu_seconds();
    const auto begun = Clock::now();
    while (heard < rings) {
        pollfd bells{bell[0], POLLIN, 0};
        char byte;
        looks++;
        if (poll(&bells, 1, time_out_ms) != 1) continue;
        const auto now = Clock::now().time_since_epoch();
        if (read(bell[0], &byte, 1) != 1) break;
        latencies.push_back(std::chrono::duration<double, std::micro>(now - Clock::duration(rung_at)).count());
        heard++;
    }
    const std::chrono::duration<double> wall = Clock::now() - begun;
    const double share = (cpu_seconds() - cpu) / wall.count();
    ringer.join();
    close(bell[0]);
    close(bell[1]);
    std::nth_element(latencies.begin(), latencies.begin() + rings / 2, latencies.end());
    return {latencies[rings / 2], share, looks};
}

int main() {
    const Cost rests = wait_for_rings(-1), busy = wait_for_rings(0);
    std::printf("resting in the kernel: %5.1f us until it notices, %5.1f %% of a core, %ld looks\n",
                rests.microseconds, rests.cpu_share * 100, rests.looks);
    std::printf("busy waiting:          %5.1f us until it notices, %5.1f %% of a core, %ld looks\n",
                busy.microseconds, busy.cpu_share * 100, busy.looks);
    std::printf("so: %.1f times the latency, %.0f times the processor\n", busy.microseconds / rests.microseconds,
                busy.cpu_share / rests.cpu_share);
    return rests.looks != rings || busy.looks < rings; // looks are counted; times are your machine's, and shown
}
