#ifndef OSSIFY_UPLOAD_COMPLETE_UPLOAD_HPP
#define OSSIFY_UPLOAD_COMPLETE_UPLOAD_HPP

#include <ossify/operation/complete_multipart_upload.hpp>
#include <ossify/upload/multipart_calls.hpp>
#include <ossify/upload/settle.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace ossify {

namespace detail {

inline lost_object look_for(complete_multipart_upload const& op)
{
    lost_object out;
    out.bytes = bytes_of(op.parts);
    out.crc64 = combined_crc64(op.parts);
    out.parts = static_cast<unsigned>(op.parts.size());
    return out;
}

/// Takes the service's ETags for parts that it has with our length and checksum. Returns: whether all are there.
template<transport Transport>
awaitable<result<bool>> correct_etags(std::shared_ptr<session<Transport>> s, complete_multipart_upload& op,
                                      typename session<Transport>::time_point end)
{
    std::map<unsigned, part> theirs;
    list_parts list(op.upload);
    list.requester_pays = op.requester_pays;
    for (;;) {
        auto page = co_await perform(s, list, end);
        if (!page)
            co_return std::move(page).error();
        for (part const& p : page->items)
            theirs[p.number] = p;
        if (!page->truncated)
            break;
        list.after = page->next_after;
    }
    for (part& p : op.parts) {
        auto const at = theirs.find(p.number);
        bool const same = at != theirs.end() && at->second.bytes == p.bytes && p.crc64 && at->second.crc64 == p.crc64;
        if (!same)
            co_return false;
        p.etag = at->second.etag;
    }
    co_return true;
}

/// Finds out what became of an upload whose completion was not answered: is the upload gone, is the object there?
/// `began`: when the completion did; an object older than that is another one. Without it an earlier run's may count.
/// Returns: the stored object; nothing when the upload is still there. Errors: `outcome_unknown`.
template<transport Transport>
awaitable<result<std::optional<stored_object<>>>>
settle_completion(std::shared_ptr<session<Transport>> s, complete_multipart_upload const& op, service_request const& request,
                  failure lost, std::optional<typename session<Transport>::time_point> began,
                  typename session<Transport>::time_point end)
{
    using clock = typename session<Transport>::clock;
    list_parts probe(op.upload);
    probe.page_size = 1;
    probe.requester_pays = op.requester_pays;
    auto const page = co_await perform(s, probe, end);
    if (page)  // an object like ours may be there all the same: it is an older one
        co_return std::optional<stored_object<>>();
    if (!op.parts.empty()) {
        auto const head = co_await ask_for_object(*s, request, end);
        lost_object wanted = look_for(op);
        if (began)
            wanted.age = std::chrono::ceil<std::chrono::seconds>(clock::now() - *began);
        auto found = judge(head, request, wanted, lost);
        if (!found)
            co_return concerning(std::move(found).error(), op.upload);
        if (*found)
            co_return found;
    }
    failure unknown = concerning(failure(errc::outcome_unknown).in(op.operation), op.upload);
    std::string why = "the upload cannot be looked at: " + to_string_within(unknown, page.error());
    if (page.error() == errc::no_such_upload)
        why = op.parts.empty() ? "the upload has ended, and without a list of its parts the object cannot be compared"
                               : "the upload has ended, but the object is not the one that was sent: somebody ended the "
                                 "upload, or stored another object since";
    unknown.edit().message = lost.code().message() + "; " + why;
    co_return unknown;
}

}  // namespace detail

