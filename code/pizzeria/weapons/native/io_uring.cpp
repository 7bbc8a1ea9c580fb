// io_uring by raw system calls: a disk file and a socket, read by one system call, completing in one queue.
#if defined(__linux__) && __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

struct Ring {
    int fd;
    char *memory;
    io_uring_sqe *entries;
    io_uring_params params{};

    bool open(unsigned size) {
        fd = static_cast<int>(syscall(SYS_io_uring_setup, size, &params));
        if (fd < 0) return false;
        const size_t submissions = params.sq_off.array + params.sq_entries * sizeof(unsigned);
        const size_t completions = params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe);
        memory = map(submissions > completions ? submissions : completions, IORING_OFF_SQ_RING);
        entries = reinterpret_cast<io_uring_sqe *>(map(params.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
        return memory != MAP_FAILED && entries != MAP_FAILED;
    }
    char *map(size_t length, off_t what) {
        return static_cast<char *>(mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what));
    }
    unsigned &word(unsigned offset) { return *reinterpret_cast<unsigned *>(memory + offset); }

    void read(int from, void *buffer, unsigned length, unsigned long long name) {       // start, do not wait
        // Two at a time: whoever starts more than the ring holds looks at its head first.
        const unsigned tail = word(params.sq_off.tail), slot = tail & word(params.sq_off.ring_mask);
        io_uring_sqe operation{};
        operation.opcode = IORING_OP_READ;
        operation.fd = from;
        operation.addr = reinterpret_cast<unsigned long long>(buffer);
        operation.len = length;
        operation.user_data = name;
        entries[slot] = operation;
        (&word(params.sq_off.array))[slot] = slot;
        __atomic_store_n(&word(params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);        // now the kernel may look
    }
    bool enter(unsigned submit, unsigned wait_for) {
        return syscall(SYS_io_uring_enter, fd, submit, wait_for, IORING_ENTER_GETEVENTS, nullptr, 0) >= 0;
    }
    bool pop(io_uring_cqe &completion) {
        const unsigned head = word(params.cq_off.head);
        if (head == __atomic_load_n(&word(params.cq_off.tail), __ATOMIC_ACQUIRE)) return false;
        auto *all = reinterpret_cast<io_uring_cqe *>(memory + params.cq_off.cqes);
        completion = all[head & word(params.cq_off.ring_mask)];
        __atomic_store_n(&word(params.cq_off.head), head + 1, __ATOMIC_RELEASE);        // the slot is free again
        return true;
    }
};

int main() {
    Ring ring;
    if (!ring.open(8)) {
        std::printf("io_uring is not to be had here: %s\n", std::strerror(errno));
        return errno == ENOSYS || errno == EPERM ? 0 : 1;
    }
    char path[] = "/tmp/menu-XXXXXX";
    const int file = mkstemp(path);
    int phone[2];
    if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, phone) < 0) return 1;
    unlink(path);
    if (pwrite(file, "four cheeses", 12, 0) != 12) return 1;

    char menu[32] = "", order[32] = "";
    enum : unsigned long long { FILE_READ = 1, SOCKET_READ = 2 };
    ring.read(file, menu, sizeof menu - 1, FILE_READ);
    ring.read(phone[0], order, sizeof order - 1, SOCKET_READ);      // before anybody has called
    std::puts("two reads started by one system call");
    unsigned submit = 2;
    for (int done = 0; done < 2;) {
        if (!ring.enter(submit, 1)) return 1;
        submit = 0;
        for (io_uring_cqe completion; ring.pop(completion); done++) {
            if (completion.res < 0) return 1;
            const bool from_file = completion.user_data == FILE_READ;
            std::printf("completed: %s, %d bytes: \"%s\"\n", from_file ? "file" : "socket", completion.res,
                        from_file ? menu : order);
            if (from_file && send(phone[1], "a calzone", 9, 0) != 9) return 1;      // now somebody calls
        }
    }
    for (const int fd : {file, phone[0], phone[1], ring.fd}) close(fd);
}
#else
#include <cstdio>
int main() { std::puts("io_uring: Linux only (and its header must be installed)"); }
#endif
