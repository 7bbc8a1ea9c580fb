// A thread is cancelled while it kneads; the news lands where it first waits.
#include <pthread.h>
#include <unistd.h>
#include <atomic>
#include <cstdio>

struct Held {
    const char* what;
    ~Held() { std::printf("put back: %s\n", what); }
};

int phone[2];
std::atomic<bool> begun{false}, rung_off{false}, kneaded{false}, waited{false};

void* order(void*) {
    const Held apron{"the apron"};
    begun = true;
    while (!rung_off) {}                             // kneads; nobody interrupts that
    kneaded = true;
    char word;
    if (read(phone[0], &word, 1) == 1) waited = true;
    return nullptr;
}

int main() {
    pthread_t cook;
    if (pipe(phone) != 0 || pthread_create(&cook, nullptr, order, nullptr) != 0) return 1;
    while (!begun) {}
    pthread_cancel(cook);
    rung_off = true;
    void* end = nullptr;
    pthread_join(cook, &end);
    std::printf("kneaded to the end: %s\n", kneaded ? "yes" : "no");
    std::printf("came out of its wait: %s\n", end == PTHREAD_CANCELED && !waited ? "no" : "yes");
}
