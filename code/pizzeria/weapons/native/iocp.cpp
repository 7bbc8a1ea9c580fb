// I/O completion ports, the proactor of Windows: one port for an event of our own, a disk file and a socket.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

void check(bool fine, const char *what) {
    if (fine) return;
    std::printf("%s failed: error %lu\n", what, GetLastError());
    std::exit(1);
}

bool started(bool done_at_once) { return done_at_once || GetLastError() == ERROR_IO_PENDING; }

struct News {
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *operation = nullptr;
    bool wait(HANDLE port, DWORD milliseconds) {
        return GetQueuedCompletionStatus(port, &bytes, &key, &operation, milliseconds);
    }
};

enum : ULONG_PTR { OUR_OWN = 42, FROM_FILE = 1, FROM_SOCKET = 2 };

void post_one(HANDLE port) {
    News news;
    check(!news.wait(port, 20) && GetLastError() == WAIT_TIMEOUT, "waiting for nothing");
    std::puts("empty port: WAIT_TIMEOUT");
    check(PostQueuedCompletionStatus(port, 7, OUR_OWN, nullptr), "PostQueuedCompletionStatus");
    check(news.wait(port, 5000), "GetQueuedCompletionStatus");
    std::printf("posted: key %d, bytes %lu\n", static_cast<int>(news.key), news.bytes);
}

void write_and_read_a_file(HANDLE port) {
    char path[MAX_PATH];
    GetTempPathA(sizeof path - 16, path);
    std::strcat(path, "reservation.txt");
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, nullptr);
    check(file != INVALID_HANDLE_VALUE, "CreateFile");
    check(CreateIoCompletionPort(file, port, FROM_FILE, 0) == port, "CreateIoCompletionPort(file)");
    News news;
    OVERLAPPED write{}, read{};
    check(started(WriteFile(file, "table for two", 13, nullptr, &write)), "WriteFile");
    check(news.wait(port, 5000), "the write");
    std::printf("file write: key %d, bytes %lu, its OVERLAPPED %s\n", static_cast<int>(news.key), news.bytes,
                news.operation == &write ? "came back" : "is lost");
    char text[32] = "";
    check(started(ReadFile(file, text, sizeof text - 1, nullptr, &read)), "ReadFile");
    check(news.wait(port, 5000), "the read");
    std::printf("file read: key %d, bytes %lu, \"%s\"\n", static_cast<int>(news.key), news.bytes, text);
    CloseHandle(file);
}

void receive_from_a_socket(HANDLE port) {
    WSADATA data;
    check(WSAStartup(MAKEWORD(2, 2), &data) == 0, "WSAStartup");
    SOCKET listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, nullptr, 0, WSA_FLAG_OVERLAPPED);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int length = sizeof address;
    check(bind(listener, reinterpret_cast<sockaddr *>(&address), length) == 0, "bind");
    check(listen(listener, 5) == 0, "listen");
    check(getsockname(listener, reinterpret_cast<sockaddr *>(&address), &length) == 0, "getsockname");
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(client, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0, "connect");
    SOCKET server = accept(listener, nullptr, nullptr);
    check(CreateIoCompletionPort(reinterpret_cast<HANDLE>(server), port, FROM_SOCKET, 0) == port,
          "CreateIoCompletionPort(socket)");
    char order[32] = "";
    WSABUF buffer{sizeof order - 1, order};
    DWORD flags = 0;
    OVERLAPPED operation{};
    const int code = WSARecv(server, &buffer, 1, nullptr, &flags, &operation, nullptr);
    check(code != 0 && WSAGetLastError() == WSA_IO_PENDING, "WSARecv before there is anything");
    std::puts("socket receive: started, pending");
    check(send(client, "a calzone", 9, 0) == 9, "send");
    News news;
    check(news.wait(port, 5000), "the receive");
    std::printf("socket receive: key %d, bytes %lu, \"%s\"\n", static_cast<int>(news.key), news.bytes, order);
    for (SOCKET one : {client, server, listener}) closesocket(one);
    WSACleanup();
}

int main() {
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1);
    check(port != nullptr, "CreateIoCompletionPort");
    post_one(port);
    write_and_read_a_file(port);
    receive_from_a_socket(port);
    CloseHandle(port);
}
