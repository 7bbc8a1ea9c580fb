// The reservations' file: one JSON line each, appended and synced in groups, read back at the start.
//
// SQLite's headers cannot be counted on where this compiles, so the C++ servers keep a journal of their own: nothing is
// acknowledged before fdatasync has returned, and a line torn by a crash is cut off when the journal is opened again.
#pragma once
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "boost.hpp"
#include "settings.hpp"

struct Saved {
    int status = 201;  // 201 made, 200 known by its key, 422 the key is another order's, 503 and 507 not written, 504 not known
    std::string id, record, error;
};

class Journal {
public:
    Journal(asio::io_context& io, const std::string& path) : io_(io) {
        file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (file_ < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
        if (::flock(file_, LOCK_EX | LOCK_NB) != 0)  // the system frees it, however we end
            throw std::runtime_error(path + ": another server has it open; give --store another file");
        recover(path);
        if (::ftruncate(file_, size_) != 0) throw std::runtime_error(path + ": " + std::strerror(errno));
        writer_ = std::thread([this] { run(); });
    }
    ~Journal() { close(); }

    // Save a record (its JSON) under an idempotency key (may be empty); completes with a Saved, once it is on the disk,
    // or at `due`: then it may still be written.
    template <class Token>
    auto save(std::string key, std::string record, std::size_t room, Time due, Token&& token) {
        return asio::async_initiate<Token, void(Saved)>(
            [this](auto handler, std::string key, std::string record, std::size_t room, Time due) {
                auto waiter = std::make_shared<Waiter<decltype(handler)>>(io_, std::move(handler));
                std::lock_guard<std::mutex> lock(mutex_);
                if (waiting_.size() >= room) {
                    Saved full{503, "", "", "the disk is behind: come again"};
                    asio::post(io_, [waiter, full] { waiter->tell(full); });
                    return;
                }
                waiter->alarm.expires_at(due);
                waiter->alarm.async_wait([waiter](const boost::system::error_code& error) {
                    if (!error) waiter->tell({504, "", "", not_in_time});
                });
                waiting_.push_back({std::move(key), std::move(record), [waiter](Saved saved) { waiter->tell(std::move(saved)); }});
                bell_.notify_one();
            },
            token, std::move(key), std::move(record), room, due);
    }

    // The record with this id as JSON; empty when there is none.
    std::string find(const std::string& id) {
        std::lock_guard<std::mutex> lock(mutex_);
        const auto found = records_.find(id);
        return found == records_.end() ? "" : found->second;
    }

    void close() {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            closing_ = true;
        }
        bell_.notify_one();
        if (writer_.joinable()) writer_.join();
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }

    std::size_t commits = 0, written = 0;

private:
    template <class Handler>
    struct Waiter {  // who waits for the disk hears one word, whichever comes first
        Waiter(asio::io_context& io, Handler h) : handler(std::move(h)), alarm(io) {}
        void tell(Saved saved) {
            if (told) return;
            told = true;
            alarm.cancel();
            handler(std::move(saved));
        }
        Handler handler;
        asio::steady_timer alarm;
        bool told = false;
    };
    struct Entry {
        std::string key, record;
        std::function<void(Saved)> done;
    };
    struct Line {
        std::string key, id, record;
    };

    asio::io_context& io_;
    int file_ = -1;
    off_t size_ = 0;
    bool closing_ = false;
    std::mutex mutex_;
    std::condition_variable bell_;
    std::vector<Entry> waiting_;
    std::unordered_map<std::string, std::string> records_, keys_;
    std::thread writer_;

    void recover(const std::string& path) {
        std::ifstream lines(path, std::ios::binary);
        std::string text;
        while (std::getline(lines, text) && !lines.eof()) {
            boost::system::error_code error;
            const json::value line = json::parse(text, error);
            if (error || !line.is_object()) throw std::runtime_error(path + ": not a journal of reservations");
            const json::object& entry = line.as_object();
            keep({entry.at("key").as_string().c_str(), entry.at("id").as_string().c_str(), json::serialize(entry.at("record"))});
            size_ += static_cast<off_t>(text.size()) + 1;
        }
    }

    void keep(const Line& line) {
        records_[line.id] = line.record;
        if (!line.key.empty()) keys_[line.key] = line.id;
    }

    void run() {
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            bell_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            std::vector<Entry> batch;
            batch.swap(waiting_);
            lock.unlock();
            std::vector<Saved> outcomes = write(batch);  // keys_ and records_ are written by this thread only
            asio::post(io_, [batch, outcomes] {
                for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(outcomes[i]);
            });
            lock.lock();
        }
    }

    std::vector<Saved> write(const std::vector<Entry>& batch) {
        std::vector<Saved> outcomes;
        std::vector<Line> fresh;
        std::unordered_map<std::string, std::size_t> here;
        std::string text;
        for (const Entry& entry : batch) {
            const auto known = keys_.find(entry.key);
            const auto twin = here.find(entry.key);
            if (!entry.key.empty() && known != keys_.end()) {
                outcomes.push_back(repeated(known->second, records_[known->second], entry.record));
            } else if (!entry.key.empty() && twin != here.end()) {
                outcomes.push_back(repeated(fresh[twin->second].id, fresh[twin->second].record, entry.record));
            } else {
                if (!entry.key.empty()) here[entry.key] = fresh.size();
                fresh.push_back({entry.key, new_id(), entry.record});
                text += "{\"id\":\"" + fresh.back().id + "\",\"key\":" + json::serialize(json::value(entry.key)) +
                        ",\"record\":" + entry.record + "}\n";
                outcomes.push_back({201, fresh.back().id, entry.record, ""});
            }
        }
        if (!text.empty() && !append(text)) {
            const Saved failed{507, "", "", std::string("the database cannot write: ") + std::strerror(errno)};
            return std::vector<Saved>(batch.size(), failed);
        }
        std::lock_guard<std::mutex> lock(mutex_);
        for (const Line& line : fresh) keep(line);
        commits += 1;
        written += fresh.size();
        return outcomes;
    }

    static Saved repeated(const std::string& id, const std::string& record, const std::string& wanted) {
        if (record != wanted)
            return {422, "", "", "this Idempotency-Key was used for a different reservation: take a new key"};
        return {200, id, record, ""};
    }

    bool append(const std::string& text) {
        std::size_t done = 0;
        while (done < text.size()) {
            const ssize_t step = ::write(file_, text.data() + done, text.size() - done);
            if (step < 0 && errno == EINTR) continue;
            if (step < 0) return give_up();
            done += static_cast<std::size_t>(step);
        }
        if (::fdatasync(file_) != 0) return give_up();
        size_ += static_cast<off_t>(text.size());
        return true;
    }

    bool give_up() {  // half a batch must not stay: it was acknowledged to nobody
        const int error = errno;
        if (::ftruncate(file_, size_) != 0) std::abort();
        errno = error;
        return false;
    }

    static std::string new_id() {
        std::uint64_t number = 0;
        if (::getrandom(&number, sizeof number, 0) != sizeof number) std::abort();
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
        return text;
    }
};
