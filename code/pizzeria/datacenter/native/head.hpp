// A request's head: where it ends, and whether it has what another parser could read in another way.
#pragma once
#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "boost.hpp"
#include "settings.hpp"

using Error = boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

// A head as it arrives. Beast unfolds folded lines and takes no notice of codings that it does not know.
class Head {
public:
    // Look at one more byte; return whether that was the last: of the head, or of our patience.
    bool ends_with(unsigned char byte) {
        const bool fresh = fresh_, after_cr = after_cr_;
        after_cr_ = byte == '\r';
        if (after_cr != (byte == '\n') || (byte < ' ' && !std::strchr("\t\r\n", byte)) || byte == 0 || byte == 0x7F) return refuse();
        if (fresh && (byte == ' ' || byte == '\t')) return refuse();
        if (byte == '\r') return false;
        fresh_ = byte == '\n';
        return fresh_ && fresh;
    }
    bool refused = false;

private:
    bool refuse() { return refused = true; }
    bool fresh_ = false, after_cr_ = false;  // at the beginning of a line; behind a carriage return
};

// Where async_read_until stops.
struct UntilHeadEnds {
    Head* head;
    template <class Iterator>
    std::pair<Iterator, bool> operator()(Iterator at, Iterator end) const {
        while (at != end)
            if (head->ends_with(static_cast<unsigned char>(*at++))) return {at, true};
        return {at, false};
    }
};
namespace boost { namespace asio {
template <>
struct is_match_condition<UntilHeadEnds> : std::true_type {};
}}  // namespace boost::asio

// Have the parser take in a head that is whole; return the status to refuse it with, or 0, and leave in the buffer what
// comes after it.
inline int parse_head(Parser& parser, const Head& head, beast::flat_buffer& buffer, const Settings& settings) {
    if (head.refused) return 400;
    Error error;
    parser.header_limit(static_cast<std::uint32_t>(settings.header_bytes));
    parser.body_limit(settings.body_bytes);
    buffer.consume(parser.put(buffer.data(), error));
    if (error == http::error::body_limit) return 413;
    if (error || !parser.is_header_done()) return 400;
    const auto& fields = parser.get();
    const auto target = fields.target();
    if (!std::all_of(target.begin(), target.end(), [](char letter) { return letter > ' ' && letter <= '~'; })) return 400;
    const auto codings = fields.count(http::field::transfer_encoding), lengths = fields.count(http::field::content_length);
    const auto length = fields[http::field::content_length];
    if (!std::all_of(length.begin(), length.end(), [](char digit) { return digit >= '0' && digit <= '9'; })) return 400;
    if (codings + lengths > 1 || (codings && fields.version() != 11)) return 400;
    if (fields.version() == 11 && fields.count(http::field::host) != 1) return 400;
    return codings && !beast::iequals(fields[http::field::transfer_encoding], "chunked") ? 501 : 0;
}

inline std::ptrdiff_t lines_of(const Parser& parser) {
    return std::distance(parser.get().begin(), parser.get().end());
}

inline bool wants_to_be_asked(const Parser& parser) {
    return beast::iequals(parser.get()[http::field::expect], "100-continue");
}

constexpr char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