/// Completes an upload. A lost answer is settled by asking for the object and the upload; only when those say that the
/// upload was not completed is the request sent again.
/// `check`: compare the CRC-64 of the whole. `state` says until when, and what earlier attempts may have done; afterwards,
/// also when this is cancelled, what all may have, and its end is that of waiting for the answer. `to_look`: how long, beyond
/// the first, the object may be asked for.
/// Errors: `outcome_unknown`; `crc_mismatch` when the object is stored with other bytes; those of the service.
/// Lifetime: `state` must live until the await returns.
template<transport Transport>
awaitable<result<stored_object<>>> perform(std::shared_ptr<session<Transport>> s, complete_multipart_upload op,
                                           bool check, typename session<Transport>::state& state,
                                           std::chrono::milliseconds to_look = {})
{
    using clock = typename session<Transport>::clock;
    if (auto ok = detail::check_names(op.upload.bucket, op.upload.key, op.operation); !ok)
        co_return std::move(ok).error();
    auto encoded = op.encode();
    if (!encoded)
        co_return std::move(encoded).error();
    auto const end = state.end;
    auto const until = end_of_look(end, to_look);
    std::optional<typename session<Transport>::time_point> began;
    if (!state.effect.was_possible())
        began = clock::now();
    // the answer may take long, but not for ever: then the object is asked for
    state.end = std::min(end, clock::now() + std::chrono::minutes(15));
    state.slow_answer = true;  // the service joins the parts first
    state.on_lost = lost_answer::report;
    bool corrected = false;
    for (;;) {
        body const text = body::borrowed(encoded->body);
        auto got = co_await s->send(encoded->request, content(text), state);
        result<stored_object<>> stored = failure();
        if (got)
            stored = op.decode(encoded->request, got->head, std::move(got->body));
        else
            stored = detail::concerning(std::move(got).error(), op.upload);
        if (!stored && stored.error() == errc::invalid_part && !corrected && !op.parts.empty()) {
            corrected = true;  // an ETag that was damaged on its way shows here
            auto const all_there = co_await detail::correct_etags(s, op, end);
            if (all_there && *all_there) {
                encoded = op.encode();
                ++state.forgiven;
                continue;
            }
        }
        if (got)
            state.effect.answered_unclearly();  // until it is confirmed
        if (stored) {
            auto const sum = combined_crc64(op.parts);
            std::string_view const theirs = got->head.headers.get("x-oss-hash-crc64ecma");
            if (!check || !sum || op.parts.empty() || theirs.empty() || stored->crc64 == sum)
                co_return stored;
            auto const same =
                co_await is_as_sent(*s, encoded->request, stored->bytes, stored->etag, *sum, until);
            state.effect.settle();
            if (!same || !*same)
                co_return other_bytes(*sum, std::string(theirs), same, stored->request_id, op.operation);
            stored->crc64 = *sum;
            co_return stored;
        }
        failure const& why = stored.error();
        if (!must_look(state.effect, why))
            co_return stored;
        bool const repeat = is_retryable(why) || why == errc::bad_answer;
        auto const before = co_await wait_to_look(*s, why, repeat, state, until);
        auto verdict = co_await detail::settle_completion(s, op, encoded->request, why, began, until);
        if (!verdict)
            co_return std::move(verdict).error();
        if (*verdict)
            co_return **std::move(verdict);
        state.effect.found_nothing(before.a_moment_later);
        if (!before.again)
            co_return stored;
    }
}

/// The same within the client's limits. `refused`: why it is not even to be begun.
template<transport Transport>
awaitable<result<stored_object<>>> perform(std::shared_ptr<session<Transport>> s, complete_multipart_upload op,
                                           std::optional<failure> refused, bool check)
{
    if (refused)
        co_return std::move(*refused).in(op.operation);
    typename session<Transport>::state state;
    state.end = s->end_after();
    auto const unknown = [&of = op.upload](std::string why) {
        failure out(errc::outcome_unknown, std::move(why) + "; ask for the object, or list the upload's parts");
        return detail::concerning(std::move(out).in(complete_multipart_upload::operation), of);
    };
    try {
        auto stored = co_await perform(s, op, check, state);
        if (stored)
            stored->retries = state.attempts - 1;
        else if (state.effect.possible() && stored.error() != errc::outcome_unknown)
            co_return unknown(stored.error().code().message() + "; the service may be at work on it still");
        co_return stored;
    } catch (std::system_error const& e) {
        if (e.code() != asio::error::operation_aborted || !state.effect.possible())
            throw;
    }
    co_return unknown("cancelled after all was sent");
}

}  // namespace ossify

#endif
