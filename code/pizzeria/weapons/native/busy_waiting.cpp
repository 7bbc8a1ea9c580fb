// One thread rings, another waits: resting in the kernel, asking the kernel all the time, or watching memory all the time.
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
    double at_best, microseconds, cpu_share; // of the latencies: what a tenth, and a half, did not exceed
    long looks;
};

double cpu_seconds() { // of this thread only
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

enum class How { rest, ask, watch };

Cost wait_for_rings(How how) {
    int bell[2];
    if (pipe(bell) < 0) return {};
    std::atomic<Clock::rep> rung_at{0};
    std::atomic<int> rung{0}, heard{0};
    std::thread ringer([&] {
        for (int n = 0; n < rings; n++) {
            while (heard < n) poll(nullptr, 0, 1);
            poll(nullptr, 0, 1); // a millisecond in which there is nothing to do
            rung_at = Clock::now().time_since_epoch().count();
            if (how != How::watch && write(bell[1], "!", 1) != 1) return;
            rung = n + 1;
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
        if (how == How::watch ? rung == heard : poll(&bells, 1, how == How::rest ? -1 : 0) != 1) continue;
        const auto now = Clock::now().time_since_epoch();
        if (how != How::watch && read(bell[0], &byte, 1) != 1) break;
        latencies.push_back(std::chrono::duration<double, std::micro>(now - Clock::duration(rung_at)).count());
        heard++;
    }
    const std::chrono::duration<double> wall = Clock::now() - begun;
    const double share = (cpu_seconds() - cpu) / wall.count();
    ringer.join();
    close(bell[0]);
    close(bell[1]);
    std::sort(latencies.begin(), latencies.end());
    return {latencies[rings / 10], latencies[rings / 2], share, looks};
}

void say(const char* how, const Cost& cost) {
    std::printf("%-22s noticed after %4.1f us, at best %4.1f; %5.1f %% of a core, %ld looks\n", how, cost.microseconds,
                cost.at_best, cost.cpu_share * 100, cost.looks);
}

int main() {
    const Cost rests = wait_for_rings(How::rest), asks = wait_for_rings(How::ask), watches = wait_for_rings(How::watch);
    say("resting in the kernel:", rests);
    say("asking the kernel:", asks);
    say("watching memory:", watches);
    std::printf("watching, not resting: %.0f times the processor\n", watches.cpu_share / rests.cpu_share);
    // Looks are counted; times are your machine's, and shown.
    return rests.looks != rings || asks.looks < rings || watches.looks < rings;
}
